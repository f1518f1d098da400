#include "net/http_client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/http_transport.h"
#include "net/http_writer.h"

namespace tocsin::net {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 64 * 1024;
using Parser = beast::http::response_parser<beast::http::string_body>;

enum class Limit { Whole, Silence };

// Connecting to a closed port or a socket file is answered at once by the kernel, but a host may
// be silent: the timer closes the socket then.
template <class Socket, class Endpoint>
Task<Status> connect(Socket& socket, Endpoint endpoint, std::chrono::milliseconds limit) {
    asio::steady_timer timer(socket.get_executor());
    timer.expires_after(limit);
    timer.async_wait([&socket](const boost::system::error_code& error) {
        if (!error) {
            boost::system::error_code ignored;
            socket.close(ignored);
        }
    });
    const auto [error] = co_await socket.async_connect(endpoint, kTuple);
    if (timer.cancel() == 0) {
        // The timer's handler has run or is about to; let it do so while `socket` lives.
        co_await asio::post(socket.get_executor(), asio::use_awaitable);
        co_return Error(ErrorKind::Timeout, "no answer within the time limit");
    }
    if (error) {
        co_return unavailable(error.message());
    }
    co_return Status{};
}

Task<Result<std::unique_ptr<HttpTransport>>> open(const HttpTarget& target) {
    const Executor executor = co_await asio::this_coro::executor;
    if (!target.unix_path.empty()) {
        if (target.unix_path.size() >= sizeof(sockaddr_un{}.sun_path)) {
            co_return invalid("the socket path " + target.unix_path + " is too long");
        }
        asio::local::stream_protocol::socket socket(executor);
        const asio::local::stream_protocol::endpoint endpoint(target.unix_path);
        const Status connected = co_await connect(socket, endpoint, target.time_limit);
        if (!connected) {
            co_return connected.error().with_context("no service answers on " + target.unix_path);
        }
        co_return unix_transport(std::move(socket));
    }
    const std::string name = target.host == "localhost" ? std::string("127.0.0.1") : target.host;
    boost::system::error_code error;
    const asio::ip::address address = asio::ip::make_address(name, error);
    if (error) {
        co_return invalid("'" + target.host + "' is not a numeric address");
    }
    asio::ip::tcp::socket socket(executor);
    const asio::ip::tcp::endpoint endpoint(address, target.port);
    const Status connected = co_await connect(socket, endpoint, target.time_limit);
    if (!connected) {
        co_return connected.error().with_context(
            fmt::format("no service answers on {} port {}", target.host, target.port));
    }
    co_return tcp_transport(std::move(socket));
}

// Hands over what of a 2xx body has arrived.
Status hand_over(Parser& parser, const OnChunk& on_chunk) {
    if (!on_chunk || !parser.is_header_done() || parser.get().body().empty() ||
        parser.get().result_int() / 100 != 2) {
        return {};
    }
    Status taken = on_chunk(parser.get().body());
    parser.get().body().clear();
    return taken;
}

HttpResponse to_response(Parser& parser) {
    HttpResponse response;
    response.status = static_cast<int>(parser.get().result_int());
    for (const auto& field : parser.get()) {
        response.headers.add(std::string_view(field.name_string()), std::string(field.value()));
    }
    response.body = std::move(parser.get().body());
    return response;
}

// Feeds the parser; true once the answer is complete.
Result<bool> parse(Parser& parser, std::string& pending, const OnChunk& on_chunk) {
    while (!pending.empty() && !parser.is_done()) {
        beast::error_code error;
        const std::size_t used = parser.put(asio::buffer(pending.data(), pending.size()), error);
        pending.erase(0, used);
        TRY(hand_over(parser, on_chunk));
        if (parser.is_header_done() && parser.get().result_int() / 100 == 1) {
            return unavailable("the service sent an interim answer that was not asked for");
        }
        if (error == beast::http::error::need_more) {
            break;
        }
        if (error == beast::http::error::body_limit) {
            return Error(ErrorKind::Limited, "the answer is larger than allowed");
        }
        if (error) {
            return unavailable("the answer is not HTTP: " + error.message());
        }
    }
    return parser.is_done();
}

Task<Result<HttpResponse>> exchange(HttpTarget target, HttpRequest request, OnChunk on_chunk,
                                    Limit limit) {
    const std::string host = target.unix_path.empty() ? target.host : std::string("localhost");
    CO_TRY_AS(const std::string bytes, request_bytes(request, host));
    auto opened = co_await open(target);
    if (!opened) {
        co_return opened.error();
    }
    const std::unique_ptr<HttpTransport> transport = std::move(*opened);
    transport->set_limit(target.time_limit);
    // A server may refuse and close while we are still writing: its answer counts, not our error.
    const Status written = co_await transport->write(bytes);
    Parser parser;
    parser.eager(true);
    parser.skip(request.method == "HEAD");
    parser.body_limit(boost::none);
    if (!on_chunk) {
        parser.body_limit(target.body_bytes_max);
    }
    std::string buffer(kReadBytes, '\0');
    std::string pending;
    bool done = false;
    while (!done) {
        if (limit == Limit::Silence) {
            transport->set_limit(target.time_limit);
        }
        const Result<std::size_t> count = co_await transport->read_some(buffer);
        if (!count) {
            co_return written ? count.error() : written.error();
        }
        if (*count == 0) {
            beast::error_code error;
            if (parser.got_some()) {
                parser.put_eof(error);
            }
            if (!parser.is_done() || error) {
                co_return unavailable("the service closed the connection before its answer ended");
            }
            break;
        }
        pending.append(buffer.data(), *count);
        CO_TRY_AS(done, parse(parser, pending, on_chunk));
    }
    co_return to_response(parser);
}

Task<Result<HttpResponse>> on_executor(Executor executor, Task<Result<HttpResponse>> task) {
    // Result has no default value that means anything, so it travels in an optional.
    auto slot = std::make_shared<std::optional<Result<HttpResponse>>>();
    auto fill = [](auto result, auto inner) -> Task<void> {
        result->emplace(co_await std::move(inner));
    };
    co_await asio::co_spawn(executor, fill(slot, std::move(task)), asio::use_awaitable);
    co_return std::move(**slot);
}

}  // namespace

Task<Result<HttpResponse>> http_request(Executor executor, HttpTarget target, HttpRequest request) {
    return on_executor(executor,
                       exchange(std::move(target), std::move(request), nullptr, Limit::Whole));
}

Task<Result<HttpResponse>> http_download(Executor executor, HttpTarget target, HttpRequest request,
                                         OnChunk on_chunk) {
    return on_executor(executor, exchange(std::move(target), std::move(request),
                                          std::move(on_chunk), Limit::Silence));
}

}  // namespace tocsin::net
