// Retry: when a message that was refused for now is tried again, and when it is too late.
//
// News does not keep: 1, 2, 5, 10, 15 minutes after the first attempts, then every 15 minutes,
// until the alert's not_after; then it is expired. A throttle reply costs no attempt: the route
// slows down and the message goes back to the queue. Pure functions of (attempts, now, not_after).
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace tocsin::model {

// How long to wait after the attempt with this number (the first is 1).
Milliseconds retry_delay(std::uint32_t attempts);

struct RetryInput {
    std::uint32_t attempts = 0;  // made so far, this one included
    Time now{};
    Time not_after{};
};
// The moment of the next attempt; nullopt if it would not be before not_after: expired.
std::optional<Time> next_attempt(const RetryInput& input);

// How long after a throttle reply the same message may be tried again; the pace of the route
// usually makes it later.
inline constexpr Milliseconds kThrottleDelay{5'000};

}  // namespace tocsin::model
