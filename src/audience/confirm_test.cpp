#include "audience/audience_fixture.h"
#include "model/mail_budget.h"

namespace tocsin::audience {
namespace {

using std::chrono::hours;
using Events = std::vector<std::string>;

class Confirm : public AudienceTest {
  protected:
    std::string signed_up(const std::string& address, const std::string& list = "breaking") {
        EXPECT_TRUE(sign_up(address, list));
        return token_in(outbox().back().message, "/c/");
    }
    Result<Confirmed> press(const std::string& token, std::vector<ListId> also = {}) {
        return finish(audience_->confirm(token, evidence(), std::move(also)));
    }
};

TEST_F(Confirm, TheButtonMakesTheSubscriptionActive) {
    const std::string token = signed_up("ann@paper.example");
    clock_.advance(hours(1));
    const auto confirmed = press(token);
    ASSERT_TRUE(confirmed);
    EXPECT_EQ(confirmed->list_name, "Breaking news");
    EXPECT_EQ(confirmed->list_slug, "breaking");
    EXPECT_EQ(state("ann@paper.example"), "active");
    EXPECT_EQ(record("ann@paper.example").subscriptions[0].confirmed_at, clock_.now());
    EXPECT_EQ(events("ann@paper.example").back(), "confirmed alerts breaking");
    // The links that the page offers work.
    const auto skip = settings_.public_url.size() + 3;
    EXPECT_TRUE(finish(audience_->preferences(confirmed->manage_url.substr(skip))));
    EXPECT_TRUE(finish(audience_->unsubscribe_view(confirmed->unsubscribe_url.substr(skip))));
}

TEST_F(Confirm, LookingChangesNothing) {
    const std::string token = signed_up("ann@paper.example");
    for (int i = 0; i < 3; ++i) {
        const auto view = finish(audience_->confirm_view(token));
        ASSERT_TRUE(view);
        EXPECT_EQ(view->address, "a***@paper.example");
        EXPECT_EQ(view->list_name, "Breaking news");
        EXPECT_EQ(view->marketing, Marketing::Declined);
        EXPECT_FALSE(view->done);
    }
    EXPECT_EQ(state("ann@paper.example"), "pending");
}

TEST_F(Confirm, PressingTwiceIsPressingOnce) {
    const std::string token = signed_up("ann@paper.example");
    ASSERT_TRUE(press(token));
    const Events before = events("ann@paper.example");
    ASSERT_TRUE(press(token));
    EXPECT_EQ(events("ann@paper.example"), before);
    EXPECT_TRUE(finish(audience_->confirm_view(token))->done);
}

TEST_F(Confirm, ExpiresAfterThreeDays) {
    const std::string token = signed_up("ann@paper.example");
    clock_.advance(hours(72) - Seconds(1));
    EXPECT_TRUE(finish(audience_->confirm_view(token)));
    clock_.advance(Seconds(1));
    EXPECT_EQ(press(token).error().kind(), ErrorKind::Expired);
    EXPECT_EQ(state("ann@paper.example"), "pending");
}

TEST_F(Confirm, ForgedTokensAndThoseOfOtherPurposesOpenNothing) {
    const std::string token = signed_up("ann@paper.example");
    for (std::size_t i = 0; i < token.size(); ++i) {
        std::string forged = token;
        forged[i] = forged[i] == 'A' ? 'B' : 'A';
        if (forged != token) {
            EXPECT_EQ(press(forged).error().kind(), ErrorKind::Invalid) << i;
        }
    }
    EXPECT_FALSE(press(""));
    EXPECT_FALSE(press(manage_token("ann@paper.example")));
    EXPECT_FALSE(press(unsubscribe_token("ann@paper.example", news_)));
    EXPECT_FALSE(press(token_in(outbox().back().message, "/n/")));
    EXPECT_FALSE(finish(audience_->unsubscribe(token, evidence())));
    EXPECT_FALSE(finish(audience_->preferences(token)));
    EXPECT_EQ(state("ann@paper.example"), "pending");
}

TEST_F(Confirm, AnOldLinkDoesNotBringBackWhoLeft) {
    const std::string token = signed_up("ann@paper.example");
    ASSERT_TRUE(press(token));
    ASSERT_TRUE(
        finish(audience_->unsubscribe(unsubscribe_token("ann@paper.example", news_), evidence())));
    EXPECT_EQ(press(token).error().kind(), ErrorKind::Expired);
    EXPECT_EQ(finish(audience_->confirm_view(token)).error().kind(), ErrorKind::Expired);
    EXPECT_EQ(state("ann@paper.example"), "left");
    // Signed up again the same day: no second mail may go, but the first one's link serves.
    ASSERT_TRUE(sign_up("ann@paper.example"));
    EXPECT_EQ(outbox().size(), 1U);
    ASSERT_TRUE(press(token));
    EXPECT_EQ(state("ann@paper.example"), "active");
}

TEST_F(Confirm, OffersTheOtherListsThatWereAskedFor) {
    const std::string token = signed_up("ann@paper.example");
    ASSERT_TRUE(sign_up("ann@paper.example", "sport"));  // the same day: no mail of its own
    EXPECT_EQ(outbox().size(), 1U);
    const auto view = finish(audience_->confirm_view(token));
    ASSERT_EQ(view->also_pending.size(), 1U);
    EXPECT_EQ(view->also_pending[0], std::pair(sport_, std::string("Sport")));
    ASSERT_TRUE(press(token));
    EXPECT_EQ(state("ann@paper.example", "sport"), "pending");  // not ticked
    ASSERT_TRUE(press(token, {sport_, ListId(999)}));
    EXPECT_EQ(state("ann@paper.example", "sport"), "active");
}

TEST_F(Confirm, NothingComesOfASuppressedOrErasedReader) {
    const std::string token = signed_up("ann@paper.example");
    ASSERT_TRUE(
        finish(audience_->suppress("ann@paper.example", SuppressionReason::Operator, evidence())));
    EXPECT_EQ(press(token).error().kind(), ErrorKind::Expired);
    ASSERT_TRUE(finish(audience_->lift_suppression("ann@paper.example")));
    ASSERT_TRUE(press(token));
    ASSERT_TRUE(finish(audience_->erase_by_address("ann@paper.example", evidence())));
    EXPECT_EQ(press(token).error().kind(), ErrorKind::Expired);
}

class NotMe : public Confirm {};

TEST_F(NotMe, BlocksConfirmationsForAYear) {
    ASSERT_TRUE(sign_up("ann@paper.example"));
    const std::string token = token_in(outbox().back().message, "/n/");
    EXPECT_EQ(finish(audience_->not_me_view(token))->address, "a***@paper.example");
    EXPECT_EQ(state("ann@paper.example"), "pending");  // looking changes nothing
    ASSERT_TRUE(finish(audience_->not_me(token, evidence())));
    ASSERT_TRUE(finish(audience_->not_me(token, evidence())));
    EXPECT_EQ(state("ann@paper.example"), "left");
    EXPECT_EQ(events("ann@paper.example").back(), "withdrawn alerts breaking");
    for (int month = 0; month < 12; ++month) {
        ASSERT_TRUE(sign_up("ann@paper.example"));
        clock_.advance(hours(30 * 24));
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM outbox"), 1);
    clock_.advance(hours(5 * 24));
    ASSERT_TRUE(sign_up("ann@paper.example"));
    EXPECT_EQ(count("SELECT COUNT(*) FROM outbox"), 2);
}

TEST_F(NotMe, AStrangerWhoSaidSoIsForgottenAndSentNoLink) {
    ASSERT_TRUE(sign_up("victim@paper.example"));
    ASSERT_TRUE(sign_up("victim@paper.example", "sport"));
    const std::string token = token_in(outbox().back().message, "/n/");
    ASSERT_TRUE(finish(audience_->not_me(token, evidence())));
    ASSERT_TRUE(finish(audience_->request_manage_link("victim@paper.example")));
    EXPECT_EQ(outbox().size(), 1U);
    clock_.advance(hours(7 * 24) + Seconds(1));
    ASSERT_TRUE(finish(audience_->tidy()));
    EXPECT_FALSE(known("victim@paper.example"));
    EXPECT_EQ(count("SELECT COUNT(*) FROM consent_event WHERE type = 'erased'"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM outbox"), 0);
    ASSERT_TRUE(sign_up("victim@paper.example"));  // the stranger, once more
    EXPECT_FALSE(known("victim@paper.example"));
}

TEST_F(NotMe, ThePageIsInTheReadersLanguage) {
    ASSERT_TRUE(sign_up("ann@paper.example"));
    execute("UPDATE subscriber SET locale = 'de'");
    EXPECT_EQ(finish(audience_->not_me_view(token_in(outbox().back().message, "/n/")))->locale,
              "de");
}

TEST_F(NotMe, LeavesConfirmedListsAlone) {
    subscribe("ann@paper.example");
    clock_.advance(hours(24));
    ASSERT_TRUE(sign_up("ann@paper.example", "sport"));  // a stranger
    const std::string token = token_in(outbox().back().message, "/n/");
    ASSERT_TRUE(finish(audience_->not_me(token, evidence())));
    EXPECT_EQ(state("ann@paper.example"), "active");
    EXPECT_EQ(state("ann@paper.example", "sport"), "left");
    EXPECT_FALSE(*finish(audience_->is_suppressed("ann@paper.example")));
    const std::size_t mails = outbox().size();
    ASSERT_TRUE(finish(audience_->request_manage_link("ann@paper.example")));
    EXPECT_EQ(outbox().size(), mails + 1);
    ASSERT_TRUE(
        finish(audience_->unsubscribe(unsubscribe_token("ann@paper.example", news_), evidence())));
    clock_.advance(hours(30 * 24));
    ASSERT_TRUE(finish(audience_->tidy()));
    EXPECT_TRUE(known("ann@paper.example"));  // who left is remembered: they were a reader
}

TEST_F(NotMe, NeedsItsOwnToken) {
    const std::string token = signed_up("ann@paper.example");
    EXPECT_FALSE(finish(audience_->not_me(token, evidence())));
    EXPECT_FALSE(finish(audience_->not_me_view(token)));
    EXPECT_EQ(state("ann@paper.example"), "pending");
}

}  // namespace
}  // namespace tocsin::audience
