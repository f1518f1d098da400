// One accepted or connected byte stream under HTTP: TCP, TLS or a Unix socket, all alike, with a
// time limit on whatever is waited for.
//
// Owner: a connection's coroutine; close() may also be called by the server on the same thread.
// Failure: every operation ends with an error once the limit has passed or the stream is closed.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "base/result.h"
#include "base/task.h"

namespace boost::asio::ssl {
class context;
}

namespace tocsin::net {

class HttpTransport {
  public:
    virtual ~HttpTransport() = default;
    // From now on: when it passes, the stream is closed. Each call starts it anew.
    virtual void set_limit(std::chrono::milliseconds limit) = 0;
    // TLS only; others are ready at once.
    virtual Task<Status> handshake() = 0;
    // At least one byte; 0 at the end of the stream. Timeout if the limit closed it.
    virtual Task<Result<std::size_t>> read_some(std::span<char> out) = 0;
    // All of it.
    virtual Task<Status> write(std::string_view bytes) = 0;
    // Says that nothing more will be written; reading goes on.
    virtual Task<void> finish_writing() = 0;
    virtual void close() = 0;
    virtual bool is_open() const = 0;

    bool is_tls = false;
    bool is_unix = false;
    std::string peer;  // numeric address; empty on a Unix socket
};

std::unique_ptr<HttpTransport> tcp_transport(boost::asio::ip::tcp::socket socket);
std::unique_ptr<HttpTransport> unix_transport(boost::asio::local::stream_protocol::socket socket);
// The context must outlive the transport.
std::unique_ptr<HttpTransport> tls_transport(boost::asio::ip::tcp::socket socket,
                                             boost::asio::ssl::context& context);

// A server's context: TLS 1.2 and later, the certificate chain and key from PEM files.
Result<std::shared_ptr<boost::asio::ssl::context>> load_server_tls(const std::string& cert_file,
                                                                   const std::string& key_file);

}  // namespace tocsin::net
