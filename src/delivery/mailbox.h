// Mailbox: how other threads (the store's, the signing pool's, the engine's callers) hand a
// function to a worker, also when the worker is already gone: then it is dropped.
//
// Shared by everyone who may call back. Any thread.
#pragma once

#include <mutex>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace tocsin::delivery {

class Mailbox {
  public:
    explicit Mailbox(boost::asio::io_context& io) : io_(&io) {}

    // Runs `fn` on the worker's thread, after what was posted before.
    template <class Fn>
    void post(Fn fn) {
        const std::lock_guard lock(mutex_);
        if (io_ != nullptr) {
            boost::asio::post(*io_, std::move(fn));
        }
    }
    // After this nothing is taken any more: the io_context may be destroyed.
    void close() {
        const std::lock_guard lock(mutex_);
        io_ = nullptr;
    }

  private:
    std::mutex mutex_;
    boost::asio::io_context* io_;
};

}  // namespace tocsin::delivery
