#include "store/suppression.h"

#include <gtest/gtest.h>

#include "store/test_database.h"

namespace tocsin::store {
namespace {

class Suppression : public EachEngineVerbs {};
INSTANTIATE_TEST_SUITE_P(Each, Suppression, kEngines, engine_name);

TEST_P(Suppression, IsKeptOnceAndLifted) {
    const std::string hmac("\0\xff hmac", 7);
    EXPECT_FALSE(any_suppression(*db_));
    suppress(*db_, hmac, "bounced", now_);
    suppress(*db_, hmac, "operator", now_);
    EXPECT_EQ(suppression_reason(*db_, hmac), "bounced");
    EXPECT_EQ(suppression_reason(*db_, "other"), std::nullopt);
    EXPECT_TRUE(any_suppression(*db_));
    EXPECT_TRUE(lift_suppression(*db_, hmac));
    EXPECT_FALSE(lift_suppression(*db_, hmac));
}

TEST_P(Suppression, BudgetsRememberTheirMails) {
    EXPECT_EQ(mail_budget(*db_, "key").sent_1, std::nullopt);
    model::MailBudget budget;
    budget.sent_1 = now_;
    set_mail_budget(*db_, "key", budget);
    budget.sent_2 = budget.sent_1;
    budget.sent_1 = now_ + Seconds(1);
    budget.blocked_until = now_ + Seconds(9);
    set_mail_budget(*db_, "key", budget);
    const model::MailBudget kept = mail_budget(*db_, "key");
    EXPECT_EQ(kept.sent_1, now_ + Seconds(1));
    EXPECT_EQ(kept.sent_2, now_);
    EXPECT_EQ(kept.sent_3, std::nullopt);
    EXPECT_EQ(kept.blocked_until, now_ + Seconds(9));
}

TEST_P(Suppression, SignUpsAreCountedByDay) {
    count_signup(*db_, now_);
    count_signup(*db_, now_);
    count_signup(*db_, now_ + Seconds(86'400));
    const auto days = db_->query("SELECT attempts FROM signup_day ORDER BY day", {});
    ASSERT_EQ(days.size(), 2U);
    EXPECT_EQ(days[0].integer(0), 2);
}

}  // namespace
}  // namespace tocsin::store
