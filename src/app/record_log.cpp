#include "app/record_log.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tocsin::app {

namespace asio = boost::asio;

// One append() that waits; its members are touched only on its own executor.
struct RecordLog::Waiting {
    explicit Waiting(const Executor& executor_) : executor(executor_), timer(executor_) {
        timer.expires_at(asio::steady_timer::time_point::max());
    }
    Executor executor;
    asio::steady_timer timer;
    bool done = false;
    Status status;
};

RecordLog::RecordLog(int fd) : fd_(fd), thread_([this] { run(); }) {}

Result<std::unique_ptr<RecordLog>> RecordLog::open(const std::string& path) {
    int fd = -1;
    if (!path.empty()) {
        fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        if (fd < 0) {
            return io_error("cannot write " + path + ": " + std::strerror(errno));
        }
    }
    return std::unique_ptr<RecordLog>(new RecordLog(fd));
}

void RecordLog::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    more_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

RecordLog::~RecordLog() {
    stop();
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

Task<Status> RecordLog::append(std::string line) {
    const auto waiting = std::make_shared<Waiting>(co_await asio::this_coro::executor);
    {
        const std::lock_guard lock(mutex_);
        lines_ += line;
        lines_ += '\n';
        waiting_.push_back(waiting);
    }
    more_.notify_one();
    boost::system::error_code ignored;
    while (!waiting->done) {
        co_await waiting->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return waiting->status;
}

void RecordLog::run() {
    while (true) {
        std::string lines;
        std::vector<std::shared_ptr<Waiting>> waiting;
        {
            std::unique_lock lock(mutex_);
            more_.wait(lock, [this] { return stopping_ || !lines_.empty(); });
            if (lines_.empty()) {
                return;
            }
            lines.swap(lines_);
            waiting.swap(waiting_);
        }
        const Status status = write_and_sync(lines);
        for (const auto& one : waiting) {
            asio::post(one->executor, [one, status] {
                one->status = status;
                one->done = true;
                one->timer.cancel();
            });
        }
    }
}

Status RecordLog::write_and_sync(const std::string& lines) const {
    if (fd_ < 0) {
        return {};
    }
    std::string_view left = lines;
    while (!left.empty()) {
        const ssize_t count = ::write(fd_, left.data(), left.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return io_error(std::string("cannot write the record: ") + std::strerror(errno));
        }
        left.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fdatasync(fd_) != 0) {
        return io_error(std::string("cannot sync the record: ") + std::strerror(errno));
    }
    return {};
}

}  // namespace tocsin::app
