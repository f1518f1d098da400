#include "audience/audience_fixture.h"
#include "mail/mime_reader.h"

namespace tocsin::audience {
namespace {

using std::chrono::hours;
using Events = std::vector<std::string>;

class Leaving : public AudienceTest {
  protected:
    Result<UnsubscribeView> leave(const std::string& token) {
        Evidence one_click;
        one_click.method = model::ConsentMethod::OneClick;
        return finish(audience_->unsubscribe(token, one_click));
    }
};

TEST_F(Leaving, IsAtOnceAndTwiceIsOnce) {
    subscribe("ann@paper.example");
    const std::string token = unsubscribe_token("ann@paper.example", news_);
    const SubscriberId id = record("ann@paper.example").id;
    const auto view = leave(token);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->address, "a***@paper.example");
    EXPECT_EQ(view->list_name, "Breaking news");
    EXPECT_TRUE(view->left);
    EXPECT_EQ(state("ann@paper.example"), "left");
    EXPECT_EQ(left_, (std::vector<Leave>{{id, news_}}));
    const Events before = events("ann@paper.example");
    EXPECT_EQ(before.back(), "withdrawn alerts breaking");
    ASSERT_TRUE(leave(token));
    EXPECT_EQ(events("ann@paper.example"), before);
    EXPECT_EQ(left_.size(), 2U);  // delivery is told again, in case the first did not reach it
}

TEST_F(Leaving, DeliveryIsToldWhenTheLeaveIsDurableAndBeforeTheReader) {
    subscribe("ann@paper.example");
    std::string state_when_told;
    bool answered = false;
    hooks_.on_left = [&](SubscriberId, std::optional<ListId>) {
        EXPECT_FALSE(answered);
        state_when_told = state("ann@paper.example");
    };
    reopen();
    ASSERT_TRUE(leave(unsubscribe_token("ann@paper.example", news_)));
    answered = true;
    EXPECT_EQ(state_when_told, "left");
}

Task<void> note_known(int* known) {
    ++*known;
    co_return;
}

TEST_F(Leaving, TheReaderIsAnsweredWhenAllNodesKnow) {
    subscribe("ann@paper.example");
    int known = 0;
    hooks_.left_is_known = [&known] { return note_known(&known); };
    reopen();
    ASSERT_TRUE(leave(unsubscribe_token("ann@paper.example", news_)));
    EXPECT_EQ(known, 1);
    ASSERT_TRUE(finish(audience_->unsubscribe_view(unsubscribe_token("ann@paper.example", news_))));
    EXPECT_EQ(known, 1);
}

TEST_F(Leaving, OneListLeavesTheOthers) {
    subscribe("ann@paper.example");
    clock_.advance(hours(24));
    subscribe("ann@paper.example", "sport");
    ASSERT_TRUE(leave(unsubscribe_token("ann@paper.example", news_)));
    EXPECT_EQ(state("ann@paper.example"), "left");
    EXPECT_EQ(state("ann@paper.example", "sport"), "active");
    ASSERT_TRUE(leave(unsubscribe_token("ann@paper.example", ListId())));  // no list: all
    EXPECT_EQ(state("ann@paper.example", "sport"), "left");
    EXPECT_EQ(left_.back().list, std::nullopt);
}

TEST_F(Leaving, LookingChangesNothing) {
    subscribe("ann@paper.example");
    const std::string token = unsubscribe_token("ann@paper.example", news_);
    EXPECT_FALSE(finish(audience_->unsubscribe_view(token))->left);
    EXPECT_FALSE(finish(audience_->unsubscribe_view(token))->left);
    EXPECT_EQ(state("ann@paper.example"), "active");
    EXPECT_TRUE(left_.empty());
}

TEST_F(Leaving, NeverExpiresAndAnswersTheErasedAlike) {
    subscribe("ann@paper.example");
    const std::string token = unsubscribe_token("ann@paper.example", news_);
    clock_.advance(hours(24 * 365 * 5));
    EXPECT_TRUE(finish(audience_->unsubscribe_view(token)));
    ASSERT_TRUE(finish(audience_->erase_by_address("ann@paper.example", evidence())));
    const auto view = leave(token);
    ASSERT_TRUE(view);
    EXPECT_TRUE(view->left);
    EXPECT_EQ(view->address, "");
}

TEST_F(Leaving, ForgedTokensAreRefused) {
    subscribe("ann@paper.example");
    std::string token = unsubscribe_token("ann@paper.example", news_);
    token[40] = token[40] == 'A' ? 'B' : 'A';
    EXPECT_EQ(leave(token).error().kind(), ErrorKind::Invalid);
    EXPECT_EQ(state("ann@paper.example"), "active");
}

class Preferences : public AudienceTest {
  protected:
    Result<PreferencesView> change(const std::string& address, std::vector<ListId> lists,
                                   Marketing marketing = Marketing::Declined) {
        PreferencesChange wanted;
        wanted.lists = std::move(lists);
        wanted.marketing = marketing;
        return finish(audience_->change_preferences(manage_token(address), wanted, evidence()));
    }
};

TEST_F(Preferences, ShowsAllListsAndMarketing) {
    subscribe("ann@paper.example", "sport", Marketing::Granted);
    const auto view = finish(audience_->preferences(manage_token("ann@paper.example")));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->address, "ann@paper.example");
    ASSERT_EQ(view->lists.size(), 2U);
    EXPECT_FALSE(view->lists[0].subscribed);
    EXPECT_TRUE(view->lists[1].subscribed);
    EXPECT_EQ(view->marketing, Marketing::Granted);
}

TEST_F(Preferences, JoinsAndLeavesAsTicked) {
    subscribe("ann@paper.example");
    const auto view = change("ann@paper.example", {sport_}, Marketing::Granted);
    ASSERT_TRUE(view);
    EXPECT_FALSE(view->lists[0].subscribed);
    EXPECT_TRUE(view->lists[1].subscribed);
    EXPECT_EQ(state("ann@paper.example"), "left");
    EXPECT_EQ(state("ann@paper.example", "sport"), "active");
    EXPECT_TRUE(marketing("ann@paper.example"));
    Events seen = events("ann@paper.example");
    seen.erase(seen.begin(), seen.begin() + 3);
    EXPECT_EQ(seen,
              (Events{"changed alerts sport", "withdrawn alerts breaking", "changed marketing"}));
    ASSERT_EQ(left_.size(), 1U);
    EXPECT_EQ(left_[0].list, news_);
    // Again the same: nothing happens.
    ASSERT_TRUE(change("ann@paper.example", {sport_}, Marketing::Granted));
    EXPECT_EQ(events("ann@paper.example").size(), 6U);
    EXPECT_EQ(left_.size(), 1U);
}

TEST_F(Preferences, TermsAreChosenAndStayAsTheyWere) {
    subscribe("ann@paper.example");
    const std::string token = manage_token("ann@paper.example");
    PreferencesChange wish;
    wish.lists = {news_, sport_};
    wish.frequencies = {{news_, model::Frequency::Biggest}, {sport_, model::Frequency::Digest}};
    wish.terms = model::ReaderTerms{"Europe/Paris", 3, 450, model::QuietHours{1'320, 420}};
    wish.locale = "fr";
    const auto view = finish(audience_->change_preferences(token, wish, evidence()));
    ASSERT_TRUE(view) << view.error().message();
    EXPECT_EQ(view->terms, *wish.terms);
    EXPECT_EQ(view->lists[0].frequency, model::Frequency::Biggest);
    EXPECT_EQ(view->lists[1].frequency, model::Frequency::Digest);
    EXPECT_EQ(view->locale, "fr");
    // A form that knows nothing of them changes none of it.
    PreferencesChange older;
    older.lists = {news_, sport_};
    const auto after = finish(audience_->change_preferences(token, older, evidence()));
    ASSERT_TRUE(after);
    EXPECT_EQ(after->terms, *wish.terms);
    EXPECT_EQ(after->lists[0].frequency, model::Frequency::Biggest);
}

TEST_F(Preferences, TermsThatNobodyCanMeanChangeNothing) {
    subscribe("ann@paper.example");
    PreferencesChange wish;
    wish.lists = {};
    wish.terms = model::ReaderTerms{"Europe/Atlantis", 0, 450, {}};
    const auto refused =
        finish(audience_->change_preferences(manage_token("ann@paper.example"), wish, evidence()));
    ASSERT_FALSE(refused);
    EXPECT_EQ(state("ann@paper.example"), "active");
}

TEST_F(Preferences, WhoChoosesNothingHasNoTerms) {
    subscribe("ann@paper.example");
    PreferencesChange wish;
    wish.lists = {news_};
    wish.frequencies = {{news_, model::Frequency::Every}};
    wish.terms = model::ReaderTerms{};
    ASSERT_TRUE(
        finish(audience_->change_preferences(manage_token("ann@paper.example"), wish, evidence())));
    const auto rows = store_->run([](store::Database& db) -> Result<std::int64_t> {
        return db.first("SELECT COUNT(*) FROM reader_terms")->integer(0);
    });
    EXPECT_EQ(*rows, 0);
}

TEST_F(Preferences, ASignUpThatWaitsIsNotThrownAwayBySaving) {
    subscribe("ann@paper.example");
    ASSERT_TRUE(sign_up("ann@paper.example", "sport"));
    ASSERT_TRUE(change("ann@paper.example", {news_}));
    EXPECT_EQ(state("ann@paper.example", "sport"), "pending");
    ASSERT_TRUE(change("ann@paper.example", {}));
    EXPECT_EQ(state("ann@paper.example"), "left");
    EXPECT_EQ(state("ann@paper.example", "sport"), "pending");
}

TEST_F(Preferences, LeaveEverything) {
    subscribe("ann@paper.example", "breaking", Marketing::Granted);
    clock_.advance(hours(24));
    ASSERT_TRUE(sign_up("ann@paper.example", "sport"));  // pending
    const auto view =
        finish(audience_->leave_everything(manage_token("ann@paper.example"), evidence()));
    ASSERT_TRUE(view);
    EXPECT_EQ(state("ann@paper.example"), "left");
    EXPECT_EQ(state("ann@paper.example", "sport"), "left");
    EXPECT_FALSE(marketing("ann@paper.example"));
    EXPECT_EQ(left_.size(), 2U);
}

TEST_F(Preferences, AnUnknownListChangesNothing) {
    subscribe("ann@paper.example");
    EXPECT_EQ(change("ann@paper.example", {sport_, ListId(999)}).error().kind(),
              ErrorKind::Invalid);
    EXPECT_EQ(state("ann@paper.example"), "active");
    EXPECT_EQ(state("ann@paper.example", "sport"), "none");
}

TEST_F(Preferences, ASuppressedReaderCanLeaveButNotJoin) {
    subscribe("ann@paper.example");
    ASSERT_TRUE(
        finish(audience_->suppress("ann@paper.example", SuppressionReason::Bounced, evidence())));
    EXPECT_EQ(change("ann@paper.example", {news_, sport_}).error().kind(), ErrorKind::Conflict);
    ASSERT_TRUE(change("ann@paper.example", {}));
    EXPECT_EQ(state("ann@paper.example"), "left");
}

TEST_F(Preferences, LinksExpireAfterADay) {
    subscribe("ann@paper.example");
    const std::string token = manage_token("ann@paper.example");
    clock_.advance(hours(24));
    EXPECT_EQ(finish(audience_->preferences(token)).error().kind(), ErrorKind::Expired);
    EXPECT_EQ(finish(audience_->leave_everything(token, evidence())).error().kind(),
              ErrorKind::Expired);
}

TEST_F(Preferences, TheLinkIsMailedToReadersOnlyAndOnceADay) {
    subscribe("ann@paper.example");
    const std::size_t before = outbox().size();
    for (const char* who : {"ann@paper.example", "nobody@paper.example", "ann@paper.example"}) {
        const auto answer = finish(audience_->request_manage_link(who));
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->kind, SignupAnswer::Kind::Accepted);
    }
    const auto mails = outbox();
    ASSERT_EQ(mails.size(), before + 1);
    const auto view = finish(audience_->preferences(token_in(mails.back().message, "/p/")));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->address, "ann@paper.example");
    EXPECT_EQ(finish(audience_->request_manage_link("no address"))->kind,
              SignupAnswer::Kind::BadAddress);
}

TEST_F(Preferences, TheLinkIsMailedInTheReadersLanguage) {
    subscribe("ann@paper.example");
    execute("UPDATE subscriber SET locale = 'de'");
    ASSERT_TRUE(finish(audience_->request_manage_link("ann@paper.example", "fr")));
    const auto mail = mail::parse_mail(outbox().back().message);
    ASSERT_TRUE(mail);
    EXPECT_NE(mail->html.find("<html lang=\"de\""), std::string::npos) << mail->html;
}

}  // namespace
}  // namespace tocsin::audience
