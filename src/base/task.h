// Task and spawn: how a coroutine is written and started.
//
// Task<T> is the only coroutine type. spawn() is the only launcher: it counts the task in a Gate,
// logs the name of a task that ends by an exception, and never loses one silently (as
// asio::detached does). A spawned coroutine takes values; one awaited at once may take references.
//
// Owner: a Gate belongs to the part that must not be destroyed while its tasks run. Thread: tasks
// of one gate may run on several io_contexts; the counter is atomic.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace tocsin {

template <class T>
using Task = boost::asio::awaitable<T>;
using Executor = boost::asio::any_io_executor;

// Counts running tasks so that shutdown can wait for them.
class Gate {
  public:
    Gate() = default;
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    bool closed() const { return closed_.load(); }
    std::size_t running() const { return running_.load(); }
    // After close() spawn() refuses new tasks. Idempotent.
    void close() { closed_.store(true); }
    // Waits (polling the counter every 5 ms) until no task runs or the limit passes; true if none
    // runs. Call on an io thread other tasks can run on meanwhile.
    Task<bool> drained(std::chrono::milliseconds limit);

  private:
    friend void spawn(Executor, Gate&, std::string, Task<void>);
    std::atomic<std::size_t> running_{0};
    std::atomic<bool> closed_{false};
};

// Starts the task on the executor. A closed gate drops it unrun. An exception ends the task and is
// logged with its name.
void spawn(Executor executor, Gate& gate, std::string name, Task<void> task);

// Waits. Ends early, without error, only if the coroutine is cancelled.
Task<void> sleep_for(std::chrono::milliseconds duration);

}  // namespace tocsin
