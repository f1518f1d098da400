#include "store/terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/alerts.h"
#include "store/delivery.h"
#include "store/lists.h"
#include "store/outbox.h"
#include "store/subscribers.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

using testing::ElementsAre;

class Terms : public EachEngineVerbs {
  protected:
    void SetUp() override {
        EachEngineVerbs::SetUp();
        if (!IsSkipped()) {
            france_ = insert_list(*db_, "france", "France", "", now_)->id;
            japan_ = insert_list(*db_, "japan", "Japan", "", now_)->id;
        }
    }
    SubscriberId reader(const std::string& name, const std::vector<ListId>& lists) {
        NewSubscriber row;
        row.address = name + "@x.example";
        row.address_key = row.address;
        row.domain = "x.example";
        row.subject = name + std::string(16 - name.size(), '.');
        row.salt = std::string(32, 's');
        row.locale = "en";
        row.created_at = now_;
        const SubscriberId id = *insert_subscriber(*db_, row);
        for (const ListId list : lists) {
            set_active(*db_, id, list, now_);
        }
        return id;
    }
    AlertId alert(const std::string& headline, AlertId of = {}) {
        model::AlertContent content;
        content.kind = of.valid() ? model::AlertKind::Update : model::AlertKind::Alert;
        content.of = of;
        content.headline = headline;
        content.lists = {france_};
        content.nonce = std::string(32, '0');
        return insert_alert(*db_, {content, "ann", now_});
    }
    OutboxId digest(SubscriberId reader) {
        return insert_outbox(*db_, {.mail_from = "a@news.example",
                                    .rcpt_to = "r@x.example",
                                    .smtputf8 = false,
                                    .message = "digest",
                                    .now = now_,
                                    .not_after = now_ + Seconds(600),
                                    .not_before = {},
                                    .digest_of = reader});
    }
    std::vector<std::int64_t> due(SubscriberId reader) {
        std::vector<std::int64_t> out;
        for (const HeldAlert& held : due_alerts(*db_, reader, now_)) {
            out.push_back(held.alert.value());
        }
        return out;
    }

    ListId france_, japan_;
};
INSTANTIATE_TEST_SUITE_P(Each, Terms, kEngines, engine_name);

TEST_P(Terms, AreKeptAsTheyWereChosen) {
    const SubscriberId ann = reader("ann", {france_});
    EXPECT_FALSE(find_terms(*db_, ann));
    model::ReaderTerms terms{"Europe/Paris", 3, 450, model::QuietHours{1'320, 420}};
    set_terms(*db_, ann, terms);
    EXPECT_EQ(find_terms(*db_, ann), terms);
    terms.quiet.reset();
    set_terms(*db_, ann, terms);
    EXPECT_EQ(find_terms(*db_, ann), terms);
    set_frequency(*db_, ann, france_, model::Frequency::Digest);
    EXPECT_EQ(subscriptions_of(*db_, ann)[0].frequency, model::Frequency::Digest);
}

TEST_P(Terms, ComeWithTheRecipientAndOfTwoListsTheMoreGenerousCounts) {
    const SubscriberId ann = reader("ann", {france_, japan_});
    const SubscriberId bob = reader("bob", {france_});
    set_terms(*db_, ann, {});
    set_frequency(*db_, ann, france_, model::Frequency::Digest);
    set_frequency(*db_, ann, japan_, model::Frequency::Biggest);
    const auto rows = load_recipients(*db_, {ann, bob}, {france_, japan_});
    ASSERT_EQ(rows.size(), 2U);
    for (const RecipientRow& row : rows) {
        EXPECT_EQ(row.terms.has_value(), row.subscriber == ann);
        EXPECT_EQ(row.frequencies.most_generous(model::Priority::Normal),
                  row.subscriber == ann ? model::Frequency::Digest : model::Frequency::Every);
    }
}

TEST_P(Terms, WhoHasAListThatIsLeftOutGetsNothing) {
    const SubscriberId ann = reader("ann", {france_});
    const SubscriberId bob = reader("bob", {france_, japan_});
    set_left(*db_, reader("eve", {france_, japan_}), japan_, now_);
    const model::AudienceLists but_japan({france_}, {japan_});
    EXPECT_EQ(count_audience(*db_, but_japan), 2U);
    EXPECT_EQ(load_recipients(*db_, {ann, bob}, but_japan).size(), 1U);
    std::vector<SubscriberId> active;
    for_each_active(*db_, but_japan,
                    [&](const ActiveRow& row) { active.push_back(row.subscriber); });
    EXPECT_EQ(active.size(), 2U);
    EXPECT_THAT(active, testing::Not(testing::Contains(bob)));
}

TEST_P(Terms, AStoryIsMutedWithAllItsUpdates) {
    const SubscriberId ann = reader("ann", {france_});
    const AlertId fire = alert("Fire");
    const AlertId more = alert("Fire, more", alert("Fire, again", fire));
    EXPECT_EQ(story_of(*db_, more), fire);
    set_muted(*db_, ann, fire, Mute::On, now_);
    set_muted(*db_, ann, fire, Mute::On, now_ + Seconds(1));
    EXPECT_THAT(muted_by(*db_, fire, {ann}), ElementsAre(ann));
    ASSERT_EQ(muted_stories(*db_, ann).size(), 1U);
    EXPECT_EQ(muted_stories(*db_, ann)[0].headline, "Fire");
    set_muted(*db_, ann, fire, Mute::Off, now_);
    EXPECT_TRUE(muted_by(*db_, fire, {ann}).empty());
}

TEST_P(Terms, AnAlertCountsOnceADayHoweverOftenItIsDecided) {
    const SubscriberId ann = reader("ann", {france_});
    note_sent(*db_, ann, 20'000, AlertId(1));
    note_sent(*db_, ann, 20'000, AlertId(1));
    note_sent(*db_, ann, 20'001, AlertId(2));
    EXPECT_EQ(sent_on(*db_, ann, 20'000, AlertId(9)), 1);
    EXPECT_EQ(sent_on(*db_, ann, 20'000, AlertId(1)), 0);
}

TEST_P(Terms, WhatIsHeldIsDueOnceAndForgottenWithTheReader) {
    const SubscriberId ann = reader("ann", {france_});
    const AlertId one = alert("One");
    hold_alerts(*db_, {{ann, one, france_, now_}, {ann, alert("Two"), france_, now_ + Seconds(9)}});
    hold_alerts(*db_, {{ann, one, france_, now_ + Seconds(99)}});
    EXPECT_THAT(due_digests(*db_, now_, 10), ElementsAre(ann));
    EXPECT_THAT(due(ann), ElementsAre(one.value()));
    EXPECT_EQ(count_held(*db_, one), 1);
    delete_subscriber(*db_, ann);
    EXPECT_TRUE(due_digests(*db_, now_ + Seconds(99), 10).empty());
}

TEST_P(Terms, ADigestThatWaitsIsTakenBackAndOneOnTheWireIsNot) {
    const SubscriberId ann = reader("ann", {france_});
    const AlertId one = alert("One");
    const std::vector<HeldAlert> held = {{ann, one, france_, now_}};
    note_digest(*db_, held, digest(ann), now_);
    EXPECT_EQ(count_digests_queued(*db_), 1);
    take_back_digests_with(*db_, one, now_);
    EXPECT_EQ(count_digests_queued(*db_), 0);
    EXPECT_THAT(due(ann), ElementsAre(one.value()));

    forget_held(*db_, ann, held);
    note_digest(*db_, held, digest(ann), now_);
    ASSERT_EQ(claim_outbox(*db_, {"a-1", now_, now_ + Seconds(60)}, 10).size(), 1U);
    take_back_digests_of(*db_, ann, now_);
    EXPECT_TRUE(due(ann).empty());
    EXPECT_EQ(count_digests_queued(*db_), 1);
    hold_alerts(*db_, held);  // it is decided again after a crash
    EXPECT_TRUE(due(ann).empty());
}

TEST_P(Terms, ADigestThatMayHaveArrivedIsNotTriedAgainAndCountsAsRead) {
    const SubscriberId ann = reader("ann", {france_});
    const AlertId one = alert("One");
    note_digest(*db_, {{ann, one, france_, now_}}, digest(ann), now_);
    const auto claimed = claim_outbox(*db_, {"a-1", now_, now_ + Seconds(60)}, 10);
    ASSERT_EQ(claimed.size(), 1U);
    defer_outbox(*db_, claimed[0].id, now_ + Seconds(5), "lost", OutboxAttempt::MaybeSent);
    take_back_digests_with(*db_, one, now_ + Seconds(1));
    EXPECT_TRUE(due(ann).empty());
    EXPECT_TRUE(claim_outbox(*db_, {"a-1", now_ + Seconds(9), now_ + Seconds(60)}, 10).empty());
    expire_outbox(*db_, now_ + Seconds(9));
    EXPECT_EQ(digest_readers(*db_, one).size(), 1U);
}

TEST_P(Terms, AClaimedDigestDoesNotExpireUnderItsHolder) {
    const SubscriberId ann = reader("ann", {france_});
    const AlertId one = alert("One");
    note_digest(*db_, {{ann, one, france_, now_}}, digest(ann), now_);
    const auto claimed = claim_outbox(*db_, {"a-1", now_, now_ + Seconds(60)}, 10);
    ASSERT_EQ(claimed.size(), 1U);
    take_back_digests_with(*db_, one, now_);
    expire_outbox(*db_, now_ + Seconds(1));
    return_digest(*db_, claimed[0].id, now_);
    EXPECT_THAT(due(ann), ElementsAre(one.value()));
    EXPECT_EQ(count_digests_queued(*db_), 0);
}

TEST_P(Terms, ADigestThatWasNeverTriedInItsTimeIsDueAgain) {
    const SubscriberId ann = reader("ann", {france_});
    const AlertId one = alert("One");
    note_digest(*db_, {{ann, one, france_, now_}}, digest(ann), now_);
    expire_outbox(*db_, now_ + Seconds(7'000));
    EXPECT_EQ(due_digests(*db_, now_ + Seconds(7'000), 10).size(), 1U);
}

TEST_P(Terms, WhomADigestReachedIsKnownForCorrections) {
    const SubscriberId ann = reader("ann", {france_});
    const SubscriberId bob = reader("bob", {france_});
    const AlertId one = alert("One");
    const OutboxId sent = digest(ann);
    const OutboxId refused = digest(bob);
    note_digest(*db_, {{ann, one, france_, now_}}, sent, now_);
    note_digest(*db_, {{bob, one, france_, now_}}, refused, now_);
    finish_outbox(*db_, sent, OutboxOutcome::Sent, "250", now_);
    finish_outbox(*db_, refused, OutboxOutcome::Failed, "550", now_);
    const auto readers = digest_readers(*db_, one);
    ASSERT_EQ(readers.size(), 1U);
    EXPECT_EQ(readers[0].subscriber, ann);
    tidy_terms(*db_, now_ + std::chrono::hours(24 * 31));
    EXPECT_TRUE(digest_readers(*db_, one).empty());
}

}  // namespace
}  // namespace tocsin::store
