#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audience/audience_fixture.h"
#include "store/alerts.h"
#include "store/subscribers.h"
#include "store/terms.h"

namespace tocsin::audience {
namespace {

using testing::HasSubstr;
using testing::Not;

class DigestsTest : public AudienceTest {
  protected:
    void SetUp() override {
        subscribe("ann@x.example");
        run([](store::Database& db) { db.execute("DELETE FROM outbox"); });
        ann_ = record("ann@x.example").id;
    }
    void run(const std::function<void(store::Database&)>& change) {
        ASSERT_TRUE(store_->run([&](store::Database& db) -> Status {
            change(db);
            return {};
        }));
    }
    AlertId released(const std::string& headline, model::AlertKind kind = model::AlertKind::Alert,
                     AlertId of = {}) {
        AlertId alert;
        run([&](store::Database& db) {
            model::AlertContent content;
            content.kind = kind;
            content.of = of;
            content.headline = headline;
            content.summary = "Summary of " + headline;
            content.lists = {news_};
            content.nonce = std::string(32, '0');
            alert = store::insert_alert(db, {content, "ann", clock_.now()});
            store::set_released(db, alert, {"compiled", clock_.now(), clock_.now()});
        });
        clock_.advance(Seconds(60));
        return alert;
    }
    void hold(AlertId alert) {
        run([&](store::Database& db) {
            store::hold_alerts(db, {{ann_, alert, news_, clock_.now()}});
        });
    }
    // The digest that leaves now; empty: none does.
    std::string digest() {
        const auto sent = finish(audience_->send_digests());
        EXPECT_TRUE(sent) << sent.error().message();
        std::string message = outbox().empty() ? "" : outbox().back().message;
        for (std::size_t at; (at = message.find("=\r\n")) != std::string::npos;) {
            message.erase(at, 3);
        }
        return message;
    }

    SubscriberId ann_;
};

TEST_F(DigestsTest, WhatWaitedComesInOneMail) {
    hold(released("Fire in the harbour"));
    hold(released("Bridge closed"));
    const int told = outbox_told_;
    const std::string mail = digest();
    EXPECT_EQ(outbox().size(), 1U);
    EXPECT_GT(outbox_told_, told);
    EXPECT_THAT(mail, HasSubstr("Fire in the harbour"));
    EXPECT_THAT(mail, HasSubstr("Summary of Bridge closed"));
    EXPECT_THAT(mail, HasSubstr("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
    EXPECT_THAT(mail, HasSubstr("2 alerts"));
    digest();
    EXPECT_EQ(outbox().size(), 1U);
}

TEST_F(DigestsTest, NothingComesBeforeItsTime) {
    const AlertId fire = released("Fire");
    run([&](store::Database& db) {
        store::hold_alerts(db, {{ann_, fire, news_, clock_.now() + Seconds(600)}});
    });
    EXPECT_EQ(digest(), "");
    clock_.advance(Seconds(600));
    EXPECT_THAT(digest(), HasSubstr("Fire"));
}

TEST_F(DigestsTest, ARetractedStoryIsNotInIt) {
    const AlertId wrong = released("The mayor resigns");
    hold(wrong);
    hold(released("Bridge closed"));
    released("The mayor does not resign", model::AlertKind::Retraction, wrong);
    const std::string mail = digest();
    EXPECT_THAT(mail, Not(HasSubstr("mayor")));
    EXPECT_THAT(mail, HasSubstr("Bridge closed"));
}

TEST_F(DigestsTest, AnUpdateOfARetractedStoryIsNotInItEither) {
    const AlertId wrong = released("Explosion at the port");
    const AlertId update = released("Three dead", model::AlertKind::Update, wrong);
    hold(wrong);
    hold(update);
    ASSERT_THAT(digest(), HasSubstr("Three dead"));
    const AlertId retraction = released("There was none", model::AlertKind::Retraction, wrong);
    run([&](store::Database& db) { store::take_back_digests_with(db, wrong, clock_.now()); });
    EXPECT_TRUE(outbox().empty());
    EXPECT_EQ(digest(), "");
    // What was said of it afterwards is no part of what was wrong.
    hold(released("What went wrong here", model::AlertKind::Update, retraction));
    EXPECT_THAT(digest(), HasSubstr("What went wrong here"));
}

TEST_F(DigestsTest, WhoIsSuppressedGetsNoneEvenIfItWasReady) {
    hold(released("Fire"));
    ASSERT_NE(digest(), "");
    ASSERT_TRUE(
        finish(audience_->suppress("ann@x.example", SuppressionReason::Operator, evidence())));
    EXPECT_TRUE(outbox().empty());
    EXPECT_EQ(digest(), "");
}

TEST_F(DigestsTest, ARetractedStoryAloneIsNoMail) {
    const AlertId wrong = released("The mayor resigns");
    hold(wrong);
    released("Not so", model::AlertKind::Retraction, wrong);
    EXPECT_EQ(digest(), "");
}

TEST_F(DigestsTest, ACorrectedStorySaysWhatItsCorrectionSays) {
    const AlertId wrong = released("Ten hurt in the harbour");
    hold(wrong);
    released("Two hurt in the harbour", model::AlertKind::Correction, wrong);
    const std::string mail = digest();
    EXPECT_THAT(mail, Not(HasSubstr("Ten hurt")));
    EXPECT_THAT(mail, HasSubstr("Two hurt"));
    EXPECT_THAT(mail, HasSubstr("Corrected"));
}

TEST_F(DigestsTest, ACorrectionOfACorrectionIsWhatIsTold) {
    const AlertId ten = released("Ten hurt");
    hold(ten);
    const AlertId two = released("Two hurt", model::AlertKind::Correction, ten);
    const AlertId one = released("One hurt", model::AlertKind::Correction, two);
    EXPECT_THAT(digest(), HasSubstr("One hurt"));
    for (const AlertId told : {ten, two, one}) {
        run([&](store::Database& db) {
            EXPECT_EQ(store::digest_readers(db, told).size(), 1U) << told.value();
        });
    }
}

TEST_F(DigestsTest, OnlyWhoWasToldGetsACorrection) {
    const AlertId stopped = released("Not told");
    hold(stopped);
    hold(released("Told"));
    run([&](store::Database& db) { store::set_stopped(db, stopped, clock_.now()); });
    EXPECT_THAT(digest(), HasSubstr("Told"));
    run([&](store::Database& db) { EXPECT_TRUE(store::digest_readers(db, stopped).empty()); });
}

TEST_F(DigestsTest, ManyLongStoriesStayALetter) {
    for (int i = 0; i < 40; ++i) {
        hold(released("Story " + std::to_string(i) + " " + std::string(120, 'x')));
    }
    digest();
    EXPECT_LT(outbox().back().message.size(), 40'000U);
    EXPECT_THAT(digest(), HasSubstr("Story 39"));
}

TEST_F(DigestsTest, WhoLeavesOneOfTwoListsStillHearsThroughTheOther) {
    run([&](store::Database& db) { store::set_active(db, ann_, sport_, clock_.now()); });
    AlertId both;
    run([&](store::Database& db) {
        model::AlertContent content;
        content.headline = "Both";
        content.lists = {news_, sport_};
        content.nonce = std::string(32, '0');
        both = store::insert_alert(db, {content, "ann", clock_.now()});
        store::set_released(db, both, {"compiled", clock_.now(), clock_.now()});
    });
    hold(both);
    run([&](store::Database& db) { store::set_left(db, ann_, news_, clock_.now()); });
    EXPECT_THAT(digest(), HasSubstr("Both"));
}

TEST_F(DigestsTest, AStoppedStoryIsNotInIt) {
    const AlertId stopped = released("Not to be said");
    hold(stopped);
    run([&](store::Database& db) { store::set_stopped(db, stopped, clock_.now()); });
    EXPECT_EQ(digest(), "");
}

TEST_F(DigestsTest, OfAStoryOnlyTheNewestIsTold) {
    const AlertId fire = released("Fire in the harbour");
    hold(fire);
    hold(released("The fire is out", model::AlertKind::Update, fire));
    const std::string mail = digest();
    EXPECT_THAT(mail, Not(HasSubstr("Fire in the harbour")));
    EXPECT_THAT(mail, HasSubstr("The fire is out"));
}

TEST_F(DigestsTest, WhoLeftGetsNoneEvenIfItWasReady) {
    hold(released("Fire"));
    ASSERT_NE(digest(), "");
    run([&](store::Database& db) { store::set_left(db, ann_, news_, clock_.now()); });
    EXPECT_TRUE(outbox().empty());
    EXPECT_EQ(digest(), "");
}

TEST_F(DigestsTest, ItLooksLikeTheReadersLanguage) {
    run([&](store::Database& db) { store::set_locale(db, ann_, "de"); });
    hold(released("Brand im Hafen"));
    EXPECT_THAT(digest(), HasSubstr("lang=3D\"de\""));
}

TEST_F(DigestsTest, AMutedStoryIsNotInIt) {
    const AlertId fire = released("Fire");
    hold(fire);
    run([&](store::Database& db) {
        store::set_muted(db, ann_, fire, store::Mute::On, clock_.now());
    });
    EXPECT_EQ(digest(), "");
}

}  // namespace
}  // namespace tocsin::audience
