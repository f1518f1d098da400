#include "model/subscription.h"

#include <gtest/gtest.h>

namespace tocsin::model {
namespace {

using State = SubscriptionState;

TEST(Subscription, SignupAsksUnlessActive) {
    EXPECT_EQ(decide_signup(std::nullopt, Suppressed::No), SignupStep::Ask);
    EXPECT_EQ(decide_signup(State::Left, Suppressed::No), SignupStep::Ask);
    EXPECT_EQ(decide_signup(State::Pending, Suppressed::No), SignupStep::AskAgain);
    EXPECT_EQ(decide_signup(State::Active, Suppressed::No), SignupStep::Nothing);
}

TEST(Subscription, OnlyAPendingOneCanBeConfirmed) {
    EXPECT_EQ(decide_confirm(std::nullopt, Suppressed::No), ConfirmStep::Refuse);
    EXPECT_EQ(decide_confirm(State::Left, Suppressed::No), ConfirmStep::Refuse);
    EXPECT_EQ(decide_confirm(State::Pending, Suppressed::No), ConfirmStep::Activate);
    EXPECT_EQ(decide_confirm(State::Active, Suppressed::No), ConfirmStep::AlreadyActive);
}

TEST(Subscription, LeavingTwiceIsLeaving) {
    EXPECT_EQ(decide_leave(std::nullopt), LeaveStep::Nothing);
    EXPECT_EQ(decide_leave(State::Left), LeaveStep::Nothing);
    EXPECT_EQ(decide_leave(State::Pending), LeaveStep::Leave);
    EXPECT_EQ(decide_leave(State::Active), LeaveStep::Leave);
}

TEST(Subscription, AnImportNeverBringsBackWhoLeft) {
    EXPECT_EQ(decide_import(std::nullopt, Suppressed::No), ImportStep::Activate);
    EXPECT_EQ(decide_import(State::Pending, Suppressed::No), ImportStep::Activate);
    EXPECT_EQ(decide_import(State::Active, Suppressed::No), ImportStep::Duplicate);
    EXPECT_EQ(decide_import(State::Left, Suppressed::No), ImportStep::RefuseLeft);
}

TEST(Subscription, SuppressionBeatsEveryState) {
    for (const std::optional<State> state :
         {std::optional<State>(), std::optional(State::Pending), std::optional(State::Active),
          std::optional(State::Left)}) {
        EXPECT_EQ(decide_signup(state, Suppressed::Yes), SignupStep::Nothing);
        EXPECT_EQ(decide_confirm(state, Suppressed::Yes), ConfirmStep::Refuse);
        EXPECT_EQ(decide_import(state, Suppressed::Yes), ImportStep::RefuseSuppressed);
    }
}

TEST(Subscription, StatesRoundTripAsText) {
    for (const State state : {State::Pending, State::Active, State::Left}) {
        EXPECT_EQ(parse_subscription_state(to_string(state)), state);
    }
    EXPECT_EQ(parse_subscription_state("gone"), std::nullopt);
}

}  // namespace
}  // namespace tocsin::model
