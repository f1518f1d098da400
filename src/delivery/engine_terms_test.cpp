// The reader's own terms, on the real engine: who gets the alert now is who should, everyone else
// is accounted for, and corrections go to whom a digest told.
#include <gtest/gtest.h>

#include "delivery/engine_fixture.h"
#include "store/outbox.h"
#include "store/terms.h"

namespace tocsin::delivery {
namespace {

using testing::HasSubstr;

class TermsNewsroom : public Newsroom {
  protected:
    TermsNewsroom() { list_ = add_list("news"); }

    void chosen(SubscriberId reader, const model::ReaderTerms& terms,
                model::Frequency frequency = model::Frequency::Every) {
        store_
            ->run([&](store::Database& db) -> Status {
                store::set_terms(db, reader, terms);
                store::set_frequency(db, reader, list_, frequency);
                return {};
            })
            .value();
    }
    std::vector<std::string> sent_to() {
        std::vector<std::string> out;
        for (const auto& [rcpt, messages] : server_.by_recipient()) {
            out.push_back(rcpt);
        }
        return out;
    }
    // How the reader with this number ended.
    std::string reply_of(AlertId alert, int number) {
        for (const LedgerLine& line : lines(alert)) {
            if (line.address.starts_with("reader" + std::to_string(number) + "@")) {
                return line.reply;
            }
        }
        return "not in the ledger";
    }
    std::int64_t held(AlertId alert) {
        return store_
            ->run([&](store::Database& db) -> Result<std::int64_t> {
                return store::count_held(db, alert);
            })
            .value();
    }
    AlertId sent(const Order& order) {
        const AlertId alert = release(order);
        send(alert);
        EXPECT_TRUE(finished(alert));
        EXPECT_THAT(check(alert).problems, testing::IsEmpty());
        return alert;
    }

    ListId list_;
};

TEST_F(TermsNewsroom, WhoAskedToWaitWaitsAndIsAccountedFor) {
    const auto readers = add_readers(list_, 40);
    chosen(readers[1], {}, model::Frequency::Digest);
    chosen(readers[2], {}, model::Frequency::Biggest);
    const model::Zone utc = model::Zone::utc();
    const int now = utc.local(clock_.now()).minute;
    model::ReaderTerms quiet;
    quiet.quiet = model::QuietHours{now, (now + 60) % (24 * 60)};
    chosen(readers[3], quiet);
    start_engine();
    const AlertId alert = sent({.lists = {list_}});
    EXPECT_EQ(status(alert).counts.delivered, 37U);
    EXPECT_EQ(status(alert).counts.suppressed, 3U);
    EXPECT_THAT(reply_of(alert, 1), HasSubstr("digest"));
    EXPECT_THAT(reply_of(alert, 2), HasSubstr("only the biggest"));
    EXPECT_THAT(reply_of(alert, 3), HasSubstr("quiet hours"));
    EXPECT_EQ(held(alert), 2);
}

TEST_F(TermsNewsroom, AMajorAlertReachesThoseWhoWantOnlyTheBiggest) {
    const auto readers = add_readers(list_, 3);
    chosen(readers[1], {}, model::Frequency::Biggest);
    start_engine();
    sent({.lists = {list_}, .priority = model::Priority::Major});
    EXPECT_EQ(server_.count(), 3U);
}

TEST_F(TermsNewsroom, ALimitForTheDayIsKept) {
    const auto readers = add_readers(list_, 6);
    model::ReaderTerms two;
    two.daily_max = 2;
    chosen(readers[0], two);
    start_engine();
    for (int i = 0; i < 4; ++i) {
        sent({.lists = {list_}});
    }
    EXPECT_EQ(server_.by_recipient()["reader0@b.example"].size(), 2U);
    EXPECT_EQ(server_.by_recipient()["reader1@a.example"].size(), 4U);
    clock_.advance(std::chrono::hours(24));
    sent({.lists = {list_}});
    EXPECT_EQ(server_.by_recipient()["reader0@b.example"].size(), 3U);
}

TEST_F(TermsNewsroom, AMutedStoryIsSilentAndItsCorrectionIsNot) {
    const auto readers = add_readers(list_, 3);
    start_engine();
    const AlertId story = sent({.lists = {list_}});
    chosen(readers[0], {});
    store_
        ->run([&](store::Database& db) -> Status {
            store::set_muted(db, readers[0], story, store::Mute::On, clock_.now());
            return {};
        })
        .value();
    sent({.lists = {list_}, .kind = model::AlertKind::Update, .of = story});
    EXPECT_EQ(server_.by_recipient()["reader0@b.example"].size(), 1U);
    sent({.lists = {}, .kind = model::AlertKind::Correction, .of = story});
    EXPECT_EQ(server_.by_recipient()["reader0@b.example"].size(), 2U);
    sent({.lists = {list_}});
    EXPECT_EQ(server_.by_recipient()["reader0@b.example"].size(), 3U);
}

TEST_F(TermsNewsroom, ACorrectionGoesToWhomADigestTold) {
    const auto readers = add_readers(list_, 4);
    chosen(readers[0], {}, model::Frequency::Digest);
    chosen(readers[1], {}, model::Frequency::Digest);
    start_engine();
    const AlertId story = sent({.lists = {list_}});
    EXPECT_EQ(server_.count(), 2U);
    store_
        ->run([&](store::Database& db) -> Status {
            const OutboxId digest =
                store::insert_outbox(db, {.mail_from = "a@paper.example",
                                          .rcpt_to = "reader0@b.example",
                                          .smtputf8 = false,
                                          .message = "Subject: digest\r\n\r\nWhat you missed\r\n",
                                          .now = clock_.now(),
                                          .not_after = clock_.now() + Seconds(600),
                                          .not_before = {},
                                          .digest_of = readers[0]});
            const auto due =
                store::due_alerts(db, readers[0], clock_.now() + std::chrono::hours(48));
            store::forget_held(db, readers[0], due);
            store::note_digest(db, due, digest, clock_.now());
            return {};
        })
        .value();
    engine_->outbox_ready();
    ASSERT_TRUE(wait_until([&] { return server_.count() == 3; }));
    const AlertId correction =
        sent({.lists = {}, .kind = model::AlertKind::Correction, .of = story});
    EXPECT_EQ(status(correction).counts.delivered, 3U);
    EXPECT_EQ(server_.by_recipient()["reader0@b.example"].size(), 2U);
    EXPECT_EQ(server_.by_recipient().count("reader1@a.example"), 0U);
}

class DigestsOnTheirWay : public TermsNewsroom {
  protected:
    // One digest with the story for each; returns it.
    AlertId claimed_digests(const std::vector<SubscriberId>& readers) {
        const AlertId story = release({.lists = {list_}});
        store_
            ->run([&](store::Database& db) -> Status {
                store::set_finished(db, story, clock_.now());
                for (const SubscriberId reader : readers) {
                    const auto row = store::find_subscriber(db, reader);
                    const OutboxId digest = store::insert_outbox(
                        db, {.mail_from = "a@paper.example",
                             .rcpt_to = row->address,
                             .smtputf8 = false,
                             .message = "Subject: digest\r\n\r\nWhat you missed\r\n",
                             .now = clock_.now(),
                             .not_after = clock_.now() + Seconds(6'000),
                             .not_before = {},
                             .digest_of = reader});
                    store::note_digest(db, {{reader, story, list_, clock_.now()}}, digest,
                                       clock_.now());
                }
                return {};
            })
            .value();
        server_.hold(true);
        engine_->outbox_ready();
        EXPECT_TRUE(
            wait_until([&] { return server_.waiting() > 0 && claimed() == readers.size(); }));
        return story;
    }
    std::size_t claimed() {
        return number("SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND node_id <> ''");
    }
    std::size_t waiting_again() { return number("SELECT COUNT(*) FROM held_alert"); }
    std::size_t number(const std::string& sql) {
        return static_cast<std::size_t>(store_
                                            ->run([&](store::Database& db) -> Result<std::int64_t> {
                                                return db.first(sql)->integer(0);
                                            })
                                            .value());
    }
};

TEST_F(DigestsOnTheirWay, WhoLeavesWhileTheirDigestWaitsForAConnectionGetsNone) {
    const auto readers = add_readers(list_, 120);
    start_engine();
    claimed_digests(readers);
    std::set<std::string> on_the_wire;
    const SubscriberId last = readers.back();
    store_
        ->run([&](store::Database& db) -> Status {
            store::set_left(db, last, list_, clock_.now());
            return {};
        })
        .value();
    engine_->exclude(last, list_);
    server_.hold(false);
    ASSERT_TRUE(wait_until([&] { return claimed() == 0; }));
    EXPECT_EQ(server_.by_recipient().count("reader119@c.example"), 0U);
    EXPECT_EQ(server_.count(), 119U);
}

TEST_F(DigestsOnTheirWay, DigestsThatWaitAreGivenBackWhenARetractionComes) {
    const auto readers = add_readers(list_, 150);
    start_engine();
    const AlertId story = claimed_digests(readers);
    store_
        ->run([&](store::Database& db) -> Status {
            store::take_back_digests_with(db, story, clock_.now());
            return {};
        })
        .value();
    const AlertId retraction =
        release({.lists = {}, .kind = model::AlertKind::Retraction, .of = story});
    send(retraction);
    ASSERT_TRUE(wait_until([&] { return waiting_again() > 0; }));
    server_.hold(false);
    ASSERT_TRUE(finished(retraction));
    ASSERT_TRUE(wait_until([&] { return claimed() == 0; }));
    const std::size_t told = server_.count() - status(retraction).counts.delivered;
    EXPECT_EQ(told + waiting_again(), readers.size());
    EXPECT_LT(told, 100U);  // those that were on connections already
    EXPECT_EQ(status(retraction).counts.delivered, readers.size());
}

// As after a kill: the partition is read again, and who was held back is not held twice, nor sent
// to.
TEST_F(TermsNewsroom, WhatWasDecidedIsDecidedAlikeAfterARestart) {
    const auto readers = add_readers(list_, 60);
    for (std::size_t i = 0; i < readers.size(); i += 3) {
        chosen(readers[i], {}, model::Frequency::Digest);
    }
    server_.hold(true);
    start_engine();
    const AlertId alert = release({.lists = {list_}});
    send(alert);
    ASSERT_TRUE(wait_until([&] { return held(alert) == 20 && server_.waiting() > 0; }));
    engine_.reset();
    server_.hold(false);
    clock_.advance(std::chrono::hours(1));
    start_engine();
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(status(alert).counts.suppressed, 20U);
    EXPECT_EQ(held(alert), 20);
    for (const std::string& rcpt : sent_to()) {
        const int number = std::stoi(rcpt.substr(6));
        EXPECT_NE(number % 3, 0) << rcpt;
    }
}

TEST_F(TermsNewsroom, AFrameSpeaksTheReadersLanguage) {
    const auto readers = add_readers(list_, 3);
    store_
        ->run([&](store::Database& db) -> Status {
            store::set_locale(db, readers[0], "de");
            return {};
        })
        .value();
    start_engine();
    sent({.lists = {list_}, .languages = {"en", "de"}});
    const auto mails = server_.by_recipient();
    EXPECT_THAT(mails.at("reader0@b.example")[0], HasSubstr("in de"));
    EXPECT_THAT(mails.at("reader1@a.example")[0], HasSubstr("in en"));
}

}  // namespace
}  // namespace tocsin::delivery
