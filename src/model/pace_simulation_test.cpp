// Pace against models of providers that throttle, with fake time and a seed.
//
// A provider takes so many messages a second on average (a token bucket) and answers 421 to the
// rest, 150 ms later. TOCSIN_SEED repeats a run.
#include <cstdlib>
#include <deque>

#include <gtest/gtest.h>

#include "base/random.h"
#include "model/pace.h"

namespace tocsin::model {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kTickMs = 5;

struct Provider {
    double per_second = 33;
    double burst_seconds = 1;  // of tokens it saves up
    double tokens = 0;
    // A reply that is no throttle by any rule and comes for a share of the rest.
    double other_4xx = 0;
};

struct Tally {
    std::uint64_t sent = 0, accepted = 0, refused = 0;

    double accepted_per_second(std::int64_t ms) const {
        return static_cast<double>(accepted) * 1'000 / static_cast<double>(ms);
    }
    double refused_share() const {
        return sent == 0 ? 0 : static_cast<double>(refused) / static_cast<double>(sent);
    }
};

enum class Says { Throttle, Deferred };

class PaceSimulation : public ::testing::Test {
  protected:
    PaceSimulation() : random_(seed()) { RecordProperty("seed", std::to_string(seed())); }

    static std::uint64_t seed() {
        const char* given = std::getenv("TOCSIN_SEED");
        return given != nullptr ? std::strtoull(given, nullptr, 10) : 20'261'124;
    }

    SteadyTime now() const { return SteadyTime(milliseconds(1'000'000 + ms_)); }

    // Sends whatever the pace allows for so long.
    Tally run(Pace& pace, Provider& provider, std::int64_t for_ms, Says says = Says::Throttle) {
        Tally tally;
        const std::int64_t end = ms_ + for_ms;
        for (; ms_ < end; ms_ += kTickMs) {
            provider.tokens = std::min(
                provider.per_second * provider.burst_seconds,
                provider.tokens + provider.per_second * static_cast<double>(kTickMs) / 1'000);
            for (; !replies_.empty() && replies_.front().at_ms <= ms_; replies_.pop_front()) {
                answer(pace, replies_.front().taken, says, tally);
            }
            for (int i = 0; i < 20 && pace.take(now()); ++i) {
                ++tally.sent;
                const bool taken = provider.tokens >= 1 && !chance(provider.other_4xx);
                provider.tokens -= taken ? 1 : 0;
                const auto jitter = static_cast<std::int64_t>(random_.below(30));
                const std::int64_t at_ms = ms_ + 150 + jitter;
                replies_.push_back(
                    {replies_.empty() ? at_ms : std::max(at_ms, replies_.back().at_ms), taken});
            }
        }
        return tally;
    }

    bool chance(double share) {
        constexpr std::uint64_t kParts = 1'000'000;
        return static_cast<double>(random_.below(kParts)) < share * static_cast<double>(kParts);
    }

    std::int64_t ms_ = 0;

  private:
    struct Reply {
        std::int64_t at_ms;
        bool taken;
    };

    void answer(Pace& pace, bool taken, Says says, Tally& tally) {
        if (taken) {
            ++tally.accepted;
            pace.on_accepted(now());
        } else {
            ++tally.refused;
            says == Says::Throttle ? pace.on_throttle(now(), "421 4.7.28 slow down")
                                   : pace.on_deferred(now(), "451 4.3.2 try later");
        }
    }

    SeededRandom random_;
    std::deque<Reply> replies_;
};

TEST_F(PaceSimulation, FindsWhatAProviderAllowsAndStaysThere) {
    for (const double allowed : {2.0, 33.0, 500.0}) {
        Pace pace({});
        Provider provider{.per_second = allowed};
        run(pace, provider, 120'000);
        const Tally settled = run(pace, provider, 600'000);
        EXPECT_GE(settled.accepted_per_second(600'000), 0.7 * allowed) << allowed << seed();
        EXPECT_LE(settled.refused_share(), 0.05) << allowed << " seed " << seed();
        EXPECT_LE(static_cast<double>(settled.sent), 1.05 * allowed * 600) << allowed << seed();
    }
}

TEST_F(PaceSimulation, ComesDownFastFromFarAbove) {
    Pace pace({});
    Provider provider{.per_second = 33};
    run(pace, provider, 1'000);
    EXPECT_GT(pace.rate_max(), 200) << "a thousand a second at first: half of the first second's";
    run(pace, provider, 29'000);
    EXPECT_LE(pace.rate_max(), 66) << "within half a minute";
}

TEST_F(PaceSimulation, GoesUpAgainWhenTheLimitDoes) {
    Pace pace({});
    Provider provider{.per_second = 33};
    run(pace, provider, 300'000);
    provider.per_second = 330;
    run(pace, provider, 90'000);
    const Tally later = run(pace, provider, 300'000);
    EXPECT_GE(later.accepted_per_second(300'000), 0.7 * 330) << "seed " << seed();
    provider.per_second = 1e9;
    run(pace, provider, 120'000);
    EXPECT_FALSE(pace.slowed(now())) << "no limit any more";
}

TEST_F(PaceSimulation, AConfiguredRateIsNeverExceeded) {
    Pace pace({.connections = 5, .messages_per_connection = 50, .per_second = 100});
    Provider provider{.per_second = 33};
    const Tally tally = run(pace, provider, 300'000);
    EXPECT_LE(tally.sent, 100U * 300 + 20);
    provider.per_second = 1'000;
    run(pace, provider, 120'000);
    const Tally free = run(pace, provider, 60'000);
    EXPECT_NEAR(free.accepted_per_second(60'000), 100, 2);
}

TEST_F(PaceSimulation, FindsALimitThatIsOnlyToldByOddReplies) {
    Pace pace({});
    Provider provider{.per_second = 100};
    run(pace, provider, 180'000, Says::Deferred);
    const Tally settled = run(pace, provider, 600'000, Says::Deferred);
    EXPECT_LE(settled.refused_share(), 0.15) << "seed " << seed();
    EXPECT_GE(settled.accepted_per_second(600'000), 0.6 * 100) << "seed " << seed();
}

TEST_F(PaceSimulation, RefusalsThatNoRateCausesCostAnEighthAtWorst) {
    Pace pace({});
    Provider provider{.per_second = 1e9, .other_4xx = 0.3};
    run(pace, provider, 1'000, Says::Deferred);
    const double at_first = pace.rate(now());
    run(pace, provider, 600'000, Says::Deferred);
    EXPECT_GE(pace.rate_max(), at_first / 10);
}

TEST_F(PaceSimulation, ASuspendedRouteStopsFullyAndResumes) {
    Pace pace({});
    Provider provider{.per_second = 1e9};
    run(pace, provider, 5'000);
    pace.on_suspend(now(), milliseconds(7'200'000), "421 4.7.0 [TSS04]");
    EXPECT_EQ(run(pace, provider, 7'200'000).sent, 0U);
    EXPECT_GT(run(pace, provider, 5'000).sent, 1'000U);
}

}  // namespace
}  // namespace tocsin::model
