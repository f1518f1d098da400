// HTTP in Tocsin's own small types, so that Beast stays inside a few files of net/.
//
// A handler is a coroutine from request to response; it runs on the server's io thread and must
// not block. It may throw nothing: failures are responses.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"

namespace tocsin::net {

// Names compare without regard to case; order is kept.
class HttpHeaders {
  public:
    void set(std::string_view name, std::string value);  // replaces
    void add(std::string_view name, std::string value);
    // The first value; empty if there is none.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

  private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
    std::string method;  // upper case
    std::string target;  // as sent: path and query
    std::string path;    // percent-decoded, always begins with '/', no NUL, valid UTF-8
    std::string query;   // raw, without '?'
    HttpHeaders headers;
    std::string body;          // at most the server's limit
    std::string peer;          // numeric address of the other end; empty on a Unix socket
    bool unix_socket = false;  // came over the control socket: the caller is the operator
    bool tls = false;
};

// Where a streaming response writes (server-sent events, large downloads).
class HttpStream {
  public:
    virtual ~HttpStream() = default;
    // Sends one chunk; an error means that the peer is gone.
    virtual Task<Status> write(std::string bytes) = 0;
    // Turns true once the peer has gone or the server is stopping.
    virtual bool closed() const = 0;
};

struct HttpResponse {
    int status = 200;
    HttpHeaders headers;
    std::string body;
    // If set, the body is what it writes, chunked; it is awaited once the header is out.
    std::function<Task<void>(HttpStream&)> stream;
};

using HttpHandler = std::function<Task<HttpResponse>(HttpRequest)>;

}  // namespace tocsin::net
