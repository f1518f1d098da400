#include "base/task.h"

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"

namespace tocsin {

void spawn(Executor executor, Gate& gate, std::string name, Task<void> task) {
    if (gate.closed()) {
        return;
    }
    ++gate.running_;
    auto on_end = [&gate, name = std::move(name)](std::exception_ptr failure) {
        --gate.running_;
        if (!failure) {
            return;
        }
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& e) {
            log_error("task {} ended by an exception: {}", name, e.what());
        }
    };
    boost::asio::co_spawn(executor, std::move(task), std::move(on_end));
}

Task<void> sleep_for(std::chrono::milliseconds duration) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    timer.expires_after(duration);
    boost::system::error_code ignored;
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

Task<bool> Gate::drained(std::chrono::milliseconds limit) {
    constexpr std::chrono::milliseconds kStep{5};
    for (std::chrono::milliseconds waited{0}; waited < limit && running() > 0; waited += kStep) {
        co_await sleep_for(kStep);
    }
    co_return running() == 0;
}

}  // namespace tocsin
