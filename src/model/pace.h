// Pace: how fast a route may go now, and why.
//
// Additive increase, multiplicative decrease, as TCP does it. A route starts at its configured
// limits. A throttle reply halves the rate that was measured (at most once in kPaceHold, so that a
// burst of refusals of messages already sent counts once), holds there, then rises by a tenth of
// the configured or last good rate every kPaceStep while less than kPaceBadShare of the replies are
// throttles. A suspension stops the route until a moment. Connection failures back off 1, 2, 4 ...
// 60 seconds.
//
// Pure: state and `now` in, decision out. One thread. Every slowness has a sentence: reason().
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace tocsin::model {

struct RouteLimits {
    std::size_t connections = 10;             // at once
    std::size_t messages_per_connection = 0;  // 0: no limit
    double per_second = 0;                    // messages; 0: no limit

    friend bool operator==(const RouteLimits&, const RouteLimits&) = default;
};

inline constexpr Milliseconds kPaceHold{10'000};
inline constexpr Milliseconds kPaceStep{5'000};
inline constexpr double kPaceBadShare = 0.02;
inline constexpr double kPaceRateMin = 0.2;  // a message every five seconds keeps probing

class Pace {
  public:
    explicit Pace(RouteLimits limits) : limits_(limits) {}

    // May a message leave now? If so it is counted; if not, wait_until() says when to ask again.
    bool take(SteadyTime now);
    SteadyTime wait_until(SteadyTime now) const;

    void on_accepted(SteadyTime now);
    void on_throttle(SteadyTime now, std::string why);
    void on_suspend(SteadyTime now, Milliseconds hold, std::string why);
    // A connection could not be made or set up.
    void on_connect_failed(SteadyTime now, std::string why);
    void on_connected();

    // Nothing may leave before a moment.
    bool suspended(SteadyTime now) const { return now < suspended_until_; }
    // Below the limits because of what replies said.
    bool slowed() const { return slowed_; }
    // The rules were read again. What replies taught stays, within the new limits.
    void set_limits(const RouteLimits& limits);

    bool may_connect(SteadyTime now) const {
        return now >= connect_after_ && now >= suspended_until_;
    }
    SteadyTime connect_after() const {
        return connect_after_ > suspended_until_ ? connect_after_ : suspended_until_;
    }
    // The last connection could not be made.
    bool connect_failing() const { return connect_failures_ > 0; }
    const RouteLimits& limits() const { return limits_; }
    double rate_max() const { return rate_; }  // allowed now; 0: no limit
    double rate(SteadyTime now) const;         // messages a second, lately
    std::string reason(SteadyTime now) const;  // empty: nothing holds it back

  private:
    void measure(SteadyTime now) const;
    void maybe_raise(SteadyTime now);

    RouteLimits limits_;
    double rate_ = limits_.per_second;
    double tokens_ = 1;
    SteadyTime refilled_{};
    bool slowed_ = false;     // below the limits because of throttle replies
    SteadyTime slowed_at_{};  // the last halving
    SteadyTime raised_at_{};
    double good_rate_ = 0;  // measured when it was halved: what to climb back to
    std::uint64_t accepted_ = 0, throttled_ = 0;  // since raised_at_
    SteadyTime suspended_until_{};
    SteadyTime connect_after_{};
    std::uint32_t connect_failures_ = 0;
    std::string why_;  // of the last throttle
    std::string suspend_why_;
    std::string connect_why_;
    // Messages of this second and the one before, for rate().
    mutable SteadyTime second_{};
    mutable std::uint64_t this_second_ = 0, last_second_ = 0;
};

}  // namespace tocsin::model
