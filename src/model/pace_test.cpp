#include "model/pace.h"

#include <gmock/gmock.h>

namespace tocsin::model {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

SteadyTime at(std::int64_t ms) {
    return SteadyTime(milliseconds(1'000'000 + ms));
}

// Sends as fast as the pace allows for so long; returns how many went.
int run(Pace& pace, std::int64_t from_ms, std::int64_t to_ms, bool accept = true) {
    int sent = 0;
    for (std::int64_t ms = from_ms; ms < to_ms; ms += 10) {
        for (int i = 0; i < 10 && pace.take(at(ms)); ++i) {
            ++sent;
            if (accept) {
                pace.on_accepted(at(ms));
            }
        }
    }
    return sent;
}

TEST(Pace, HasNoLimitWhereNoneIsConfigured) {
    Pace pace({});
    EXPECT_EQ(run(pace, 0, 1'000), 1'000);
    EXPECT_EQ(pace.reason(at(1'000)), "");
}

TEST(Pace, KeepsTheConfiguredRate) {
    Pace pace({.connections = 1, .messages_per_connection = 0, .per_second = 50});
    EXPECT_NEAR(run(pace, 0, 10'000), 500, 15);
    EXPECT_THAT(pace.reason(at(10'000)), HasSubstr("50.0 messages/s by configuration"));
}

TEST(Pace, AThrottleHalvesTheRateOnceForABurst) {
    Pace pace({});
    run(pace, 0, 3'000);
    const double before = pace.rate(at(3'000));
    EXPECT_NEAR(before, 1'000, 100);
    for (int i = 0; i < 50; ++i) {
        pace.on_throttle(at(3'000 + i), "421 4.7.28 slow down");
    }
    EXPECT_NEAR(pace.rate_max(), before / 2, 60);
    EXPECT_THAT(pace.reason(at(3'100)), HasSubstr("421 4.7.28 slow down"));
}

TEST(Pace, ClimbsBackAndForgetsWhenAllIsWell) {
    Pace pace({});
    run(pace, 0, 2'000);
    pace.on_throttle(at(2'000), "slow down");
    const double halved = pace.rate_max();
    run(pace, 2'000, 11'000);
    EXPECT_DOUBLE_EQ(pace.rate_max(), halved) << "held for ten seconds";
    run(pace, 11'000, 30'000);
    EXPECT_GT(pace.rate_max(), halved);
    run(pace, 30'000, 200'000);
    EXPECT_EQ(pace.rate_max(), 0) << "no limit again";
    EXPECT_EQ(pace.reason(at(200'000)), "");
}

TEST(Pace, NeverStopsAltogether) {
    Pace pace({});
    for (int i = 0; i < 40; ++i) {
        pace.on_throttle(at(i * 11'000), "no");
    }
    EXPECT_GE(pace.rate_max(), kPaceRateMin);
    EXPECT_GE(run(pace, 500'000, 560'000, false), 10);
}

TEST(Pace, NeverExceedsTheConfiguredRateWhenItClimbs) {
    Pace pace({.connections = 1, .messages_per_connection = 0, .per_second = 20});
    pace.on_throttle(at(0), "no");
    EXPECT_DOUBLE_EQ(pace.rate_max(), 10);
    run(pace, 0, 120'000);
    EXPECT_DOUBLE_EQ(pace.rate_max(), 20);
}

TEST(Pace, ASuspensionEndsByItself) {
    Pace pace({});
    pace.on_suspend(at(0), seconds(60), "policy");
    EXPECT_FALSE(pace.take(at(59'999)));
    EXPECT_FALSE(pace.may_connect(at(59'999)));
    EXPECT_EQ(pace.wait_until(at(10)), at(60'000));
    EXPECT_THAT(pace.reason(at(20'000)), HasSubstr("stopped for 40 s more: policy"));
    EXPECT_TRUE(pace.take(at(60'000)));
}

TEST(Pace, ConnectionFailuresBackOffToAMinute) {
    Pace pace({});
    std::int64_t now = 0;
    std::vector<std::int64_t> waits;
    for (int i = 0; i < 8; ++i) {
        pace.on_connect_failed(at(now), "refused");
        pace.on_connect_failed(at(now), "refused");  // a second one at the same time is the same
        const auto wait = std::chrono::duration_cast<seconds>(pace.connect_after() - at(now));
        waits.push_back(wait.count());
        now += wait.count() * 1'000;
    }
    EXPECT_THAT(waits, ::testing::ElementsAre(1, 2, 4, 8, 16, 32, 60, 60));
    EXPECT_THAT(pace.reason(at(now)), HasSubstr("no connection"));
    pace.on_connected();
    EXPECT_TRUE(pace.may_connect(at(now)));
    EXPECT_EQ(pace.reason(at(now)), "");
}

}  // namespace
}  // namespace tocsin::model
