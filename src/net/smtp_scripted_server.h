// A server for tests that says exactly what it is told to, one script a connection.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/task.h"

namespace tocsin::net {

// Waits until `wait_for` has been received (empty: not at all), then answers.
struct Step {
    std::string wait_for;
    std::string say;
};
using Script = std::vector<Step>;

class ScriptedServer {
  public:
    enum class Then { Close, Hang };
    using tcp = boost::asio::ip::tcp;

    ScriptedServer(boost::asio::io_context& io, Script script, Then then = Then::Close)
        : ScriptedServer(io, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0),
                         std::vector<Script>{std::move(script)}, then) {}
    // Several connections, one after the other, each with its script.
    ScriptedServer(boost::asio::io_context& io, tcp::endpoint at, std::vector<Script> scripts,
                   Then then = Then::Close)
        : acceptor_(io, at) {
        boost::asio::co_spawn(io, serve(std::move(scripts), then), [](std::exception_ptr) {});
    }
    std::uint16_t port() { return acceptor_.local_endpoint().port(); }

    std::string received;         // of the connection that is served, and not yet answered
    std::size_t connections = 0;  // that were accepted
    bool done = false;

  private:
    Task<void> serve(std::vector<Script> scripts, Then then) {
        constexpr auto tuple = boost::asio::as_tuple(boost::asio::use_awaitable);
        for (const Script& script : scripts) {
            auto [error, socket] = co_await acceptor_.async_accept(tuple);
            ++connections;
            received.clear();
            co_await play(socket, script, then);
        }
        done = true;
    }
    Task<void> play(tcp::socket& socket, const Script& script, Then then) {
        constexpr auto tuple = boost::asio::as_tuple(boost::asio::use_awaitable);
        for (const Step& step : script) {
            while (received.find(step.wait_for) == std::string::npos) {
                if (!co_await read(socket)) {
                    co_return;
                }
            }
            received.erase(0, received.find(step.wait_for) + step.wait_for.size());
            co_await boost::asio::async_write(socket, boost::asio::buffer(step.say), tuple);
        }
        bool more = then == Then::Hang;
        while (more) {
            more = co_await read(socket);
        }
    }
    Task<bool> read(tcp::socket& socket) {
        constexpr auto tuple = boost::asio::as_tuple(boost::asio::use_awaitable);
        std::array<char, 65536> buffer;
        const auto [failed, count] =
            co_await socket.async_read_some(boost::asio::buffer(buffer), tuple);
        received.append(buffer.data(), count);
        co_return !failed;
    }

    tcp::acceptor acceptor_;
};

}  // namespace tocsin::net
