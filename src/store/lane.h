// Lane: one thread with one connection, which runs closures from a queue: reads one by one, writes
// in groups that share a commit. SQLite has one lane for everything; PostgreSQL has several
// (store.h).
//
// A lane alternates: as many reads as wait, then one group of writes. A group takes writes from the
// queue until it is empty, or it has enough, or limits::kStoreGroupTime has passed since the first;
// then it commits once and answers all. So a lone write commits at once, and under load the cost of
// the fsync is shared by as many as arrived during the last one.
//
// Failure, by the scope of the DatabaseFailure:
//   Statement    the closure alone is undone.
//   Transaction  the group ends with Unavailable: some of it may have been stored. If the session
//   is
//                lost it is made anew, at once and then with pauses of up to a second; meanwhile
//                nobody takes from the queue, and it refuses (if no other lane works on it).
//   Storage      the group and all that follow end with Io, for good.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "store/connection.h"
#include "store/job.h"

namespace tocsin::store {

// Closures that wait for one or more lanes. Any thread.
class JobQueue {
  public:
    using Jobs = std::deque<std::unique_ptr<Job>>;

    explicit JobQueue(int lanes) : working_(lanes) {}

    // Takes the job, or says why not: full, or no lane works.
    Status push(Job::Kind kind, std::unique_ptr<Job>& job);
    // No more will come: wait() ends once nothing is left.
    void stop();

    // --- for lanes
    bool wait();
    std::size_t reads() const;
    std::unique_ptr<Job> next_read() { return next(reads_); }
    std::unique_ptr<Job> next_write() { return next(writes_); }
    // This lane cannot work. If none can, what waits is handed back and what comes is refused with
    // `why`, until one joins again.
    Jobs leave(const Error& why);
    void join();
    // False: stopped.
    bool pause(Milliseconds length);

  private:
    std::unique_ptr<Job> next(Jobs& jobs);

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable stopped_;  // not wake_: a paused lane must not take another one's call
    Jobs reads_;
    Jobs writes_;
    int working_;
    Error why_not_;  // while none works
    bool stopping_ = false;
};

class Lane {
  public:
    // A group that waits for longer (a lock, a synchronous standby, a dead network, a dying disk)
    // is trouble.
    static constexpr Seconds kLongGroup{5};

    // Queue and clock outlive the lane's thread.
    Lane(JobQueue& queue, std::unique_ptr<Connection> connection, const Clock& clock,
         Seconds long_group = kLongGroup);
    // Call JobQueue::stop() before.
    ~Lane();

    bool is_this_thread() const { return std::this_thread::get_id() == thread_.get_id(); }
    // Any thread. For good: Scope::Storage.
    bool failed() const { return failed_.load(); }
    // Any thread. Why nothing works at the moment, or that a group has not ended for long; empty
    // while all is well.
    std::string trouble() const;

  private:
    enum class Outcome { Keep, Undo, Void };
    static constexpr SteadyTime kNoGroup = SteadyTime::min();

    void run();
    void run_reads();
    void run_group();
    Outcome run_in_savepoint(Job& job);
    Outcome execute(Job& job);
    Outcome control(void (Connection::*step)());
    Outcome fails(const DatabaseFailure& failure);
    void well();
    bool recover();
    void set_trouble(const std::string& what);
    void clear_trouble();

    JobQueue& queue_;
    std::unique_ptr<Connection> database_;
    const Clock& clock_;
    const std::size_t group_jobs_;
    const Seconds long_group_;
    Error failure_;          // of this group
    bool reported_ = false;  // the log knows that something is wrong
    std::atomic<bool> failed_{false};
    std::atomic<SteadyTime> group_since_{kNoGroup};
    mutable std::mutex trouble_mutex_;
    std::string trouble_;

    std::thread thread_;  // last: it uses everything above
};

}  // namespace tocsin::store
