// ControlClient: how the command line talks to the running service.
//
// The service owns the database; every command that needs it goes through the Unix control socket
// and the same /api/v1 that the desk and the CMS use. The socket's file mode is the permission.
// Blocking, one request at a time; one thread. Failure: Unavailable when no service answers (the
// message says how to start one); otherwise the problem that the service reported, as one line.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "base/result.h"
#include "net/http.h"

namespace tocsin::app {

class ControlClient {
  public:
    explicit ControlClient(std::string socket_path) : socket_path_(std::move(socket_path)) {}

    Result<boost::json::value> get(std::string_view target);
    // `headers` are added to the request, e.g. {"Idempotency-Key", "..."}.
    Result<boost::json::value> post(std::string_view target, const boost::json::value& body,
                                    std::vector<std::pair<std::string, std::string>> headers = {});
    Result<boost::json::value> remove(std::string_view target);
    // Hands the body over in pieces as it arrives; constant memory.
    Status download(std::string_view target,
                    std::function<Status(std::string_view bytes)> on_chunk);

  private:
    Result<net::HttpResponse> send(net::HttpRequest request);
    Result<boost::json::value> answer_of(Result<net::HttpResponse> response) const;

    std::string socket_path_;
};

// Percent-encodes everything but RFC 3986 unreserved characters: for one path segment or query
// value.
std::string url_encode(std::string_view text);

}  // namespace tocsin::app
