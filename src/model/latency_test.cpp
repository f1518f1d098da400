#include "model/latency.h"

#include <algorithm>
#include <cstdlib>

#include <gmock/gmock.h>

#include "base/random.h"

namespace tocsin::model {
namespace {

TEST(Latency, IsEmptyAtFirst) {
    EXPECT_EQ(LatencyHistogram().summary(), LatencySummary{});
}

TEST(Latency, IsExactForShortTimes) {
    LatencyHistogram histogram;
    for (int i = 1; i <= 1'000; ++i) {
        histogram.add(i);
    }
    const LatencySummary summary = histogram.summary();
    EXPECT_EQ(summary.first_ms, 1);
    EXPECT_EQ(summary.p50_ms, 500);
    EXPECT_EQ(summary.p90_ms, 900);
    EXPECT_EQ(summary.p99_ms, 990);
    EXPECT_EQ(summary.last_ms, 1'000);
}

TEST(Latency, CanBeWrittenDownAndReadAgain) {
    using Detail = LatencyHistogram::Detail;
    LatencyHistogram histogram(Detail::Coarse);
    for (const int ms : {3, 3, 70, 5'000, 86'400'000}) {
        histogram.add(ms);
    }
    const auto again = LatencyHistogram::restore(Detail::Coarse, histogram.stored());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->summary(), histogram.summary());
    EXPECT_EQ(again->count(), 5U);
    EXPECT_TRUE(LatencyHistogram::restore(Detail::Fine, {}));
    EXPECT_FALSE(LatencyHistogram::restore(Detail::Coarse, {{1}, 5, 4}));
    EXPECT_FALSE(LatencyHistogram::restore(Detail::Coarse, {{1}, -1, 4}));
    EXPECT_FALSE(LatencyHistogram::restore(Detail::Coarse, {{~std::uint64_t{0}}, 0, 4}));
    EXPECT_FALSE(
        LatencyHistogram::restore(Detail::Coarse, {std::vector<std::uint64_t>(100'000), 0, 4}));
}

TEST(Latency, StepsOfTheWallClockDoNoHarm) {
    LatencyHistogram histogram;
    histogram.add(-5'000);
    histogram.add(std::int64_t{1} << 60);
    EXPECT_EQ(histogram.summary().first_ms, 0);
    EXPECT_EQ(histogram.summary().last_ms, std::int64_t{31} * 24 * 3600 * 1000);
}

TEST(Latency, PercentilesAreWithinTheirError) {
    const char* given = std::getenv("TOCSIN_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 7;
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    SeededRandom random(seed);
    for (const auto& [detail, error] : {std::pair{LatencyHistogram::Detail::Fine, 0.002},
                                        std::pair{LatencyHistogram::Detail::Coarse, 0.07}}) {
        std::vector<std::int64_t> values;
        LatencyHistogram a(detail);
        LatencyHistogram b(detail);
        for (int i = 0; i < 5'000; ++i) {
            const auto value = static_cast<std::int64_t>(random.below(1ULL << random.below(30)));
            values.push_back(value);
            (i % 2 == 0 ? a : b).add(value);
        }
        a += b;
        std::sort(values.begin(), values.end());
        EXPECT_EQ(a.count(), values.size());
        for (const double p : {0.01, 0.5, 0.9, 0.99, 1.0}) {
            const auto exact = values[static_cast<std::size_t>(p * 5'000) - 1];
            const std::int64_t is = *a.percentile(p);
            EXPECT_GE(is, exact);
            EXPECT_LE(static_cast<double>(is), static_cast<double>(exact) * (1 + error) + 1);
        }
    }
}

}  // namespace
}  // namespace tocsin::model
