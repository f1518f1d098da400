// Listener: hands every signal of the database to this process, in order and exactly once.
//
// A thread with a connection of its own. It reads what is behind its cursor, then waits for a
// NOTIFY or half a second: the NOTIFY only makes it fast, the table and the cursor make it
// complete. The cursor is the last row that was handed over, and purge_signals() never takes the
// newest row: so as long as the cursor's row is there, nothing behind it is missing. If it is not
// (this process was away for longer than rows are kept) or is another one now (the database was set
// back: a backup, a standby that lacked the last commits) there is a gap: every row that is there
// is handed over, some of them for the second time, and then gap() says that others may be missing.
//
// Owner: Store (PostgreSQL only). Failure: it connects again by itself, with pauses of up to half a
// second, and goes on at the cursor.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "store/postgres.h"
#include "store/signals.h"

namespace tocsin::store {

class Listener {
  public:
    struct Hooks {
        std::function<void(const Signal&)> each;
        std::function<void()> gap;
    };
    // `cursor`: the newest signal that is not handed over, 0 if there was none yet.
    Listener(std::unique_ptr<Postgres> database, std::int64_t cursor, const Clock& clock,
             Hooks hooks);
    ~Listener();

    // Any thread. Whether the database answered a question that was asked within the last second.
    bool in_touch() const;
    // Any thread. Empty while all is well.
    std::string trouble() const;

  private:
    void run();
    void step();
    void read_new();
    bool misses_some(const std::vector<Signal>& from_cursor);

    std::unique_ptr<Postgres> database_;
    std::int64_t cursor_;
    Signal at_cursor_;  // its row; of number 0 before that was read
    const Clock& clock_;
    const Hooks hooks_;
    bool listens_ = false;
    bool was_away_ = false;  // since the cursor was looked at
    bool owes_gap_ = false;  // gap() is to be called when what is there was handed over
    std::atomic<SteadyTime> heard_;
    mutable std::mutex trouble_mutex_;
    std::string trouble_;
    int wake_;  // an eventfd: the end
    std::atomic<bool> stopping_{false};

    std::thread thread_;  // last: it uses everything above
};

}  // namespace tocsin::store
