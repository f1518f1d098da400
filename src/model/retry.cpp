#include "model/retry.h"

#include <algorithm>
#include <array>

namespace tocsin::model {

Milliseconds retry_delay(std::uint32_t attempts) {
    constexpr std::array<int, 5> kMinutes{1, 2, 5, 10, 15};
    const std::size_t step = std::clamp<std::size_t>(attempts, 1, kMinutes.size()) - 1;
    return std::chrono::minutes(kMinutes[step]);
}

std::optional<Time> next_attempt(const RetryInput& input) {
    const Time next = input.now + retry_delay(input.attempts);
    if (next >= input.not_after) {
        return std::nullopt;
    }
    return next;
}

}  // namespace tocsin::model
