#include "model/signup_limits.h"

#include <algorithm>

#include "base/check.h"

namespace tocsin::model {

namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kMinuteMs = 60'000;
// Behind one address may be a school or a town's mobile phones: two minutes' worth at once.
constexpr std::int64_t kNetworkBurstsAnHour = 30;
// A reader who waits for a mail that is minutes late signs up again, or gives up.
constexpr std::chrono::minutes kNetworkQueue{10};
// A confirmation lives for three days: half a day late it is still good for most of it.
constexpr std::chrono::hours kMailQueue{12};

SignupBucket bucket(std::int64_t count, std::int64_t span_ms, std::int64_t bursts,
                    Milliseconds queue_max) {
    CHECK(count > 0);
    return {.burst = std::max<std::int64_t>(count / bursts, 1),
            .every = Milliseconds(std::max<std::int64_t>(span_ms / count, 1)),
            .queue_max = queue_max};
}

// At least one, or nobody could sign up at all where limits are low.
std::int64_t share_of(std::int64_t burst, SignupTrust trust) {
    switch (trust) {
        case SignupTrust::Bare:
            return std::max<std::int64_t>(burst / 4, 1);
        case SignupTrust::Timed:
            return std::max<std::int64_t>(burst / 2, 1);
        case SignupTrust::Proven:
            break;
    }
    return burst;
}

// What taking one more would make of a use.
struct Step {
    Time full_at;
    Time queue_at;
    Milliseconds wait{0};
    double load = 0;
};

Step step_of(const SignupUse& use, SignupTrust trust, Time now) {
    const Milliseconds every = use.bucket.every;
    const Time full_at = std::max(use.full_at, now) + every;
    const Milliseconds used = full_at - now;
    Step step{use.full_at, use.queue_at};
    step.load =
        static_cast<double>(used.count()) / static_cast<double>((use.bucket.burst * every).count());
    if (used <= share_of(use.bucket.burst, trust) * every) {
        step.full_at = full_at;
        return step;
    }
    step.queue_at = std::max(use.queue_at, now) + every;
    step.wait = step.queue_at - now;
    return step;
}

}  // namespace

SignupBucket address_bucket(const SignupLimits& limits) {
    return bucket(limits.address_per_hour, kHourMs, kNetworkBurstsAnHour, kNetworkQueue);
}

SignupBucket network_bucket(const SignupLimits& limits) {
    return bucket(limits.network_per_hour, kHourMs, kNetworkBurstsAnHour, kNetworkQueue);
}

SignupBucket domain_bucket(const SignupLimits& limits) {
    return bucket(limits.domain_per_hour, kHourMs, 1, kMailQueue);
}

SignupBucket service_bucket(const SignupLimits& limits) {
    return bucket(limits.service_per_minute, kMinuteMs, 1, kMailQueue);
}

SignupVerdict judge_signup(std::vector<SignupUse>& uses, SignupTrust trust, CanProve can,
                           Time now) {
    SignupVerdict verdict;
    std::vector<Step> steps;
    steps.reserve(uses.size());
    bool refuse = false;
    for (const SignupUse& use : uses) {
        steps.push_back(step_of(use, trust, now));
        verdict.wait = std::max(verdict.wait, steps.back().wait);
        verdict.load = std::max(verdict.load, std::min(steps.back().load, 1.0));
        refuse = refuse || steps.back().wait > use.bucket.queue_max;
    }
    const bool may_ask = can == CanProve::Yes && trust != SignupTrust::Proven;
    if (may_ask && verdict.wait > Milliseconds(0)) {
        verdict.kind = SignupVerdict::Kind::AskProof;
        verdict.wait = Milliseconds(0);
        return verdict;
    }
    if (refuse) {
        verdict.kind = SignupVerdict::Kind::Refuse;
        return verdict;
    }
    for (std::size_t i = 0; i < uses.size(); ++i) {
        uses[i].full_at = steps[i].full_at;
        uses[i].queue_at = steps[i].queue_at;
    }
    return verdict;
}

}  // namespace tocsin::model
