#include "store/outbox.h"

#include <gtest/gtest.h>

#include "store/migrate.h"
#include "store/sqlite.h"

namespace tocsin::store {
namespace {

class Outbox : public testing::Test {
  protected:
    Outbox() : db_(*Sqlite::open(":memory:")) {
        EXPECT_TRUE(migrate(*db_, embedded_migrations(), now_));
    }
    OutboxId put(const std::string& to, Seconds life = Seconds(600)) {
        return insert_outbox(
            *db_, {"alerts@news.example", to, false, "message to " + to, now_, now_ + life});
    }
    std::vector<OutboxMail> claim(int limit = 10) {
        return claim_outbox(*db_, now_, now_ + Seconds(60), limit);
    }
    std::string column(OutboxId id, const std::string& name) {
        return db_->first("SELECT " + name + " FROM outbox WHERE id = $1", {id})->text(0);
    }

    Time now_ = from_ms(1'700'000'000'000);
    std::unique_ptr<Sqlite> db_;
};

TEST_F(Outbox, GivesEachMailToOneClaimOldestFirst) {
    put("a@x.example");
    put("b@x.example");
    put("c@x.example");
    const auto first = claim(2);
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0].rcpt_to, "a@x.example");
    EXPECT_EQ(first[0].message, "message to a@x.example");
    EXPECT_EQ(first[0].attempts, 1);
    EXPECT_EQ(first[1].rcpt_to, "b@x.example");
    ASSERT_EQ(claim().size(), 1U);
    EXPECT_TRUE(claim().empty());
    EXPECT_EQ(count_outbox_queued(*db_), 3);
}

TEST_F(Outbox, AClaimThatWasNotFinishedRunsOut) {
    put("a@x.example");
    ASSERT_EQ(claim().size(), 1U);
    EXPECT_EQ(next_outbox_due(*db_), now_ + Seconds(60));
    now_ += Seconds(59);
    EXPECT_TRUE(claim().empty());
    now_ += Seconds(1);
    const auto again = claim();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].attempts, 2);
    EXPECT_EQ(again[0].message, "message to a@x.example");
}

TEST_F(Outbox, DeferredMailComesAgainWhenDue) {
    const OutboxId id = put("a@x.example");
    (void)claim();
    defer_outbox(*db_, id, now_ + Seconds(5), "451 later");
    EXPECT_EQ(column(id, "reply"), "451 later");
    now_ += Seconds(5);
    EXPECT_EQ(claim().at(0).attempts, 2);
    defer_outbox(*db_, id, now_, "421 slow down", OutboxAttempt::DoesNotCount);
    EXPECT_EQ(claim().at(0).attempts, 2);
}

TEST_F(Outbox, WhatIsFinishedForgetsItsMessageAndStaysFinished) {
    const OutboxId id = put("a@x.example");
    (void)claim();
    finish_outbox(*db_, id, OutboxOutcome::Sent, "250 ok", now_);
    finish_outbox(*db_, id, OutboxOutcome::Failed, "550 no", now_);
    defer_outbox(*db_, id, now_, "451 later");
    EXPECT_EQ(column(id, "state"), "sent");
    EXPECT_EQ(column(id, "reply"), "250 ok");
    EXPECT_EQ(db_->first("SELECT LENGTH(message) FROM outbox")->integer(0), 0);
    EXPECT_EQ(next_outbox_due(*db_), std::nullopt);
    EXPECT_EQ(purge_outbox(*db_, now_), 0);
    EXPECT_EQ(purge_outbox(*db_, now_ + Milliseconds(1)), 1);
}

TEST_F(Outbox, ExpiresAtNotAfterNotBefore) {
    const OutboxId id = put("a@x.example", Seconds(10));
    now_ += Seconds(10) - Milliseconds(1);
    EXPECT_EQ(expire_outbox(*db_, now_), 0);
    now_ += Milliseconds(1);
    EXPECT_TRUE(claim().empty());  // nor is it sent any more
    EXPECT_EQ(expire_outbox(*db_, now_), 1);
    EXPECT_EQ(column(id, "state"), "expired");
}

TEST_F(Outbox, ForgetsAnAddress) {
    put("a@x.example");
    put("b@x.example");
    delete_outbox_to(*db_, "a@x.example");
    ASSERT_EQ(claim().size(), 1U);
}

}  // namespace
}  // namespace tocsin::store
