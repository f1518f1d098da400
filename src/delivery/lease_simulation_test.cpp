#include "delivery/lease_simulation.h"

#include <gtest/gtest.h>

#include "base/test_seed.h"

namespace tocsin::delivery {
namespace {

TEST(LeaseSimulation, NodesThatLiveWaitForNobody) {
    const auto run =
        simulate_leases({.recipients = 2'000'000, .nodes = 20, .lifetime = Seconds(0)});
    ASSERT_TRUE(run) << run.error().message();
    EXPECT_EQ(run->taken_over, 0U);
    EXPECT_EQ(run->sent_twice, 0U);
    EXPECT_LT(run->seconds, 1.4 * run->ideal_seconds);
    EXPECT_LT(run->statements_per_1000, 1);
}

TEST(LeaseSimulation, NobodyIsLostWhoeverDiesWhenever) {
    const std::uint64_t seed = test_seed();
    for (std::uint64_t i = 0; i < 20; ++i) {
        const auto run = simulate_leases({.recipients = 1'000'000,
                                          .nodes = 10,
                                          .lifetime = Seconds(10 + static_cast<int>(i)),
                                          .seed = seed + i});
        ASSERT_TRUE(run) << run.error().message() << ", TOCSIN_SEED=" << seed + i;
        EXPECT_GE(run->deaths + run->suspensions, run->taken_over > 0 ? 1U : 0U);
        EXPECT_LE(run->fenced, 2 * run->suspensions);
    }
}

}  // namespace
}  // namespace tocsin::delivery
