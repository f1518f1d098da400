// The server's side of one HTTP connection: reads requests, calls the handler, writes answers.
// The conversation is here; bytes are http_reader's, http_writer's and http_transport's.
//
// Owner: HttpServer. Thread: the server's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/http.h"
#include "net/http_reader.h"
#include "net/http_server.h"
#include "net/http_transport.h"

namespace tocsin::net {

class HttpConnection {
  public:
    HttpConnection(const HttpServerOptions& options, const HttpHandler& handler,
                   std::unique_ptr<HttpTransport> transport);

    // Serves until the other end goes, a limit passes or the server stops.
    Task<void> run();
    // Closes it if it waits for a request; otherwise it ends after the answer on its way.
    void stop();
    // Closes it now.
    void cut() { transport_->close(); }
    bool stopping() const { return stopping_; }

  private:
    enum class Next { KeepAlive, Close };
    class Stream;

    // False: no further request comes.
    Task<bool> read_head(bool first);
    Task<bool> read_body();
    Task<bool> read_more(std::size_t bytes_max);
    Task<Next> serve();
    void name_peer_behind_proxy(HttpRequest& request) const;
    Task<HttpResponse> answer(HttpRequest request);
    Task<Next> send(const HttpRequest& request, HttpResponse response, Next next, bool http_1_0);
    Task<Status> write(std::string_view bytes);
    Task<void> refuse(int status);
    // Ends politely: what was written arrives even if the other end is still sending.
    Task<void> linger();

    const HttpServerOptions& options_;
    const HttpHandler& handler_;
    std::unique_ptr<HttpTransport> transport_;
    RequestReader reader_;
    std::string buffer_;
    bool waiting_ = false;  // for the first byte of a request
    bool stopping_ = false;
};

}  // namespace tocsin::net
