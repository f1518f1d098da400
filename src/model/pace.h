// Pace: how fast a route may go now, and why.
//
// Additive increase, multiplicative decrease, as TCP does it, on two signals:
//
//   throttle   a reply that a rule reads as "slower" (421 4.7.28). The rate halves at once; replies
//              within kPaceSettle belong to what had left before. It halves again while throttles
//              go on, down to kPaceRateMin.
//   4xx ratio  any temporary refusal counts. Where kPaceBadShare of at least kPaceRepliesMin
//              replies are 4xx, the rate halves too, whatever they say, and again while that
//              helps: as much is accepted as before, less refused. Where it does not, the rate is
//              not what they are about (full mailboxes, greylisting): kPaceVainCutsMax, no more.
//
// After a cut the rate holds for kPaceHold, then rises every kPaceStep: by a tenth of the rate that
// was refused (the ceiling) up to there, beyond it by twice as much each time. A throttle met on
// the way up costs a quarter, not half. Where no rate is configured, twice the ceiling gone through
// lifts the one that was learned.
//
// The rate rises only while it is used: a rate that nothing has tried is no evidence. What was
// learned is forgotten kPaceForget after the last bad reply.
// A suspension stops the route until a moment; nothing passes.
//
// Pure: state and `now` in, decision out. One thread at a time. take() and on_accepted() are some
// additions each. Every slowness has its facts, why(), and a sentence, describe().
// Knowingly not: connections are never reduced; the rate is what providers count in the end.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace tocsin::model {

struct RouteLimits {
    std::size_t connections = 10;             // at once
    std::size_t messages_per_connection = 0;  // 0: no limit
    double per_second = 0;                    // messages; 0: no limit

    friend bool operator==(const RouteLimits&, const RouteLimits&) = default;
};

inline constexpr Milliseconds kPaceSettle{3'000};
inline constexpr Milliseconds kPaceHold{10'000};
inline constexpr Milliseconds kPaceStep{5'000};
inline constexpr Milliseconds kPaceForget{15 * 60'000};
inline constexpr double kPaceGoodShare = 0.02;  // of throttles, for a raise: fewer
inline constexpr double kPaceBadShare = 0.10;   // of 4xx replies, for a cut: so many
inline constexpr std::uint64_t kPaceRepliesMin = 20;
inline constexpr int kPaceVainCutsMax = 3;
inline constexpr double kPaceRateMin = 0.2;  // a message every five seconds keeps probing

// Why a route is as fast as it is: the facts.
struct PaceReason {
    enum class Kind {
        Free,       // nothing holds it back
        Limit,      // it goes as fast as its configured rate allows
        Slowed,     // by what replies said
        Suspended,  // until a moment
    };
    Kind kind = Kind::Free;
    std::string reply;           // the last one that mattered, with its rule's note; or empty
    SteadyTime replied_at{};     // when it came
    double rate_max = 0;         // allowed now, a second; 0: no limit
    double rate_cut = 0;         // Slowed: what the last cut lowered it to ...
    double rate_before = 0;      // ... and from
    std::uint64_t deferred = 0;  // Slowed by the ratio: so many 4xx ...
    std::uint64_t replies = 0;   // ... of so many replies; 0: by a throttle
    SteadyTime until{};          // Suspended
};

// One line for people: "421 4.7.28 slow down at 12:01:07 UTC, rate halved to 33/s". Empty: Free.
// `wall` is the time of day at `now`.
std::string describe(const PaceReason& reason, SteadyTime now, Time wall);
// "33/s", "4.5/s", "12/min".
std::string rate_text(double per_second);
// "12:01:07 UTC" of a moment of the steady clock.
std::string time_of_day(SteadyTime then, SteadyTime now, Time wall);

class Pace {
  public:
    explicit Pace(RouteLimits limits) : limits_(limits) {}

    // May a message leave now? If so it is counted; if not, wait_until() says when to ask again.
    bool take(SteadyTime now);
    SteadyTime wait_until(SteadyTime now) const;

    void on_accepted(SteadyTime now);
    // A temporary refusal that is no throttle by the rules.
    void on_deferred(SteadyTime now, std::string why);
    void on_throttle(SteadyTime now, std::string why);
    void on_suspend(SteadyTime now, Milliseconds hold, std::string why);

    // Nothing may leave before a moment.
    bool suspended(SteadyTime now) const { return now < suspended_until_; }
    // Below the limits because of what replies said.
    bool slowed(SteadyTime now) const { return slowed_ && !forgotten(now); }
    // The rules were read again. What replies taught stays, within the new limits.
    void set_limits(const RouteLimits& limits);

    const RouteLimits& limits() const { return limits_; }
    double rate_max() const { return rate_; }  // allowed now; 0: no limit
    double rate(SteadyTime now) const;         // messages a second, lately
    PaceReason why(SteadyTime now) const;

  private:
    enum class Signal { Throttle, Ratio };
    void measure(SteadyTime now) const;
    void cut(SteadyTime now, Signal signal);
    void review_ratio(SteadyTime now);
    bool may_help(SteadyTime now);
    void maybe_raise(SteadyTime now);
    void lift();
    bool forgotten(SteadyTime now) const { return now - bad_at_ > kPaceForget; }

    // Replies since a moment.
    struct Count {
        SteadyTime since{};
        std::uint64_t accepted = 0, deferred = 0, throttled = 0;

        std::uint64_t bad() const { return deferred + throttled; }
        std::uint64_t all() const { return accepted + bad(); }
        double accepted_per_second(SteadyTime now) const;
    };

    RouteLimits limits_;
    double rate_ = limits_.per_second;
    double tokens_ = 1;
    SteadyTime refilled_{};

    bool slowed_ = false;         // below the limits because of replies
    SteadyTime cut_at_{};         // the last cut
    SteadyTime bad_at_{};         // the last reply that spoke for one
    double ceiling_ = 0;          // the rate that was refused last
    double accepted_before_ = 0;  // a second, before the last cut
    int vain_cuts_ = 0;           // by the ratio, which did not help
    double step_ = 0;             // of the next raise
    bool raised_ = false;         // since the last cut
    Count step_count_;            // since the last raise or cut
    Count ratio_count_;           // since the last review
    PaceReason cut_;              // its facts

    SteadyTime suspended_until_{};
    std::string suspend_why_;
    SteadyTime suspend_said_at_{};
    std::string reply_;  // the last bad one
    // Messages of this second and the one before, for rate().
    mutable SteadyTime second_{};
    mutable std::uint64_t this_second_ = 0, last_second_ = 0;
};

}  // namespace tocsin::model
