#include "model/retry.h"

#include <gmock/gmock.h>

namespace tocsin::model {
namespace {

using std::chrono::minutes;

TEST(Retry, WaitsOneTwoFiveTenFifteenMinutes) {
    EXPECT_EQ(retry_delay(1), minutes(1));
    EXPECT_EQ(retry_delay(2), minutes(2));
    EXPECT_EQ(retry_delay(3), minutes(5));
    EXPECT_EQ(retry_delay(4), minutes(10));
    EXPECT_EQ(retry_delay(5), minutes(15));
    EXPECT_EQ(retry_delay(500), minutes(15));
    EXPECT_EQ(retry_delay(0), minutes(1));
}

TEST(Retry, ExpiresAtNotAfterNotBefore) {
    const Time now = from_ms(1'700'000'000'000);
    const Time next = now + minutes(1);
    EXPECT_EQ(next_attempt({.attempts = 1, .now = now, .not_after = next + Milliseconds(1)}), next);
    EXPECT_EQ(next_attempt({.attempts = 1, .now = now, .not_after = next}), std::nullopt);
}

}  // namespace
}  // namespace tocsin::model
