// connect_tcp(): look-up and connection, each with its limit.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/smtp_stream.h"

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
                                                 std::chrono::milliseconds limit) {
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

}  // namespace

Task<Result<tcp::socket>> connect_tcp(std::string host, std::uint16_t port,
                                      std::chrono::milliseconds limit) {
    using asio::experimental::awaitable_operators::operator||;
    CO_TRY_AS(const auto endpoints, co_await resolve(host, port, limit));
    const Executor executor = co_await asio::this_coro::executor;
    std::string problem;
    for (const tcp::endpoint& endpoint : endpoints) {
        tcp::socket socket(executor);
        asio::steady_timer timer(executor, limit);
        const auto first =
            co_await (socket.async_connect(endpoint, kTuple) || timer.async_wait(kTuple));
        if (first.index() == 0 && !std::get<0>(std::get<0>(first))) {
            co_return std::move(socket);
        }
        problem = endpoint.address().to_string() + " port " + std::to_string(port) + ": " +
                  (first.index() == 0 ? std::get<0>(std::get<0>(first)).message()
                                      : std::string("no answer in time"));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            co_return Error(ErrorKind::Cancelled, "told to stop");
        }
    }
    co_return unavailable("cannot connect to " + problem);
}

}  // namespace tocsin::net
