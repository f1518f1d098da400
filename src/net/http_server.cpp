#include "net/http_server.h"

#include <cerrno>
#include <cstring>
#include <set>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "net/http_connection.h"
#include "net/http_transport.h"

namespace tocsin::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::local::stream_protocol;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kAcceptPause{100};  // after EMFILE and the like

// What sits at the path: nothing, a socket that nobody answers on (removed), or a conflict.
Status clear_socket_path(asio::io_context& io, const std::string& path) {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) {
            return {};
        }
        return io_error("cannot look at " + path + ": " + std::strerror(errno));
    }
    if (!S_ISSOCK(info.st_mode)) {
        return conflict(path + " exists and is not a socket");
    }
    stream_protocol::socket probe(io);
    boost::system::error_code error;
    probe.connect(stream_protocol::endpoint(path), error);
    if (error != asio::error::connection_refused) {
        return conflict("another Tocsin answers on " + path);
    }
    if (::unlink(path.c_str()) != 0) {
        return io_error("cannot remove the old socket " + path + ": " + std::strerror(errno));
    }
    return {};
}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<HttpServer::Impl> {
  public:
    Impl(asio::io_context& io, HttpServerOptions options, HttpHandler handler)
        : io_(io), options_(std::move(options)), handler_(std::move(handler)) {}

    Result<std::uint16_t> listen_tcp(const std::string& host, std::uint16_t port);
    Status listen_unix(const std::string& path);
    void stop_now();
    void cut_all();

    asio::io_context& io_;
    std::atomic<bool> stopping_{false};
    Gate gate_;

  private:
    Status load_tls();
    Task<void> accept_tcp(std::shared_ptr<Impl> self, std::shared_ptr<tcp::acceptor> acceptor);
    Task<void> accept_unix(std::shared_ptr<Impl> self,
                           std::shared_ptr<stream_protocol::acceptor> acceptor);
    void start(std::unique_ptr<HttpTransport> transport);
    static Task<void> run_connection(std::shared_ptr<Impl> self,
                                     std::unique_ptr<HttpTransport> transport);

    HttpServerOptions options_;
    HttpHandler handler_;
    std::shared_ptr<asio::ssl::context> tls_;
    std::vector<std::shared_ptr<tcp::acceptor>> tcp_acceptors_;
    std::vector<std::shared_ptr<stream_protocol::acceptor>> unix_acceptors_;
    std::vector<std::string> unix_paths_;
    std::set<HttpConnection*> open_;

  public:
    std::atomic<std::size_t> connections_{0};
};

Status HttpServer::Impl::load_tls() {
    if (options_.tls_cert_file.empty() && options_.tls_key_file.empty()) {
        return {};
    }
    if (options_.tls_cert_file.empty() || options_.tls_key_file.empty()) {
        return invalid("tls_cert and tls_key must be set together");
    }
    if (!tls_) {
        TRY_AS(tls_, load_server_tls(options_.tls_cert_file, options_.tls_key_file));
    }
    return {};
}

Result<std::uint16_t> HttpServer::Impl::listen_tcp(const std::string& host, std::uint16_t port) {
    TRY(load_tls());
    boost::system::error_code error;
    const auto address =
        asio::ip::make_address(host == "localhost" ? std::string("127.0.0.1") : host, error);
    if (error) {
        return invalid("cannot listen on '" + host + "': write a numeric address");
    }
    const tcp::endpoint endpoint(address, port);
    auto acceptor = std::make_shared<tcp::acceptor>(io_);
    acceptor->open(endpoint.protocol(), error);
    if (!error) {
        acceptor->set_option(tcp::acceptor::reuse_address(true), error);
    }
    if (!error) {
        acceptor->bind(endpoint, error);
    }
    if (!error) {
        acceptor->listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return unavailable(
            fmt::format("cannot listen on {} port {}: {}", host, port, error.message()));
    }
    tcp_acceptors_.push_back(acceptor);
    spawn(io_.get_executor(), gate_, "http accept", accept_tcp(shared_from_this(), acceptor));
    return acceptor->local_endpoint().port();
}

Status HttpServer::Impl::listen_unix(const std::string& path) {
    if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
        return invalid("the socket path " + path + " is too long");
    }
    TRY(clear_socket_path(io_, path));
    boost::system::error_code error;
    auto acceptor = std::make_shared<stream_protocol::acceptor>(io_);
    const stream_protocol::endpoint endpoint(path);
    acceptor->open(endpoint.protocol(), error);
    // Linux gives the file the mode of the socket, so that it is never open to others.
    if (!error && ::fchmod(acceptor->native_handle(), 0600) != 0) {
        error.assign(errno, boost::system::system_category());
    }
    if (!error) {
        acceptor->bind(endpoint, error);
    }
    if (!error && ::chmod(path.c_str(), 0600) != 0) {
        error.assign(errno, boost::system::system_category());
    }
    if (!error) {
        acceptor->listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return unavailable("cannot listen on " + path + ": " + error.message());
    }
    unix_acceptors_.push_back(acceptor);
    unix_paths_.push_back(path);
    spawn(io_.get_executor(), gate_, "http accept", accept_unix(shared_from_this(), acceptor));
    return {};
}

Task<void> HttpServer::Impl::accept_tcp(std::shared_ptr<Impl> self,
                                        std::shared_ptr<tcp::acceptor> acceptor) {
    while (acceptor->is_open()) {
        auto [error, socket] = co_await acceptor->async_accept(kTuple);
        if (!error) {
            self->start(self->tls_ ? tls_transport(std::move(socket), *self->tls_)
                                   : tcp_transport(std::move(socket)));
        } else if (acceptor->is_open()) {
            log_warning("cannot accept a connection: {}", error.message());
            co_await sleep_for(kAcceptPause);
        }
    }
}

Task<void> HttpServer::Impl::accept_unix(std::shared_ptr<Impl> self,
                                         std::shared_ptr<stream_protocol::acceptor> acceptor) {
    while (acceptor->is_open()) {
        auto [error, socket] = co_await acceptor->async_accept(kTuple);
        if (!error) {
            self->start(unix_transport(std::move(socket)));
        } else if (acceptor->is_open()) {
            log_warning("cannot accept a connection on the control socket: {}", error.message());
            co_await sleep_for(kAcceptPause);
        }
    }
}

void HttpServer::Impl::start(std::unique_ptr<HttpTransport> transport) {
    if (connections_ >= options_.connections_max) {
        return;  // closes it: full means refuse
    }
    spawn(io_.get_executor(), gate_, "http connection",
          run_connection(shared_from_this(), std::move(transport)));
}

Task<void> HttpServer::Impl::run_connection(std::shared_ptr<Impl> self,
                                            std::unique_ptr<HttpTransport> transport) {
    HttpConnection connection(self->options_, self->handler_, std::move(transport));
    // Takes the connection out again however run() ends.
    struct Registered {
        Registered(Impl& i, HttpConnection& c) : impl(i), connection(c) {
            impl.open_.insert(&connection);
            ++impl.connections_;
        }
        ~Registered() {
            impl.open_.erase(&connection);
            --impl.connections_;
        }
        Registered(const Registered&) = delete;
        Registered& operator=(const Registered&) = delete;
        Impl& impl;
        HttpConnection& connection;
    };
    const Registered registered(*self, connection);
    if (self->stopping_) {
        co_return;
    }
    co_await connection.run();
}

void HttpServer::Impl::stop_now() {
    boost::system::error_code ignored;
    for (const auto& acceptor : tcp_acceptors_) {
        acceptor->close(ignored);
    }
    for (const auto& acceptor : unix_acceptors_) {
        acceptor->close(ignored);
    }
    for (const std::string& path : unix_paths_) {
        ::unlink(path.c_str());
    }
    unix_paths_.clear();
    gate_.close();
    for (HttpConnection* connection : open_) {
        connection->stop();
    }
}

void HttpServer::Impl::cut_all() {
    for (HttpConnection* connection : open_) {
        connection->cut();
    }
}

HttpServer::HttpServer(asio::io_context& io, HttpServerOptions options, HttpHandler handler)
    : impl_(std::make_shared<Impl>(io, std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() {
    stop();
}

Result<std::uint16_t> HttpServer::listen_tcp(const std::string& host, std::uint16_t port) {
    return impl_->listen_tcp(host, port);
}

Status HttpServer::listen_unix(const std::string& path) {
    return impl_->listen_unix(path);
}

void HttpServer::stop() {
    if (!impl_->stopping_.exchange(true)) {
        asio::post(impl_->io_, [impl = impl_] { impl->stop_now(); });
    }
}

Task<bool> HttpServer::drained(std::chrono::milliseconds limit) {
    const auto impl = impl_;
    const bool ended = co_await impl->gate_.drained(limit);
    if (!ended) {
        impl->cut_all();
        constexpr std::chrono::milliseconds kCutTime{1'000};
        co_await impl->gate_.drained(kCutTime);
    }
    co_return ended;
}

std::size_t HttpServer::connections() const {
    return impl_->connections_;
}

}  // namespace tocsin::net
