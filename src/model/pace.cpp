#include "model/pace.h"

#include <algorithm>

namespace tocsin::model {
namespace {

constexpr double kColdRate = 10;     // taken for the measured rate before there is one
constexpr double kRaiseShare = 0.1;  // of the ceiling, each kPaceStep
constexpr double kRaiseMin = 0.5;
constexpr double kFirstCut = 0.5, kLaterCut = 0.75;
constexpr double kHelpedShare = 0.75;       // of what was accepted before a cut, still accepted
constexpr double kUnusedShare = 1.5;        // of the ceiling: a rate that nobody needs is no limit
constexpr double kUsedShare = 0.7;          // of the allowed rate, to count as used
constexpr double kAtLimitShare = 0.9;       // of the configured rate, to be held back by it
constexpr std::uint64_t kThrottlesMin = 3;  // within kPaceHold of a cut, to cut again
constexpr double kBurstSeconds = 0.2;       // of the rate may go at once after a pause
constexpr Milliseconds kRatioWindowMax{60'000};

double seconds_between(SteadyTime from, SteadyTime to) {
    return std::chrono::duration<double>(to - from).count();
}

}  // namespace

bool Pace::take(SteadyTime now) {
    if (now < suspended_until_) {
        return false;
    }
    if (slowed_ && forgotten(now)) {
        lift();
    }
    if (rate_ > 0) {
        if (refilled_ == SteadyTime{}) {
            refilled_ = now;
        }
        const double burst = std::max(1.0, rate_ * kBurstSeconds);
        tokens_ = std::min(burst, tokens_ + rate_ * seconds_between(refilled_, now));
        refilled_ = now;
        if (tokens_ < 1) {
            return false;
        }
        tokens_ -= 1;
    }
    measure(now);
    ++this_second_;
    return true;
}

SteadyTime Pace::wait_until(SteadyTime now) const {
    if (now < suspended_until_) {
        return suspended_until_;
    }
    if (rate_ <= 0 || tokens_ >= 1) {
        return now;
    }
    const std::chrono::duration<double> wait((1 - tokens_) / rate_);
    return refilled_ + std::chrono::ceil<std::chrono::milliseconds>(wait);
}

void Pace::on_accepted(SteadyTime now) {
    ++step_count_.accepted;
    ++ratio_count_.accepted;
    review_ratio(now);
    maybe_raise(now);
}

void Pace::on_deferred(SteadyTime now, std::string why) {
    ++step_count_.deferred;
    ++ratio_count_.deferred;
    reply_ = std::move(why);
    review_ratio(now);
    maybe_raise(now);
}

void Pace::on_throttle(SteadyTime now, std::string why) {
    ++ratio_count_.throttled;
    reply_ = std::move(why);
    bad_at_ = now;
    const auto since_cut = now - cut_at_;
    if (slowed_ && since_cut < kPaceSettle) {
        return;  // an answer to what had left before
    }
    ++step_count_.throttled;
    const bool many = step_count_.throttled >= kThrottlesMin &&
                      static_cast<double>(step_count_.throttled) >=
                          kPaceBadShare * static_cast<double>(step_count_.all());
    if (!slowed_ || since_cut >= kPaceHold || many) {
        cut(now, Signal::Throttle);
    }
}

void Pace::on_suspend(SteadyTime now, Milliseconds hold, std::string why) {
    suspended_until_ = std::max(suspended_until_, now + hold);
    suspend_why_ = std::move(why);
    suspend_said_at_ = now;
}

void Pace::set_limits(const RouteLimits& limits) {
    limits_ = limits;
    if (!slowed_) {
        rate_ = limits.per_second;
    } else if (limits.per_second > 0) {
        rate_ = std::min(rate_, limits.per_second);
    }
}

void Pace::cut(SteadyTime now, Signal signal) {
    // What went is the evidence, not what was allowed and nobody used.
    double before = std::max(rate(now), kColdRate);
    if (rate_ > 0) {
        before = std::min(before, rate_);
    }
    const bool feeling_the_way = slowed_ && raised_;
    const double after = std::max(before * (feeling_the_way ? kLaterCut : kFirstCut), kPaceRateMin);
    if (!slowed_) {
        vain_cuts_ = 0;
    }
    accepted_before_ = ratio_count_.accepted_per_second(now);
    cut_ = {.kind = PaceReason::Kind::Slowed,
            .reply = reply_,
            .replied_at = now,
            .rate_cut = after,
            .rate_before = before};
    if (signal == Signal::Ratio) {
        cut_.deferred = ratio_count_.bad();
        cut_.replies = ratio_count_.all();
    }
    ceiling_ = before;
    step_ = std::max(ceiling_ * kRaiseShare, kRaiseMin);
    rate_ = after;
    tokens_ = std::min(tokens_, 1.0);
    slowed_ = true;
    raised_ = false;
    cut_at_ = bad_at_ = now;
    step_count_ = ratio_count_ = {.since = now};
}

double Pace::Count::accepted_per_second(SteadyTime now) const {
    return static_cast<double>(accepted) / std::max(0.1, seconds_between(since, now));
}

// After a cut most is refused still: is another worth it?
bool Pace::may_help(SteadyTime now) {
    const double accepts = ratio_count_.accepted_per_second(now);
    const bool helped = accepts > 0 && accepts >= kHelpedShare * accepted_before_;
    if (!helped && vain_cuts_ >= kPaceVainCutsMax - 1) {
        return false;
    }
    vain_cuts_ += helped ? 0 : 1;
    return true;
}

void Pace::review_ratio(SteadyTime now) {
    if (ratio_count_.since == SteadyTime{}) {
        ratio_count_.since = now;
    }
    const auto age = now - ratio_count_.since;
    const bool enough = ratio_count_.all() >= kPaceRepliesMin;
    if (age < kPaceStep || (!enough && age < kRatioWindowMax)) {
        return;
    }
    const bool bad = static_cast<double>(ratio_count_.bad()) >=
                     kPaceBadShare * static_cast<double>(ratio_count_.all());
    if (enough && bad) {
        bad_at_ = now;
        if (!slowed_ || (now - cut_at_ >= kPaceHold && may_help(now))) {
            return cut(now, Signal::Ratio);
        }
        step_count_ = {.since = now};  // no reason to rise either
    }
    ratio_count_ = {.since = now};
}

void Pace::maybe_raise(SteadyTime now) {
    if (!slowed_ || now - cut_at_ < kPaceHold || now - step_count_.since < kPaceStep) {
        return;
    }
    const bool good = static_cast<double>(step_count_.throttled) <
                      kPaceGoodShare * static_cast<double>(step_count_.all());
    step_count_ = {.since = now};
    // Of a rate below one a second, a whole second says nothing.
    const bool used = rate_ < 2 || rate(now) >= kUsedShare * rate_;
    const bool unlimited = limits_.per_second <= 0;
    if (good && !used && unlimited && rate_ >= kUnusedShare * ceiling_) {
        return lift();
    }
    if (!good || !used) {
        return;
    }
    if (rate_ >= ceiling_) {
        step_ *= 2;
    }
    rate_ += step_;
    raised_ = true;
    if (unlimited ? rate_ >= 2 * ceiling_ && rate_ >= 2 * kColdRate : rate_ >= limits_.per_second) {
        lift();
    }
}

void Pace::lift() {
    slowed_ = false;
    rate_ = limits_.per_second;
}

void Pace::measure(SteadyTime now) const {
    const auto age = now - second_;
    if (age < std::chrono::seconds(1)) {
        return;
    }
    last_second_ = age < std::chrono::seconds(2) ? this_second_ : 0;
    this_second_ = 0;
    second_ = age < std::chrono::seconds(2) ? second_ + std::chrono::seconds(1) : now;
}

double Pace::rate(SteadyTime now) const {
    measure(now);
    // The last whole second, faded into this one as it goes by.
    const double part = std::clamp(seconds_between(second_, now), 0.0, 1.0);
    return static_cast<double>(last_second_) * (1 - part) + static_cast<double>(this_second_);
}

PaceReason Pace::why(SteadyTime now) const {
    PaceReason reason;
    if (now < suspended_until_) {
        reason.kind = PaceReason::Kind::Suspended;
        reason.reply = suspend_why_;
        reason.replied_at = suspend_said_at_;
        reason.until = suspended_until_;
    } else if (slowed(now)) {
        reason = cut_;
    } else if (limits_.per_second > 0 && rate(now) >= kAtLimitShare * limits_.per_second) {
        reason.kind = PaceReason::Kind::Limit;
    }
    reason.rate_max = slowed(now) ? rate_ : limits_.per_second;
    return reason;
}

}  // namespace tocsin::model
