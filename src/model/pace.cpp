#include "model/pace.h"

#include <algorithm>

#include <fmt/format.h>

namespace tocsin::model {
namespace {

constexpr double kColdRate = 10;     // taken for the measured rate before there is one
constexpr double kRaiseShare = 0.1;  // of the good rate, each kPaceStep
constexpr double kRaiseMin = 0.5;
constexpr double kBurstSeconds = 0.2;  // of the rate may go at once after a pause
constexpr Seconds kConnectBackoffMax{60};

double seconds_between(SteadyTime from, SteadyTime to) {
    return std::chrono::duration<double>(to - from).count();
}

std::int64_t whole_seconds_until(SteadyTime now, SteadyTime then) {
    return std::chrono::ceil<Seconds>(then - now).count();
}

}  // namespace

bool Pace::take(SteadyTime now) {
    if (now < suspended_until_) {
        return false;
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

void Pace::set_limits(const RouteLimits& limits) {
    limits_ = limits;
    if (!slowed_) {
        rate_ = limits.per_second;
    } else if (limits.per_second > 0) {
        rate_ = std::min(rate_, limits.per_second);
    }
}

void Pace::on_accepted(SteadyTime now) {
    ++accepted_;
    maybe_raise(now);
}

void Pace::on_throttle(SteadyTime now, std::string why) {
    ++throttled_;
    why_ = std::move(why);
    if (slowed_ && now - slowed_at_ < kPaceHold) {
        return;  // answers to what had left before the rate was halved
    }
    const double before = rate_ > 0 ? rate_ : std::max(rate(now), kColdRate);
    good_rate_ = std::max(before, slowed_ ? good_rate_ * 0.9 : before);
    rate_ = std::max(before / 2, kPaceRateMin);
    tokens_ = std::min(tokens_, 1.0);
    slowed_ = true;
    slowed_at_ = now;
    raised_at_ = now;
    accepted_ = 0;
    throttled_ = 0;
}

void Pace::on_suspend(SteadyTime now, Milliseconds hold, std::string why) {
    suspended_until_ = std::max(suspended_until_, now + hold);
    suspend_why_ = std::move(why);
}

void Pace::on_connect_failed(SteadyTime now, std::string why) {
    connect_why_ = std::move(why);
    if (now < connect_after_) {
        return;  // several were tried at once: one failure
    }
    const Seconds backoff =
        std::min(kConnectBackoffMax, Seconds(1 << std::min<std::uint32_t>(connect_failures_, 6)));
    ++connect_failures_;
    connect_after_ = now + backoff;
}

void Pace::on_connected() {
    connect_failures_ = 0;
    connect_after_ = SteadyTime{};
    connect_why_.clear();
}

void Pace::maybe_raise(SteadyTime now) {
    if (!slowed_ || now - slowed_at_ < kPaceHold || now - raised_at_ < kPaceStep) {
        return;
    }
    const double replies = static_cast<double>(accepted_ + throttled_);
    const bool good = static_cast<double>(throttled_) < kPaceBadShare * replies;
    accepted_ = 0;
    throttled_ = 0;
    raised_at_ = now;
    if (!good) {
        return;
    }
    rate_ += std::max(good_rate_ * kRaiseShare, kRaiseMin);
    const bool unlimited = limits_.per_second <= 0;
    if (unlimited && rate_ >= 2 * good_rate_) {
        rate_ = 0;  // twice what was refused goes through: nothing holds us back any more
        slowed_ = false;
    } else if (!unlimited && rate_ >= limits_.per_second) {
        rate_ = limits_.per_second;
        slowed_ = false;
    }
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

std::string Pace::reason(SteadyTime now) const {
    if (now < suspended_until_) {
        return fmt::format("stopped for {} s more: {}", whole_seconds_until(now, suspended_until_),
                           suspend_why_);
    }
    if (connect_failures_ > 0) {
        return fmt::format("no connection, next try in {} s: {}",
                           std::max<std::int64_t>(0, whole_seconds_until(now, connect_after_)),
                           connect_why_);
    }
    if (slowed_) {
        return fmt::format("slowed to {:.1f} messages/s: {}", rate_, why_);
    }
    if (limits_.per_second > 0) {
        return fmt::format("limited to {:.1f} messages/s by configuration", limits_.per_second);
    }
    return {};
}

}  // namespace tocsin::model
