#include "store/outbox.h"

#include <gtest/gtest.h>

#include "store/delivery.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

class Outbox : public EachEngineVerbs {
  protected:
    OutboxId put(const std::string& to, Seconds life = Seconds(600)) {
        return insert_outbox(
            *db_,
            {"alerts@news.example", to, false, "message to " + to, now_, now_ + life, {}, {}});
    }
    std::vector<OutboxMail> claim(int limit = 10) {
        return claim_outbox(*db_, {"a-1", now_, now_ + Seconds(60)}, limit);
    }
    std::string column(OutboxId id, const std::string& name) {
        return db_->first("SELECT " + name + " FROM outbox WHERE id = $1", {id})->text(0);
    }
};
INSTANTIATE_TEST_SUITE_P(Each, Outbox, kEngines, engine_name);

TEST_P(Outbox, DigestsComeLastOrNotAtAll) {
    insert_outbox(*db_, {.mail_from = "alerts@news.example",
                         .rcpt_to = "digest@x.example",
                         .smtputf8 = false,
                         .message = "digest",
                         .now = now_,
                         .not_after = now_ + Seconds(600),
                         .not_before = {},
                         .digest_of = SubscriberId(7)});
    put("confirm@x.example");
    EXPECT_EQ(claim_outbox(*db_, {"a-1", now_, now_ + Seconds(1), Digests::Leave}, 10).size(), 1U);
    const auto both = claim_outbox(*db_, {"a-1", now_ + Seconds(2), now_ + Seconds(60)}, 10);
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(both[0].rcpt_to, "confirm@x.example");
    EXPECT_FALSE(both[0].digest_of.valid());
    EXPECT_EQ(both[1].rcpt_to, "digest@x.example");
    EXPECT_EQ(both[1].digest_of, SubscriberId(7));
}

TEST_P(Outbox, GivesEachMailToOneClaimOldestFirst) {
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

TEST_P(Outbox, AClaimThatWasNotFinishedRunsOut) {
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

TEST_P(Outbox, DeferredMailComesAgainWhenDue) {
    const OutboxId id = put("a@x.example");
    (void)claim();
    defer_outbox(*db_, id, now_ + Seconds(5), "451 later");
    EXPECT_EQ(column(id, "reply"), "451 later");
    now_ += Seconds(5);
    EXPECT_EQ(claim().at(0).attempts, 2);
    defer_outbox(*db_, id, now_, "421 slow down", OutboxAttempt::DoesNotCount);
    EXPECT_EQ(claim().at(0).attempts, 2);
}

TEST_P(Outbox, WhatIsFinishedForgetsItsMessageAndStaysFinished) {
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

// Servers answer in whatever bytes they like, and PostgreSQL keeps UTF-8 only.
TEST_P(Outbox, KeepsRepliesThatAreNoUtf8) {
    const OutboxId id = put("a@x.example");
    defer_outbox(*db_, id, now_, "451 sp\xE4ter");
    EXPECT_EQ(column(id, "reply"), "451 sp?ter");
    finish_outbox(*db_, id, OutboxOutcome::Sent, std::string_view("250 \xC3\xB6k\0", 8), now_);
    EXPECT_EQ(column(id, "reply"), "250 \xC3\xB6k?");
}

TEST_P(Outbox, HurriesWhatWaits) {
    const OutboxId id = put("a@x.example");
    defer_outbox(*db_, id, now_ + Seconds(500), "451 later");
    EXPECT_TRUE(claim().empty());
    hurry_outbox(*db_, now_);
    EXPECT_EQ(claim().size(), 1U);
}

TEST_P(Outbox, ExpiresAtNotAfterNotBefore) {
    const OutboxId id = put("a@x.example", Seconds(10));
    now_ += Seconds(10) - Milliseconds(1);
    EXPECT_EQ(expire_outbox(*db_, now_), 0);
    now_ += Milliseconds(1);
    EXPECT_TRUE(claim().empty());  // nor is it sent any more
    EXPECT_EQ(expire_outbox(*db_, now_), 1);
    EXPECT_EQ(column(id, "state"), "expired");
}

TEST_P(Outbox, ForgetsAnAddress) {
    put("a@x.example");
    put("b@x.example");
    delete_outbox_to(*db_, "a@x.example");
    ASSERT_EQ(claim().size(), 1U);
}

}  // namespace
}  // namespace tocsin::store
