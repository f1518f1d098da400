#include "net/smtp_stream.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/tls_impl.h"

namespace tocsin::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

}  // namespace

struct SmtpStream::Tls {
    Tls(tcp::socket& socket, asio::ssl::context& context) : stream(socket, context) {}
    // SMTP has an end of its own, QUIT: a connection closed without TLS's goodbye is no reason for
    // OpenSSL to spoil the session that the next connection would resume.
    ~Tls() { SSL_set_shutdown(stream.native_handle(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }
    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;
    TlsClients::Impl::Ticket ticket{};  // outlives the SSL object, which points at it
    asio::ssl::stream<tcp::socket&> stream;
};

SmtpStream::SmtpStream(tcp::socket socket) : socket_(std::move(socket)) {
    boost::system::error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
}

SmtpStream::~SmtpStream() = default;

Task<Status> SmtpStream::start_tls(TlsClients& clients, std::string ca_file, TlsVerify verify,
                                   std::string name) {
    CO_TRY_AS(asio::ssl::context * context, clients.impl().context(ca_file, verify));
    tls_ = std::make_unique<Tls>(socket_, *context);
    boost::system::error_code unknown;
    const tcp::endpoint remote = socket_.remote_endpoint(unknown);
    tls_->ticket.owner = &clients.impl();
    tls_->ticket.peer =
        fmt::format("{} {} {}", ca_file, remote.address().to_string(), remote.port());
    SSL* ssl = tls_->stream.native_handle();
    CO_TRY(clients.impl().prepare(ssl, name, verify, tls_->ticket));
    const auto [error] =
        co_await tls_->stream.async_handshake(asio::ssl::stream_base::client, kTuple);
    if (error) {
        tls_failure_ = handshake_failure(ssl);
        co_return unavailable(handshake_problem(ssl, error));
    }
    ++clients.impl().handshakes;
    clients.impl().resumed += SSL_session_reused(ssl) == 1 ? 1 : 0;
    co_return Status{};
}

Task<Status> SmtpStream::start_tls(const TlsServer& server) {
    tls_ = std::make_unique<Tls>(socket_, server.impl().context);
    const auto [error] =
        co_await tls_->stream.async_handshake(asio::ssl::stream_base::server, kTuple);
    if (error) {
        co_return unavailable(error.message());
    }
    co_return Status{};
}

Task<Result<std::size_t>> SmtpStream::read_some(std::span<char> out) {
    const auto buffer = asio::buffer(out.data(), out.size());
    boost::system::error_code error;
    std::size_t count = 0;
    if (tls_) {
        std::tie(error, count) = co_await tls_->stream.async_read_some(buffer, kTuple);
    } else {
        std::tie(error, count) = co_await socket_.async_read_some(buffer, kTuple);
    }
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
        co_return std::size_t{0};
    }
    if (error) {
        co_return unavailable(error.message());
    }
    co_return count;
}

void SmtpStream::write(std::span<const std::string_view> pieces, Written done, void* owner) {
    buffers_.clear();
    std::size_t total = 0;
    for (const std::string_view piece : pieces) {
        buffers_.emplace_back(piece.data(), piece.size());
        total += piece.size();
    }
    // A span, not the vector: asio copies the sequence.
    const std::span<const asio::const_buffer> sequence(buffers_);
    if (tls_) {
        // What a failed write got through is unknown here: records are encrypted ahead. All of it
        // may have arrived.
        asio::async_write(tls_->stream, sequence,
                          [done, owner, total](const boost::system::error_code& error,
                                               std::size_t) { done(owner, error, total); });
    } else {
        asio::async_write(socket_, sequence,
                          [done, owner](const boost::system::error_code& error, std::size_t bytes) {
                              done(owner, error, bytes);
                          });
    }
}

Task<Status> SmtpStream::write_all(std::string_view bytes) {
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    boost::system::error_code error;
    std::size_t count = 0;
    if (tls_) {
        std::tie(error, count) = co_await asio::async_write(tls_->stream, buffer, kTuple);
    } else {
        std::tie(error, count) = co_await asio::async_write(socket_, buffer, kTuple);
    }
    if (error) {
        co_return unavailable(error.message());
    }
    co_return Status{};
}

void SmtpStream::close() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
}

bool SmtpStream::peer_is_loopback() const {
    boost::system::error_code error;
    const tcp::endpoint remote = socket_.remote_endpoint(error);
    return !error && remote.address().is_loopback();
}

std::string SmtpStream::peer() const {
    boost::system::error_code error;
    const tcp::endpoint remote = socket_.remote_endpoint(error);
    return error ? std::string() : remote.address().to_string();
}

}  // namespace tocsin::net
