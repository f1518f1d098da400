#include "net/tcp_connect.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tocsin::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// getaddrinfo() cannot be stopped; a look-up that outlasts its limit finishes alone, so what it
// writes to is shared.
struct Lookup {
    explicit Lookup(const Executor& executor) : resolver(executor), done(executor) {}
    tcp::resolver resolver;
    asio::steady_timer done;
    bool finished = false;
    boost::system::error_code error;
    std::vector<tcp::endpoint> endpoints;
};

Task<Result<std::vector<tcp::endpoint>>> resolve(std::string host, std::uint16_t port,
                                                 Milliseconds limit) {
    boost::system::error_code not_numeric;
    const auto address = asio::ip::make_address(host, not_numeric);
    if (!not_numeric) {
        co_return std::vector<tcp::endpoint>(1, tcp::endpoint(address, port));
    }
    const Executor executor = co_await asio::this_coro::executor;
    const auto lookup = std::make_shared<Lookup>(executor);
    lookup->done.expires_after(limit);
    auto on_result = [lookup](const boost::system::error_code& error,
                              const tcp::resolver::results_type& results) {
        lookup->finished = true;
        lookup->error = error;
        for (const auto& entry : results) {
            lookup->endpoints.push_back(entry.endpoint());
        }
        lookup->done.cancel();
    };
    lookup->resolver.async_resolve(host, std::to_string(port), std::move(on_result));
    boost::system::error_code ignored;
    co_await lookup->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (!lookup->finished) {
        lookup->resolver.cancel();
        co_return Error(ErrorKind::Timeout, "no answer to the look-up of " + host);
    }
    if (lookup->error || lookup->endpoints.empty()) {
        co_return unavailable("no address for " + host + ": " + lookup->error.message());
    }
    co_return std::move(lookup->endpoints);
}

// Opens the socket and binds it to our own address, if one is set for its family.
Status prepare(tcp::socket& socket, const tcp::endpoint& endpoint, const SourceAddresses& sources) {
    const auto& source = endpoint.address().is_v4() ? sources.v4 : sources.v6;
    boost::system::error_code error;
    socket.open(endpoint.protocol(), error);
    if (!error && source) {
#ifdef IP_BIND_ADDRESS_NO_PORT
        // The port is chosen when connecting: as many connections as there are ports a peer.
        const int yes = 1;
        ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
#endif
        socket.bind(tcp::endpoint(*source, 0), error);
        if (error) {
            return invalid("cannot send from " + source->to_string() + ": " + error.message());
        }
    }
    if (error) {
        return unavailable(error.message());
    }
    return {};
}

}  // namespace

Task<Result<tcp::socket>> connect_address(tcp::endpoint endpoint, SourceAddresses sources,
                                          Milliseconds limit) {
    using asio::experimental::awaitable_operators::operator||;
    const Executor executor = co_await asio::this_coro::executor;
    tcp::socket socket(executor);
    const std::string where =
        endpoint.address().to_string() + " port " + std::to_string(endpoint.port());
    if (const Status prepared = prepare(socket, endpoint, sources); !prepared) {
        co_return prepared.error().with_context(where);
    }
    asio::steady_timer timer(executor, limit);
    const auto first =
        co_await (socket.async_connect(endpoint, kTuple) || timer.async_wait(kTuple));
    if (first.index() == 0 && !std::get<0>(std::get<0>(first))) {
        co_return std::move(socket);
    }
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        co_return Error(ErrorKind::Cancelled, "told to stop");
    }
    if (first.index() != 0) {
        co_return Error(ErrorKind::Timeout, where + ": no answer in time");
    }
    co_return unavailable(where + ": " + std::get<0>(std::get<0>(first)).message());
}

Task<Result<tcp::socket>> connect_tcp(std::string host, std::uint16_t port, SourceAddresses sources,
                                      Milliseconds limit) {
    CO_TRY_AS(const auto endpoints, co_await resolve(host, port, limit));
    Error problem(ErrorKind::Unavailable,
                  host + " has no address of a family that may be sent from");
    for (const tcp::endpoint& endpoint : endpoints) {
        if (!sources.reaches(endpoint.address())) {
            continue;
        }
        Result<tcp::socket> socket = co_await connect_address(endpoint, sources, limit);
        if (socket || socket.error().kind() == ErrorKind::Cancelled) {
            co_return socket;
        }
        const ErrorKind kind = socket.error().kind() == ErrorKind::Invalid ? ErrorKind::Invalid
                                                                           : ErrorKind::Unavailable;
        problem = Error(kind, "cannot connect to " + socket.error().message());
    }
    co_return problem;
}

}  // namespace tocsin::net
