#include "model/pace.h"

#include <gmock/gmock.h>

namespace tocsin::model {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

SteadyTime at(std::int64_t ms) {
    return SteadyTime(milliseconds(1'000'000 + ms));
}

// As at three seconds past 12:01:04.
std::string reason(const Pace& pace, std::int64_t ms) {
    constexpr std::int64_t kNoon = 1'795'478'400'000 + 12 * 3'600'000;
    return describe(pace.why(at(ms)), at(ms), from_ms(kNoon + 64'000 + ms));
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
    EXPECT_EQ(reason(pace, 1'000), "");
}

TEST(Pace, KeepsTheConfiguredRate) {
    Pace pace({.connections = 1, .messages_per_connection = 0, .per_second = 50});
    EXPECT_NEAR(run(pace, 0, 10'000), 500, 15);
    EXPECT_EQ(reason(pace, 10'000), "at its limit of 50/s");
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
    EXPECT_EQ(reason(pace, 3'100), "421 4.7.28 slow down at 12:01:07 UTC, rate halved to 500/s");
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
    EXPECT_EQ(reason(pace, 200'000), "");
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
    run(pace, 0, 2'000);
    pace.on_throttle(at(2'000), "no");
    EXPECT_NEAR(pace.rate_max(), 10, 1);
    EXPECT_LT(run(pace, 2'000, 120'000), 20 * 118);
    EXPECT_DOUBLE_EQ(pace.rate_max(), 20);
    EXPECT_FALSE(pace.slowed(at(120'000)));
}

TEST(Pace, ASuspensionEndsByItself) {
    Pace pace({});
    pace.on_suspend(at(0), seconds(60), "policy");
    EXPECT_FALSE(pace.take(at(59'999)));
    EXPECT_TRUE(pace.suspended(at(59'999)));
    EXPECT_EQ(pace.wait_until(at(10)), at(60'000));
    EXPECT_EQ(reason(pace, 20'000),
              "stopped until 12:02:04 UTC, 40 s more: policy at 12:01:04 UTC");
    EXPECT_TRUE(pace.take(at(60'000)));
}

TEST(Pace, ManyTemporaryRefusalsHalveTheRateWhateverTheySay) {
    Pace pace({});
    for (int ms = 0; ms < 6'000; ms += 10) {
        pace.take(at(ms));
        ms % 50 == 0 ? pace.on_deferred(at(ms), "451 4.3.0 later") : pace.on_accepted(at(ms));
    }
    EXPECT_NEAR(pace.rate_max(), 50, 5);
    EXPECT_THAT(reason(pace, 6'000),
                MatchesRegex("10[0-9] of 50[0-9] replies were 4xx at 12:01:09 UTC, the last "
                             "\"451 4.3.0 later\", rate halved to 50/s"));
}

TEST(Pace, FewOrRareTemporaryRefusalsDoNot) {
    Pace few({});
    for (int second = 0; second < 120; second += 10) {
        few.take(at(second * 1'000));
        few.on_deferred(at(second * 1'000), "451 4.3.0 later");
    }
    EXPECT_EQ(few.rate_max(), 0);
    Pace rare({});
    for (int ms = 0; ms < 60'000; ms += 10) {
        rare.take(at(ms));
        ms % 200 == 0 ? rare.on_deferred(at(ms), "452 4.2.2 full") : rare.on_accepted(at(ms));
    }
    EXPECT_EQ(rare.rate_max(), 0) << "5 % full mailboxes are nobody's rate";
}

TEST(Pace, TheRatioAloneNeverStarvesARoute) {
    Pace pace({});
    for (int ms = 0; ms < 600'000; ms += 10) {
        if (pace.take(at(ms))) {
            pace.on_deferred(at(ms), "450 4.7.1 greylisted");
        }
    }
    EXPECT_NEAR(pace.rate_max(), 12.5, 1) << "an eighth of the 100/s at which it began";
}

TEST(Pace, ARateThatNobodyUsesDoesNotRise) {
    Pace pace({});
    run(pace, 0, 2'000);
    pace.on_throttle(at(2'000), "no");
    const double halved = pace.rate_max();
    for (int ms = 2'000; ms < 100'000; ms += 1'000) {
        pace.take(at(ms));
        pace.on_accepted(at(ms));
    }
    EXPECT_DOUBLE_EQ(pace.rate_max(), halved);
}

TEST(Pace, ForgetsAfterAQuarterOfAnHour) {
    Pace pace({.connections = 1, .messages_per_connection = 0, .per_second = 20});
    pace.on_throttle(at(0), "no");
    EXPECT_TRUE(pace.slowed(at(900'000)));
    EXPECT_FALSE(pace.slowed(at(900'001)));
    EXPECT_EQ(reason(pace, 900'001), "");
    EXPECT_TRUE(pace.take(at(900'001)));
    EXPECT_DOUBLE_EQ(pace.rate_max(), 20);
}

TEST(Pace, TakesNewLimitsAndKeepsWhatItLearned) {
    Pace pace({.connections = 1, .messages_per_connection = 0, .per_second = 20});
    pace.set_limits({.connections = 1, .messages_per_connection = 0, .per_second = 40});
    EXPECT_DOUBLE_EQ(pace.rate_max(), 40);
    run(pace, 0, 2'000);
    pace.on_throttle(at(2'000), "no");
    EXPECT_NEAR(pace.rate_max(), 20, 2);
    pace.set_limits({.connections = 1, .messages_per_connection = 0, .per_second = 100});
    EXPECT_NEAR(pace.rate_max(), 20, 2);
    pace.set_limits({.connections = 1, .messages_per_connection = 0, .per_second = 5});
    EXPECT_DOUBLE_EQ(pace.rate_max(), 5);
}

TEST(Pace, TheSentencesAreForPeople) {
    const SteadyTime now = at(0);
    const Time wall = from_ms(1'795'478'400'000 + 23 * 3'600'000);
    PaceReason reason{.kind = PaceReason::Kind::Slowed,
                      .reply = "421 4.7.28 unusual rate",
                      .replied_at = now - seconds(3'600),
                      .rate_max = 40.6,
                      .rate_cut = 24.75,
                      .rate_before = 33};
    EXPECT_EQ(describe(reason, now, wall),
              "421 4.7.28 unusual rate at 22:00:00 UTC, rate lowered to 25/s and up again to 41/s");
    reason = {.kind = PaceReason::Kind::Suspended,
              .reply = "421 4.7.0 [TSS04] deferred",
              .replied_at = now,
              .until = now + seconds(7'200)};
    EXPECT_EQ(describe(reason, now, wall),
              "stopped until 01:00:00 UTC, 2 h 0 min more: 421 4.7.0 [TSS04] deferred at 23:00:00 "
              "UTC");
    reason.reply = std::string(159, 'x') + "\xC3\xBC" + "more";
    EXPECT_THAT(describe(reason, now, wall), HasSubstr("xx... at 23:00:00"));
    EXPECT_EQ(rate_text(0), "0/s");
    EXPECT_EQ(rate_text(0.2), "12/min");
    EXPECT_EQ(rate_text(1), "1/s");
    EXPECT_EQ(rate_text(4.5), "4.5/s");
    EXPECT_EQ(rate_text(9.97), "10/s");
    EXPECT_EQ(rate_text(33.3), "33/s");
}

}  // namespace
}  // namespace tocsin::model
