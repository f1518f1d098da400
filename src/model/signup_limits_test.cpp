#include "model/signup_limits.h"

#include <gtest/gtest.h>

namespace tocsin::model {
namespace {

using Kind = SignupVerdict::Kind;

const Time kNow = Time(Seconds(1'800'000'000));

class SignupLimitsTest : public testing::Test {
  protected:
    SignupVerdict judge(SignupTrust trust, CanProve can = CanProve::No, Milliseconds after = {}) {
        return judge_signup(uses_, trust, can, kNow + after);
    }

    // A burst of 8, one a second, a queue of at most 3 s.
    std::vector<SignupUse> uses_{{{8, Milliseconds(1'000), Milliseconds(3'000)}, {}, {}}};
};

TEST_F(SignupLimitsTest, EachTrustHasItsShareOfTheBurst) {
    for (const auto& [trust, share] :
         {std::pair(SignupTrust::Bare, 2), {SignupTrust::Timed, 4}, {SignupTrust::Proven, 8}}) {
        uses_.front().full_at = uses_.front().queue_at = {};
        for (int i = 0; i < share; ++i) {
            EXPECT_EQ(judge(trust).wait, Milliseconds(0)) << share << " " << i;
        }
        EXPECT_GT(judge(trust).wait, Milliseconds(0)) << share;
    }
}

TEST_F(SignupLimitsTest, BeyondItTheMailWaitsAtASteadyPaceAndThenItIsRefused) {
    for (int i = 0; i < 2; ++i) {
        judge(SignupTrust::Bare);
    }
    for (int i = 1; i <= 3; ++i) {
        const SignupVerdict verdict = judge(SignupTrust::Bare);
        EXPECT_EQ(verdict.kind, Kind::Take);
        EXPECT_EQ(verdict.wait, Milliseconds(1'000 * i));
    }
    const std::vector<SignupUse> before = uses_;
    EXPECT_EQ(judge(SignupTrust::Bare).kind, Kind::Refuse);
    EXPECT_EQ(uses_.front().queue_at, before.front().queue_at);  // a refusal uses nothing up
    EXPECT_EQ(judge(SignupTrust::Bare, CanProve::No, Milliseconds(1'000)).kind, Kind::Take);
}

TEST_F(SignupLimitsTest, TheQueueDoesNotUseUpWhatIsKeptForProofs) {
    for (int i = 0; i < 50; ++i) {
        judge(SignupTrust::Bare);
    }
    for (int i = 0; i < 6; ++i) {
        const SignupVerdict verdict = judge(SignupTrust::Proven);
        EXPECT_EQ(verdict.kind, Kind::Take);
        EXPECT_EQ(verdict.wait, Milliseconds(0)) << i;
    }
    EXPECT_EQ(judge(SignupTrust::Proven).kind, Kind::Refuse);
}

TEST_F(SignupLimitsTest, ABrowserIsAskedBeforeItIsMadeToWait) {
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(judge(SignupTrust::Timed, CanProve::Yes).kind, Kind::Take);
    }
    const Time before = uses_.front().full_at;
    const SignupVerdict verdict = judge(SignupTrust::Timed, CanProve::Yes);
    EXPECT_EQ(verdict.kind, Kind::AskProof);
    EXPECT_NEAR(verdict.load, 5.0 / 8, 1e-9);
    EXPECT_EQ(uses_.front().full_at, before);
    EXPECT_EQ(judge(SignupTrust::Proven, CanProve::Yes).kind, Kind::Take);
    EXPECT_NE(judge(SignupTrust::Proven, CanProve::Yes).kind, Kind::AskProof);
}

TEST_F(SignupLimitsTest, TheFullestBucketDecides) {
    uses_.push_back({{2, Milliseconds(60'000), Milliseconds(600'000)}, {}, {}});
    judge(SignupTrust::Proven);
    judge(SignupTrust::Proven);
    const SignupVerdict verdict = judge(SignupTrust::Proven);
    EXPECT_EQ(verdict.wait, Milliseconds(60'000));
    EXPECT_EQ(verdict.load, 1);
}

TEST_F(SignupLimitsTest, RestedBucketsAreFullAgain) {
    for (int i = 0; i < 8; ++i) {
        judge(SignupTrust::Proven);
    }
    for (int i = 0; i < 8; ++i) {
        EXPECT_EQ(judge(SignupTrust::Proven, CanProve::No, Seconds(3'600)).wait, Milliseconds(0));
    }
}

TEST(SignupBuckets, AreMadeOfTheConfiguration) {
    const SignupLimits limits;
    EXPECT_EQ(address_bucket(limits).burst, 40);
    EXPECT_EQ(address_bucket(limits).every, Milliseconds(3'000));
    EXPECT_EQ(network_bucket(limits).burst, 120);
    EXPECT_EQ(domain_bucket(limits).every, Milliseconds(18'000));
    EXPECT_EQ(service_bucket(limits).burst, 6'000);
    EXPECT_EQ(service_bucket(limits).every, Milliseconds(10));
    SignupLimits low;
    low.address_per_hour = 1;
    EXPECT_EQ(address_bucket(low).burst, 1);
    EXPECT_EQ(address_bucket(low).every, Milliseconds(3'600'000));
}

}  // namespace
}  // namespace tocsin::model
