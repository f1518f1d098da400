#include "audience/audience_fixture.h"
#include "base/crypto.h"
#include "model/mail_budget.h"

namespace tocsin::audience {
namespace {

using std::chrono::hours;
using Events = std::vector<std::string>;

class SignUp : public AudienceTest {};

TEST_F(SignUp, ANewReaderGetsOneMailAndIsPending) {
    const auto answer = sign_up(" Ann.Lee@paper.example ");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->kind, SignupAnswer::Kind::Accepted);
    EXPECT_EQ(answer->list_name, "Breaking news");
    EXPECT_EQ(state("ann.lee@paper.example"), "pending");
    const auto mails = outbox();
    ASSERT_EQ(mails.size(), 1U);
    EXPECT_EQ(mails[0].rcpt_to, "Ann.Lee@paper.example");  // the local part as typed
    EXPECT_EQ(mails[0].mail_from, "alerts@news.example");
    EXPECT_NE(mails[0].message.find("Breaking news"), std::string::npos);
    EXPECT_EQ(outbox_told_, 1);
    EXPECT_EQ(events("ann.lee@paper.example"),
              (Events{"requested alerts breaking", "confirm_sent alerts breaking"}));
}

TEST_F(SignUp, RecordsWhatTheReaderSaw) {
    ASSERT_TRUE(sign_up("ann@paper.example"));
    const auto consent = record("ann@paper.example").consent.at(0);
    EXPECT_EQ(consent.wording, evidence().wording);
    EXPECT_EQ(consent.entry.wording_hash, sha256(evidence().wording));
    EXPECT_EQ(consent.entry.page_url, "https://news.example/article");
    EXPECT_EQ(consent.entry.method, "web_form");
    EXPECT_EQ(consent.entry.actor, "subscriber");
    EXPECT_EQ(consent.entry.at, clock_.now());
}

TEST_F(SignUp, ThePageCannotPutTheAddressIntoTheChain) {
    SignupRequest request;
    request.list = "breaking";
    request.address = "ann@paper.example";
    request.evidence = evidence();
    request.evidence.page_url = "https://news.example/a?email=ann%40paper.example#x";
    ASSERT_TRUE(finish(audience_->sign_up(request)));
    EXPECT_EQ(record("ann@paper.example").consent.at(0).entry.page_url, "https://news.example/a");
}

TEST_F(SignUp, AnswersEveryKindOfReaderAlike) {
    subscribe("active@paper.example");
    ASSERT_TRUE(sign_up("pending@paper.example"));
    subscribe("left@paper.example");
    ASSERT_TRUE(
        finish(audience_->unsubscribe(unsubscribe_token("left@paper.example", news_), evidence())));
    ASSERT_TRUE(finish(
        audience_->suppress("bounced@paper.example", SuppressionReason::Bounced, evidence())));
    const std::size_t mails = outbox().size();
    for (const char* who : {"active", "pending", "left", "bounced", "new"}) {
        const auto answer = sign_up(std::string(who) + "@paper.example");
        ASSERT_TRUE(answer) << who;
        EXPECT_EQ(answer->kind, SignupAnswer::Kind::Accepted) << who;
        EXPECT_EQ(answer->list_name, "Breaking news") << who;
        EXPECT_EQ(answer->reason + answer->suggestion, "") << who;
    }
    EXPECT_EQ(outbox().size(), mails + 1);  // only the new one's
    EXPECT_EQ(state("active@paper.example"), "active");
    EXPECT_FALSE(known("bounced@paper.example"));  // nothing is kept of a suppressed address
}

TEST_F(SignUp, EveryAttemptCommitsSomething) {
    subscribe("active@paper.example");
    ASSERT_TRUE(sign_up("active@paper.example"));
    ASSERT_TRUE(sign_up("active@paper.example"));
    EXPECT_EQ(count("SELECT attempts FROM signup_day"), 3);
}

TEST_F(SignUp, OneMailADayAndThreeAMonthWhateverTheTraffic) {
    for (int day = 0; day < 40; ++day) {
        for (int i = 0; i < 5; ++i) {
            ASSERT_TRUE(sign_up("victim@paper.example", i % 2 == 0 ? "breaking" : "sport"));
        }
        clock_.advance(hours(24));
    }
    // Days 0, 1, 2, then 30, 31, 32.
    EXPECT_EQ(count("SELECT COUNT(*) FROM outbox"), 6);
    EXPECT_EQ(count("SELECT COUNT(*) FROM consent_event WHERE type = 'confirm_sent'"), 6);
    // Nor does the chain grow with the traffic.
    EXPECT_LE(count("SELECT COUNT(*) FROM consent_event"), 14);
}

TEST_F(SignUp, PendingReadersCanAskAgainTheNextDay) {
    ASSERT_TRUE(sign_up("ann@paper.example"));
    ASSERT_TRUE(sign_up("ann@paper.example"));
    EXPECT_EQ(outbox().size(), 1U);
    clock_.advance(hours(24));
    ASSERT_TRUE(sign_up("ann@paper.example"));
    ASSERT_EQ(outbox().size(), 2U);
    // Both links work, the older one too.
    EXPECT_TRUE(finish(audience_->confirm(token_in(outbox()[0].message, "/c/"), evidence())));
    EXPECT_TRUE(finish(audience_->confirm(token_in(outbox()[1].message, "/c/"), evidence())));
}

TEST_F(SignUp, RefusesWhatIsNoAddressWithAReason) {
    const auto answer = sign_up("ann@@paper");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->kind, SignupAnswer::Kind::BadAddress);
    EXPECT_FALSE(answer->reason.empty());
    EXPECT_EQ(count("SELECT COUNT(*) FROM subscriber"), 0);
}

TEST_F(SignUp, SuggestsTheLikelyDomain) {
    const auto answer = sign_up("ann@gmial.com");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->suggestion, "ann@gmail.com");
}

TEST_F(SignUp, ReservedDomainsAreForDevelopmentOnly) {
    settings_.reserved_domains = ReservedDomains::Refuse;
    reopen();
    for (const char* address : {"ann@paper.example", "ann@a.test", "ann@x.invalid"}) {
        const auto answer = sign_up(address);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->kind, SignupAnswer::Kind::BadAddress) << address;
    }
    EXPECT_EQ(sign_up("ann@example-paper.com")->kind, SignupAnswer::Kind::Accepted);
}

TEST_F(SignUp, RoleAddressesAreRefused) {
    EXPECT_EQ(sign_up("Abuse@paper.example")->kind, SignupAnswer::Kind::BadAddress);
    EXPECT_EQ(sign_up("postmaster@paper.example")->kind, SignupAnswer::Kind::BadAddress);
    EXPECT_EQ(sign_up("NoReply+alerts@paper.example")->kind, SignupAnswer::Kind::BadAddress);
    EXPECT_EQ(sign_up("info@paper.example")->kind, SignupAnswer::Kind::Accepted);
}

TEST_F(SignUp, AnUnknownListIsNotFound) {
    EXPECT_EQ(sign_up("ann@paper.example", "nope").error().kind(), ErrorKind::NotFound);
    EXPECT_EQ(sign_up("not an address", "nope").error().kind(), ErrorKind::NotFound);
}

TEST_F(SignUp, OverlongWordingIsRefusedWhole) {
    SignupRequest request;
    request.list = "breaking";
    request.address = "ann@paper.example";
    request.evidence.wording = std::string(10'001, 'x');
    EXPECT_EQ(finish(audience_->sign_up(request)).error().kind(), ErrorKind::Invalid);
}

TEST_F(SignUp, MarketingIsAConsentOfItsOwn) {
    subscribe("plain@paper.example");
    EXPECT_FALSE(marketing("plain@paper.example"));

    ASSERT_TRUE(sign_up("offers@paper.example", "breaking", Marketing::Granted));
    EXPECT_FALSE(marketing("offers@paper.example"));  // not before the button
    const std::string token = token_in(outbox().back().message, "/c/");
    EXPECT_EQ(finish(audience_->confirm_view(token))->marketing, Marketing::Granted);
    ASSERT_TRUE(finish(audience_->confirm(token, evidence())));
    EXPECT_TRUE(marketing("offers@paper.example"));
    EXPECT_EQ(
        events("offers@paper.example"),
        (Events{"requested alerts breaking", "requested marketing", "confirm_sent alerts breaking",
                "confirmed alerts breaking", "confirmed marketing"}));
}

TEST_F(SignUp, AStrangerCannotAddMarketingToSomebodysSignup) {
    ASSERT_TRUE(sign_up("ann@paper.example"));  // Ann, without the tick
    ASSERT_TRUE(sign_up("ann@paper.example", "breaking", Marketing::Granted));  // somebody else
    ASSERT_EQ(outbox().size(), 1U);
    ASSERT_TRUE(finish(audience_->confirm(token_in(outbox()[0].message, "/c/"), evidence())));
    EXPECT_FALSE(marketing("ann@paper.example"));
}

TEST_F(SignUp, AllOrNothingWhenSomethingFailsMidway) {
    // The outbox refuses the mail after everything else was written.
    execute("ALTER TABLE outbox RENAME TO outbox_gone");
    const auto answer = sign_up("ann@paper.example");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind(), ErrorKind::Io);
    execute("ALTER TABLE outbox_gone RENAME TO outbox");
    EXPECT_EQ(count("SELECT COUNT(*) FROM subscriber"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM subscription"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM consent_event"), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM mail_budget"), 0);
    EXPECT_EQ(outbox_told_, 0);
    ASSERT_TRUE(sign_up("ann@paper.example"));
    EXPECT_EQ(outbox().size(), 1U);
}

TEST_F(SignUp, TwoFirstSignupsOfOneAddressMakeOneReader) {
    boost::asio::io_context io;
    SignupRequest request;
    request.list = "breaking";
    request.address = "ann@paper.example";
    request.evidence = evidence();
    std::vector<std::future<Result<SignupAnswer>>> answers;
    for (int i = 0; i < 8; ++i) {
        answers.push_back(
            boost::asio::co_spawn(io, audience_->sign_up(request), boost::asio::use_future));
    }
    io.run();
    for (auto& answer : answers) {
        EXPECT_TRUE(answer.get());
    }
    EXPECT_EQ(count("SELECT COUNT(*) FROM subscriber"), 1);
    EXPECT_EQ(outbox().size(), 1U);
}

TEST_F(SignUp, UnicodeAddressesAreMarked) {
    ASSERT_TRUE(sign_up("j\u00f6rg@b\u00fccher.example"));
    EXPECT_EQ(count("SELECT smtputf8 FROM subscriber"), 1);
    EXPECT_EQ(count("SELECT smtputf8 FROM outbox"), 1);
    EXPECT_EQ(outbox().at(0).rcpt_to, "j\u00f6rg@xn--bcher-kva.example");
}

TEST_F(SignUp, UnconfirmedRequestsAreForgottenAfterAWeek) {
    ASSERT_TRUE(sign_up("ann@paper.example"));
    subscribe("bob@paper.example");
    ASSERT_TRUE(sign_up("bob@paper.example", "sport"));  // pending, but of a known reader
    clock_.advance(hours(7 * 24));
    ASSERT_TRUE(finish(audience_->tidy()));
    EXPECT_TRUE(known("ann@paper.example"));
    clock_.advance(Milliseconds(1));
    ASSERT_TRUE(finish(audience_->tidy()));
    EXPECT_FALSE(known("ann@paper.example"));
    EXPECT_EQ(state("bob@paper.example"), "active");
    EXPECT_TRUE(finish(audience_->verify_consent())->intact);
}

}  // namespace
}  // namespace tocsin::audience
