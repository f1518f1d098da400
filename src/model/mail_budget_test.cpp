#include "model/mail_budget.h"

#include <deque>

#include <gtest/gtest.h>

#include "base/random.h"

namespace tocsin::model {
namespace {

const Time kStart = from_ms(1'700'000'000'000);

TEST(MailBudget, OneADay) {
    MailBudget budget;
    EXPECT_EQ(check_budget(budget, kStart), BudgetVerdict::Send);
    budget = after_sending(budget, kStart);
    EXPECT_EQ(check_budget(budget, kStart), BudgetVerdict::SentToday);
    EXPECT_EQ(check_budget(budget, kStart + kBudgetDay - Milliseconds(1)),
              BudgetVerdict::SentToday);
    EXPECT_EQ(check_budget(budget, kStart + kBudgetDay), BudgetVerdict::Send);
}

TEST(MailBudget, ThreeInAnyThirtyDays) {
    MailBudget budget;
    for (int day = 0; day < 3; ++day) {
        const Time now = kStart + day * kBudgetDay;
        ASSERT_EQ(check_budget(budget, now), BudgetVerdict::Send);
        budget = after_sending(budget, now);
    }
    EXPECT_EQ(check_budget(budget, kStart + 3 * kBudgetDay), BudgetVerdict::SentThrice);
    EXPECT_EQ(check_budget(budget, kStart + kBudgetMonth - Milliseconds(1)),
              BudgetVerdict::SentThrice);
    EXPECT_EQ(check_budget(budget, kStart + kBudgetMonth), BudgetVerdict::Send);
}

TEST(MailBudget, ABlockEndsWhenItSays) {
    MailBudget budget;
    budget.blocked_until = kStart + kNotMeBlock;
    EXPECT_EQ(check_budget(budget, kStart + kNotMeBlock - Milliseconds(1)), BudgetVerdict::Blocked);
    EXPECT_EQ(check_budget(budget, kStart + kNotMeBlock), BudgetVerdict::Send);
}

TEST(MailBudget, HoldsInEveryWindowForAnyTraffic) {
    const char* given = std::getenv("TOCSIN_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261124;
    SCOPED_TRACE(fmt::format("TOCSIN_SEED={}", seed));
    SeededRandom random(seed);
    MailBudget budget;
    std::deque<Time> sent;
    Time now = kStart;
    for (int i = 0; i < 20'000; ++i) {
        now += Milliseconds(random.below(12 * 3'600'000));
        if (check_budget(budget, now) == BudgetVerdict::Send) {
            budget = after_sending(budget, now);
            sent.push_back(now);
        }
    }
    ASSERT_GT(sent.size(), 100U);
    for (std::size_t i = 1; i < sent.size(); ++i) {
        EXPECT_GE(sent[i] - sent[i - 1], kBudgetDay);
        EXPECT_TRUE(i < 3 || sent[i] - sent[i - 3] >= kBudgetMonth);
    }
}

}  // namespace
}  // namespace tocsin::model
