#include "net/smtp_listener.h"

#include <unordered_set>

#include <boost/asio/steady_timer.hpp>

#include "base/log.h"
#include "net/smtp_stream.h"

namespace tocsin::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using mail::SmtpServer;

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr Milliseconds kHandshakeTime{30'000};

// A connection with a limit on whatever is waited for. Shared with its timer's handler, which may
// be on its way when the connection ends.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    explicit Connection(tcp::socket socket)
        : timer_(socket.get_executor()), stream_(std::move(socket)) {}

    SmtpStream& stream() { return stream_; }
    void close() {
        timer_.cancel();
        stream_.close();
    }
    void set_limit(Milliseconds limit) {
        timer_.expires_after(limit);
        std::weak_ptr<Connection> weak = weak_from_this();
        timer_.async_wait([weak](const boost::system::error_code& error) {
            if (const auto self = weak.lock(); self && !error) {
                self->stream_.close();
            }
        });
    }

  private:
    asio::steady_timer timer_;
    SmtpStream stream_;
};

}  // namespace

struct SmtpListener::State {
    State(Executor executor_, SmtpListenerOptions options_, SmtpHandler handler_)
        : executor(std::move(executor_)),
          options(std::move(options_)),
          handler(std::move(handler_)),
          acceptor(executor) {}

    Executor executor;
    SmtpListenerOptions options;
    SmtpHandler handler;
    tcp::acceptor acceptor;
    bool stopped = false;
    std::unordered_set<Connection*> connections;
};

namespace {

using StatePtr = std::shared_ptr<SmtpListener::State>;

Task<bool> flush(Connection& connection, SmtpServer& server) {
    if (server.output().empty()) {
        co_return true;
    }
    const Status written = co_await connection.stream().write_all(server.output());
    server.output().clear();
    co_return written.has_value();
}

// Answers what the machine asks for until it wants more bytes. False: the connection is over.
Task<bool> settle(const StatePtr& state, Connection& connection, SmtpServer& server) {
    while (server.step() == SmtpServer::Step::Deliver) {
        const mail::Reply reply =
            co_await state->handler(server.envelope(), std::move(server.message()));
        server.answer(reply);
    }
    if (!co_await flush(connection, server)) {
        co_return false;
    }
    if (server.step() == SmtpServer::Step::UpgradeTls) {
        connection.set_limit(kHandshakeTime);
        const Status secured = co_await connection.stream().start_tls(*state->options.tls);
        if (!secured) {
            log_info("smtp: TLS with {} failed: {}", connection.stream().peer(),
                     secured.error().message());
            co_return false;
        }
        server.tls_established();
    }
    co_return server.step() != SmtpServer::Step::Close;
}

Task<void> converse(const StatePtr& state, Connection& connection) {
    const bool implicit = state->options.channel == SmtpListenerOptions::Channel::ImplicitTls;
    if (implicit) {
        connection.set_limit(kHandshakeTime);
        if (!co_await connection.stream().start_tls(*state->options.tls)) {
            co_return;
        }
    }
    SmtpServer server(state->options.server,
                      implicit ? SmtpServer::Channel::Tls : SmtpServer::Channel::Clear);
    if (state->connections.size() > state->options.connections_max) {
        server.output().clear();
        server.shut("too many connections");
    }
    std::vector<char> buffer(kReadBytes);
    while (co_await settle(state, connection, server)) {
        connection.set_limit(state->options.idle);
        const Result<std::size_t> count = co_await connection.stream().read_some(buffer);
        if (!count || *count == 0) {
            co_return;
        }
        server.receive(std::string_view(buffer.data(), *count));
    }
}

// Enters a connection in the list for its lifetime, also where its coroutine is destroyed unended.
class Listed {
  public:
    Listed(StatePtr state, Connection& connection)
        : state_(std::move(state)), connection_(connection) {
        state_->connections.insert(&connection_);
    }
    ~Listed() { state_->connections.erase(&connection_); }
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;

  private:
    StatePtr state_;
    Connection& connection_;
};

Task<void> serve(StatePtr state, std::shared_ptr<Connection> connection) {
    const Listed listed(state, *connection);
    try {
        co_await converse(state, *connection);
    } catch (const std::exception& e) {
        log_error("smtp: a connection ended by an exception: {}", e.what());
    }
    connection->close();
}

void accept_next(StatePtr state) {
    auto& acceptor = state->acceptor;
    acceptor.async_accept(
        [state = std::move(state)](const boost::system::error_code& error, tcp::socket socket) {
            if (state->stopped) {
                return;
            }
            if (!error) {
                // The state and the connection live until the conversation ends; serve() throws
                // nothing.
                asio::co_spawn(state->executor,
                               serve(state, std::make_shared<Connection>(std::move(socket))),
                               [](std::exception_ptr) {});
                return accept_next(state);
            }
            // Out of descriptors, most likely: try again in a moment instead of spinning.
            log_warning("smtp: cannot accept a connection: {}", error.message());
            auto pause = std::make_shared<asio::steady_timer>(state->executor, Milliseconds(100));
            pause->async_wait([state, pause](const boost::system::error_code&) {
                if (!state->stopped) {
                    accept_next(state);
                }
            });
        });
}

}  // namespace

SmtpListener::SmtpListener(Executor executor, SmtpListenerOptions options, SmtpHandler handler)
    : state_(std::make_shared<State>(std::move(executor), std::move(options), std::move(handler))) {
}

SmtpListener::~SmtpListener() {
    stop();
}

Result<std::uint16_t> SmtpListener::listen(const std::string& host, std::uint16_t port) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(host, error);
    if (error) {
        return invalid("cannot listen on '" + host + "': not a numeric address");
    }
    const tcp::endpoint endpoint(address, port);
    tcp::acceptor& acceptor = state_->acceptor;
    const auto failed = [&] {
        return unavailable(
            fmt::format("cannot listen on {} port {}: {}", host, port, error.message()));
    };
    acceptor.open(endpoint.protocol(), error);
    if (error) {
        return failed();
    }
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    acceptor.bind(endpoint, error);
    if (error) {
        return failed();
    }
    acceptor.listen(1024, error);
    if (error) {
        return failed();
    }
    accept_next(state_);
    return acceptor.local_endpoint(error).port();
}

void SmtpListener::stop() {
    if (std::exchange(state_->stopped, true)) {
        return;
    }
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    for (Connection* connection : state_->connections) {
        connection->close();
    }
}

}  // namespace tocsin::net
