// Clock: the only source of time. Passed in; nothing else reads the system's clocks.
//
// Wall time names moments in records and pages; steady time measures durations and never steps.
// Thread-safe: implementations may be called from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace tocsin {

using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

// Wall-clock moments: UTC, millisecond resolution. Stored as BIGINT milliseconds since 1970.
using Time = std::chrono::time_point<std::chrono::system_clock, Milliseconds>;
// Moments for measuring durations only: never stored, never shown.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

inline std::int64_t to_ms(Time time) {
    return time.time_since_epoch().count();
}
inline Time from_ms(std::int64_t ms) {
    return Time(Milliseconds(ms));
}

class Clock {
  public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    virtual SteadyTime steady() const = 0;
};

// The machine's clocks.
class SystemClock final : public Clock {
  public:
    Time now() const override;
    SteadyTime steady() const override;
};

// The time of a database that several machines share, so that they agree on what a moment is
// however their own clocks are set.
//
// An anchor is what the database's clock said at a moment of the steady clock; now() is the anchor
// and the steady time since. Without an anchor (SQLite, or the database not asked yet) it is the
// machine's own. now() does not go back by a correction that is small: it stands still meanwhile.
// One of more than kHeldBack it follows at once, for who would wait for it.
class SharedClock final : public Clock {
  public:
    static constexpr Milliseconds kHeldBack{1'000};

    // `machine` must outlive this.
    explicit SharedClock(const Clock& machine) : machine_(machine) {}
    Time now() const override;
    SteadyTime steady() const override { return machine_.steady(); }

    // The database's clock said `database` at the moment `at`: the middle of the question's round
    // trip. How much later (or, negative, earlier) now() is by it than it would have been: more
    // than kHeldBack either way is worth a warning.
    Milliseconds anchor(Time database, SteadyTime at);
    // What the machine itself takes for the time.
    Time machine_now() const { return machine_.now(); }

  private:
    static constexpr std::int64_t kNoAnchor = INT64_MIN;

    const Clock& machine_;
    std::atomic<std::int64_t> offset_ms_{kNoAnchor};  // database's minus steady
    mutable std::atomic<std::int64_t> latest_ms_{INT64_MIN};
};

// A clock that stands still until it is advanced. For tests.
class FakeClock final : public Clock {
  public:
    explicit FakeClock(Time start = from_ms(1'700'000'000'000)) : wall_ms_(to_ms(start)) {}
    Time now() const override { return from_ms(wall_ms_.load()); }
    SteadyTime steady() const override {
        return SteadyTime(std::chrono::milliseconds(steady_ms_.load()));
    }
    // Both clocks move, as when time passes.
    void advance(Milliseconds by) {
        wall_ms_ += by.count();
        steady_ms_ += by.count();
    }
    // Only the wall clock moves, as when an administrator or NTP sets it.
    void step_wall(Milliseconds by) { wall_ms_ += by.count(); }

  private:
    std::atomic<std::int64_t> wall_ms_;
    std::atomic<std::int64_t> steady_ms_{1'000'000};
};

// "2026-11-24T06:35:59.123Z" (RFC 3339, UTC).
std::string rfc3339(Time time);
// "Tue, 24 Nov 2026 06:35:59 +0000" (RFC 5322 section 3.3), for mail.
std::string rfc5322_date(Time time);
// "Tue, 24 Nov 2026 06:35:59 GMT" (RFC 9110 section 5.6.7), for HTTP.
std::string http_date(Time time);

}  // namespace tocsin
