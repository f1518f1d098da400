#include "net/http_transport.h"

#include <type_traits>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace tocsin::net {

namespace asio = boost::asio;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
using TlsStream = asio::ssl::stream<asio::ip::tcp::socket>;

// Stream is a socket or a TLS stream over one. The state that the timer's handler touches is
// shared with it, so that a transport may be destroyed while the handler is on its way.
template <class Stream>
class StreamTransport final : public HttpTransport {
  public:
    template <class... Args>
    explicit StreamTransport(Args&&... args)
        : shared_(std::make_shared<Shared>(std::forward<Args>(args)...)) {}
    ~StreamTransport() override { close(); }

    void set_limit(std::chrono::milliseconds limit) override {
        shared_->deadline.expires_after(limit);
        std::weak_ptr<Shared> weak = shared_;
        const std::uint64_t limit_number = ++shared_->limits_set;
        shared_->deadline.async_wait([weak, limit_number](const boost::system::error_code& error) {
            const auto shared = weak.lock();
            // A handler that was on its way when the limit was set anew must not close.
            if (error || !shared || shared->limits_set != limit_number) {
                return;
            }
            shared->timed_out = true;
            shared->close();
        });
    }

    Task<Status> handshake() override {
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            const auto [error] =
                co_await shared_->stream.async_handshake(TlsStream::server, kTuple);
            if (error) {
                co_return failure(error);
            }
        }
        co_return Status{};
    }

    Task<Result<std::size_t>> read_some(std::span<char> out) override {
        const auto buffer = asio::buffer(out.data(), out.size());
        const auto [error, count] = co_await shared_->stream.async_read_some(buffer, kTuple);
        if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
            co_return std::size_t{0};
        }
        if (error) {
            co_return failure(error);
        }
        co_return count;
    }

    Task<Status> write(std::string_view bytes) override {
        const auto buffer = asio::buffer(bytes.data(), bytes.size());
        const auto [error, count] = co_await asio::async_write(shared_->stream, buffer, kTuple);
        if (error) {
            co_return failure(error);
        }
        co_return Status{};
    }

    Task<void> finish_writing() override {
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            co_await shared_->stream.async_shutdown(kTuple);
        }
        boost::system::error_code ignored;
        shared_->socket().shutdown(asio::socket_base::shutdown_send, ignored);
    }

    void close() override { shared_->close(); }
    bool is_open() const override { return shared_->socket().is_open(); }

  private:
    struct Shared {
        template <class... Args>
        explicit Shared(Args&&... args)
            : stream(std::forward<Args>(args)...), deadline(stream.get_executor()) {}

        auto& socket() {
            if constexpr (std::is_same_v<Stream, TlsStream>) {
                return stream.next_layer();
            } else {
                return stream;
            }
        }
        void close() {
            boost::system::error_code ignored;
            socket().close(ignored);
            deadline.cancel();
        }

        Stream stream;
        asio::steady_timer deadline;
        std::uint64_t limits_set = 0;
        bool timed_out = false;
    };

    Error failure(const boost::system::error_code& error) const {
        if (shared_->timed_out) {
            return Error(ErrorKind::Timeout, "the time limit passed");
        }
        return unavailable(error.message());
    }

    std::shared_ptr<Shared> shared_;
};

std::string peer_address(const asio::ip::tcp::socket& socket) {
    boost::system::error_code error;
    const asio::ip::tcp::endpoint peer = socket.remote_endpoint(error);
    if (error) {
        return {};
    }
    const asio::ip::address address = peer.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

}  // namespace

std::unique_ptr<HttpTransport> tcp_transport(asio::ip::tcp::socket socket) {
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    std::string peer = peer_address(socket);
    auto transport = std::make_unique<StreamTransport<asio::ip::tcp::socket>>(std::move(socket));
    transport->peer = std::move(peer);
    return transport;
}

std::unique_ptr<HttpTransport> unix_transport(asio::local::stream_protocol::socket socket) {
    using Socket = asio::local::stream_protocol::socket;
    auto transport = std::make_unique<StreamTransport<Socket>>(std::move(socket));
    transport->is_unix = true;
    return transport;
}

std::unique_ptr<HttpTransport> tls_transport(asio::ip::tcp::socket socket,
                                             asio::ssl::context& context) {
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    std::string peer = peer_address(socket);
    auto transport = std::make_unique<StreamTransport<TlsStream>>(std::move(socket), context);
    transport->is_tls = true;
    transport->peer = std::move(peer);
    return transport;
}

Result<std::shared_ptr<asio::ssl::context>> load_server_tls(const std::string& cert_file,
                                                            const std::string& key_file) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    boost::system::error_code error;
    context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                             asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                             asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression,
                         error);
    if (!error) {
        context->use_certificate_chain_file(cert_file, error);
    }
    if (error) {
        return invalid("tls_cert " + cert_file + " cannot be used: " + error.message());
    }
    context->use_private_key_file(key_file, asio::ssl::context::pem, error);
    if (error) {
        return invalid("tls_key " + key_file + " cannot be used: " + error.message());
    }
    return context;
}

}  // namespace tocsin::net
