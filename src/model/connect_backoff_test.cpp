#include "model/connect_backoff.h"

#include <gtest/gtest.h>

namespace tocsin::model {
namespace {

TEST(ConnectBackoff, DoublesToAMinuteAndForgetsAtASuccess) {
    ConnectBackoff backoff;
    SteadyTime now{Seconds(1'000)};
    EXPECT_TRUE(backoff.may_connect(now));
    for (const int seconds : {1, 2, 4, 8, 16, 32, 60, 60}) {
        backoff.on_failed(now, "refused");
        EXPECT_TRUE(backoff.failing());
        EXPECT_FALSE(backoff.may_connect(now + Seconds(seconds) - Milliseconds(1)));
        now += Seconds(seconds);
        EXPECT_TRUE(backoff.may_connect(now)) << seconds;
    }
    backoff.on_connected();
    EXPECT_FALSE(backoff.failing());
    EXPECT_TRUE(backoff.may_connect(now));
    EXPECT_EQ(backoff.reason(now), "");
}

TEST(ConnectBackoff, FailuresOfOneMomentCountOnce) {
    ConnectBackoff backoff;
    const SteadyTime now{Seconds(1'000)};
    for (int i = 0; i < 10; ++i) {
        backoff.on_failed(now, "refused by 192.0.2.1");
    }
    EXPECT_TRUE(backoff.may_connect(now + Seconds(1)));
    EXPECT_EQ(backoff.reason(now), "no connection, next try in 1 s: refused by 192.0.2.1");
}

}  // namespace
}  // namespace tocsin::model
