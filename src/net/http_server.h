// The HTTP/1.1 server: TCP, TLS and Unix sockets in front of one HttpHandler. Beast stays inside
// http_reader.cpp, http_writer.cpp and http_client.cpp.
//
// Why our own limits: every connection has a clock (header, body, idle, write) and every message a
// size, so that neither a slow nor a large client can hold the newsroom's pages. What smuggles
// requests past a proxy is refused: Content-Length with Transfer-Encoding, an unknown transfer
// coding, folded headers, a request without exactly one Host. Paths are decoded strictly: a bad
// escape, a NUL, or bytes that are not UTF-8 are answered 400 and never reach the handler.
//
// Owner: app. Thread: the io_context must be run by one thread; listen_* before or while it runs;
// stop() from any thread. The server must outlive the io_context's run().
// Failure: listening fails with one clear line; a connection that fails is closed and forgotten.
// Knowingly absent: HTTP/2 (a proxy speaks it to readers), upgrades, trailers, compression.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/task.h"
#include "net/http.h"

namespace tocsin::net {

struct HttpServerOptions {
    std::size_t header_bytes_max = limits::kHttpHeaderBytesMax;
    std::size_t body_bytes_max = limits::kHttpBodyBytesMax;
    // If set, asked once the header is in: the most bytes that this request's body may have.
    // web::Router::body_limit() is made for it.
    std::function<std::size_t(const HttpRequest&)> body_limit;
    // If set, makes the answer to a request that is refused before the handler (400, 413, 431,
    // 501, 505); the request may be incomplete. Otherwise a line of plain text.
    std::function<HttpResponse(int status, const HttpRequest&)> refusal;
    std::size_t connections_max = limits::kHttpConnectionsMax;
    std::chrono::milliseconds header_time = limits::kHttpHeaderTime;
    std::chrono::milliseconds body_time = limits::kHttpBodyTime;
    std::chrono::milliseconds idle_time = limits::kHttpIdleTime;
    std::chrono::milliseconds write_time = limits::kHttpWriteTime;
    // Addresses of proxies in front: from them the peer is the last one of X-Forwarded-For that is
    // no proxy's.
    std::vector<std::string> trusted_proxies;
    // If set, answers carry Date. Must outlive the server.
    const Clock* clock = nullptr;
    // PEM files for TLS on the TCP listeners; both or neither.
    std::string tls_cert_file;
    std::string tls_key_file;
};

class HttpServer {
  public:
    HttpServer(boost::asio::io_context& io, HttpServerOptions options, HttpHandler handler);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Listens on a numeric address or "localhost"; port 0 takes a free one. The port in use.
    Result<std::uint16_t> listen_tcp(const std::string& host, std::uint16_t port);
    // Mode 0600: only the operator's own account may connect. A socket file that nobody answers on
    // is replaced; one that answers is a conflict. Removed by stop().
    Status listen_unix(const std::string& path);

    // Stops accepting, closes idle connections, turns the streams' closed() true. Requests being
    // answered are answered. Idempotent.
    void stop();
    // After stop(): waits until every connection has ended; what has not within the limit is cut.
    Task<bool> drained(std::chrono::milliseconds limit);

    std::size_t connections() const;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace tocsin::net
