// The box as strangers meet it: traps, limits, proofs of work, and what a known attack comes to.
#include "web/signup_gate.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audience/audience_fixture.h"
#include "net/form.h"
#include "web/proof_of_work_solver.h"
#include "web/reader_pages.h"
#include "web/router.h"

namespace tocsin::web {
namespace {

using testing::HasSubstr;

class SignupGateTest : public audience::AudienceTest {
  protected:
    SignupGateTest()
        : services_{*store_,
                    clock_,
                    keys_,
                    *templates_,
                    *audience_,
                    "The Example",
                    "https://alerts.example",
                    "alerts@news.example",
                    "",
                    "",
                    {"en"}} {
        services_.signup.random = &random_;
        open();
    }
    // With the settings as they are now.
    void open() {
        router_ = std::make_unique<Router>();
        add_signup_routes(*router_, services_);
        handler_ = router_->handler();
    }

    using Fields = std::vector<std::pair<std::string, std::string>>;
    net::HttpResponse post(const std::string& email, const Fields& more = {},
                           const std::string& peer = "", const std::string& list = "breaking") {
        net::HttpRequest request;
        request.method = "POST";
        request.path = request.target = "/lists/" + list + "/signup";
        request.peer = peer;
        request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        request.headers.set("Accept", "application/json");
        request.headers.set("Origin", "https://news.example");
        request.headers.set("User-Agent", "Browser/1");
        request.body = "email=" + net::percent_encode(email);
        for (const auto& [name, value] : more) {
            request.body += "&" + name + "=" + net::percent_encode(value);
        }
        return audience::finish(handler_(std::move(request)));
    }
    std::string form_time(const std::string& list = "breaking") {
        net::HttpRequest request;
        request.method = "GET";
        request.path = request.target = "/lists/" + list + "/form-time";
        const auto answer = audience::finish(handler_(std::move(request)));
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.headers.get("access-control-allow-origin"), "*");
        return std::string(boost::json::parse(answer.body).at("form_time").as_string());
    }
    static std::string proof_for(const net::HttpResponse& asked) {
        return solve_challenge(
            boost::json::serialize(boost::json::parse(asked.body).at("challenge")));
    }
    std::int64_t mails() { return count("SELECT COUNT(*) FROM outbox"); }
    std::int64_t mails_due_now() {
        return count("SELECT COUNT(*) FROM outbox WHERE next_at <= " +
                     std::to_string(to_ms(clock_.now())));
    }

    ReaderServices services_;
    std::unique_ptr<Router> router_;
    net::HttpHandler handler_;
};

TEST_F(SignupGateTest, ATrapIsAnsweredAlikeAndDoesNothing) {
    const std::string fresh = form_time();
    const auto filled = post("a@one.example", {{"contact_me_by_fax", "1"}});
    const auto fast = post("a@one.example", {{"form_time", fresh}});
    EXPECT_EQ(mails(), 0);
    EXPECT_EQ(count("SELECT COUNT(*) FROM subscriber"), 0);
    clock_.advance(Seconds(2));
    const auto taken = post("a@one.example", {{"form_time", fresh}});
    EXPECT_EQ(mails(), 1);
    for (const auto& answer : {filled, fast}) {
        EXPECT_EQ(answer.status, taken.status);
        EXPECT_EQ(answer.body, taken.body);
    }
}

TEST_F(SignupGateTest, AFormTimeIsOfItsListAndItsDay) {
    services_.signup.limits.service_per_minute = 8;  // bare 2, timed 4
    open();
    const std::string sport = form_time("sport");
    const std::string news = form_time();
    clock_.advance(Seconds(60));
    int i = 0;
    const auto taken_at_once = [&](const std::string& token) {
        const std::int64_t before = mails_due_now();
        post("r" + std::to_string(i++) + "@one.example", {{"form_time", token}});
        return mails_due_now() > before;
    };
    EXPECT_TRUE(taken_at_once(news));
    EXPECT_TRUE(taken_at_once(news));
    EXPECT_TRUE(taken_at_once(news));
    EXPECT_FALSE(taken_at_once(""));
    EXPECT_FALSE(taken_at_once(sport));
    EXPECT_FALSE(taken_at_once("forged" + news.substr(6)));
    EXPECT_TRUE(taken_at_once(news));
    EXPECT_FALSE(taken_at_once(news));
    clock_.advance(std::chrono::hours(24));
    EXPECT_TRUE(taken_at_once(news));  // a day old: bare, and the limits have rested
}

TEST_F(SignupGateTest, OneAddressAndOneNetworkAreSlowedDownAndThenRefused) {
    int refused = 0;
    for (int i = 0; i < 215; ++i) {
        const auto answer = post("r" + std::to_string(i) + "@gmail.com", {}, "203.0.113.9");
        refused += answer.status == 429 ? 1 : 0;
    }
    EXPECT_EQ(refused, 5);           // ten at once, 200 in a queue of ten minutes
    EXPECT_EQ(mails_due_now(), 10);  // and the rest waits its turn
    EXPECT_EQ(mails(), 210);
    EXPECT_EQ(post("x@gmail.com", {}, "203.0.113.10").status, 200);
    EXPECT_EQ(post("y@gmail.com", {}, "2001:db8::1").status, 200);
    // What is counted names nobody.
    EXPECT_EQ(count("SELECT COUNT(*) FROM pace_bucket WHERE LENGTH(key) <> 32"), 0);
}

TEST_F(SignupGateTest, ADomainOfOnesOwnGetsNoFlood) {
    for (int i = 0; i < 60; ++i) {
        const std::string peer = "198.51." + std::to_string(i) + ".7";
        EXPECT_EQ(post("r" + std::to_string(i) + "@agency.example", {}, peer).status, 200);
        EXPECT_EQ(post("r" + std::to_string(i) + "@gmail.com", {}, peer).status, 200);
    }
    EXPECT_EQ(mails(), 120);
    EXPECT_EQ(mails_due_now(), 60 + 50);  // a quarter of 200 an hour
}

TEST_F(SignupGateTest, ABrowserIsAskedForWorkWhenAShareIsUsedUp) {
    services_.signup.limits.service_per_minute = 4;  // bare 1
    open();
    const Fields can = {{"can_prove", "yes"}};
    EXPECT_EQ(post("a@one.example", can).status, 200);
    const auto asked = post("b@two.example", can);
    EXPECT_EQ(asked.status, 428);
    EXPECT_EQ(mails(), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM subscriber"), 1);  // nothing is kept of who was asked

    const Fields proven = {{"can_prove", "yes"}, {"proof", proof_for(asked)}};
    EXPECT_EQ(post("b@two.example", proven, "", "sport").status, 428);  // of another form
    EXPECT_EQ(post("b@two.example", proven).status, 200);
    EXPECT_EQ(mails_due_now(), 2);
    EXPECT_EQ(post("c@three.example", proven).status, 429);  // used up
    EXPECT_EQ(mails(), 2);
    // Known or not, everybody is asked alike.
    EXPECT_EQ(post("a@one.example", can).status, 428);
    // A form without a script is taken, and its mail waits.
    EXPECT_EQ(post("d@four.example").status, 200);
    EXPECT_EQ(mails(), 3);
    EXPECT_EQ(mails_due_now(), 2);
}

TEST_F(SignupGateTest, AProofCanAlwaysBeAskedFor) {
    services_.signup.limits.proof = model::SignupLimits::Proof::Always;
    open();
    const auto asked = post("a@one.example", {{"can_prove", "yes"}});
    EXPECT_EQ(asked.status, 428);
    EXPECT_EQ(post("a@one.example", {{"can_prove", "yes"}, {"proof", proof_for(asked)}}).status,
              200);
    EXPECT_EQ(post("b@one.example").status, 200);
    services_.signup.limits.proof = model::SignupLimits::Proof::Never;
    services_.signup.limits.service_per_minute = 1;
    open();
    EXPECT_EQ(post("c@one.example", {{"can_prove", "yes"}}).status, 200);
}

TEST_F(SignupGateTest, ADomainWithoutMailIsRefusedAndAThrowAwayOneTagged) {
    std::vector<std::string> asked;
    services_.signup.takes_mail = [&asked](std::string domain) -> Task<bool> {
        asked.push_back(domain);
        co_return domain != "gone.example";
    };
    services_.signup.is_disposable = [](std::string_view domain) {
        return domain == "bin.example";
    };
    open();
    const auto refused = post("a@Gone.example");
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(refused.body, HasSubstr("no mail can reach this domain"));
    EXPECT_EQ(post("a@there.example").status, 200);
    EXPECT_EQ(post("a@bin.example").status, 200);
    EXPECT_EQ(asked, (std::vector<std::string>{"gone.example", "there.example", "bin.example"}));
    EXPECT_EQ(count("SELECT COUNT(*) FROM subscriber WHERE tag = 'disposable'"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM subscriber WHERE tag = ''"), 1);
}

// 16 September 2016: nine addresses were signed up 9,000 times and got 81,000 confirmation mails.
// Here 1,000 sign-ups a minute for ten minutes, from as many networks as sign-ups.
TEST_F(SignupGateTest, AKnownAttackComesToOneMailAnAddress) {
    for (int i = 0; i < 10'000; ++i) {
        const std::string peer =
            std::to_string(11 + i / 250 % 80) + "." + std::to_string(i % 250) + ".7.7";
        const std::string list = i % 2 == 0 ? "breaking" : "sport";
        const auto answer =
            post("victim" + std::to_string(i % 9) + "@agency.example", {}, peer, list);
        ASSERT_TRUE(answer.status == 200 || answer.status == 429) << answer.status;
        clock_.advance(Milliseconds(60));
    }
    EXPECT_EQ(mails(), 9);
    EXPECT_EQ(count("SELECT COUNT(DISTINCT rcpt_to) FROM outbox"), 9);
    // Nor does anything else grow with the traffic.
    EXPECT_LE(count("SELECT COUNT(*) FROM consent_event"), 9 * 4);
    EXPECT_EQ(count("SELECT COUNT(*) FROM subscriber"), 9);
}

// Same status, headers and body for whoever the address is.
TEST_F(SignupGateTest, NoAnswerTellsWhoIsKnown) {
    subscribe("active@one.example");
    ASSERT_TRUE(sign_up("pending@one.example"));
    ASSERT_TRUE(sign_up("blocked@one.example"));
    ASSERT_TRUE(
        audience::finish(audience_->not_me(token_in(outbox().back().message, "/n/"), evidence())));
    ASSERT_TRUE(audience::finish(audience_->suppress(
        "suppressed@one.example", audience::SuppressionReason::Bounced, evidence())));
    const auto shown = [](const net::HttpResponse& answer, const std::string& name) {
        std::string out = std::to_string(answer.status) + "\n";
        for (const auto& [header, value] : answer.headers) {
            out += header + ": " + value + "\n";
        }
        out += answer.body;
        for (std::size_t at; (at = out.find(name)) != std::string::npos;) {
            out.replace(at, name.size(), "WHO");
        }
        return out;
    };
    const std::string fresh = shown(post("new@one.example"), "new@one.example");
    for (const std::string who : {"active", "pending", "blocked", "suppressed"}) {
        const std::string address = who + "@one.example";
        EXPECT_EQ(shown(post(address), address), fresh) << who;
    }
}

TEST_F(SignupGateTest, TheRecordSaysWhereTheFormStood) {
    post("ann@one.example", {{"page_url", "https://news.example/a"}}, "203.0.113.9");
    EXPECT_EQ(count("SELECT COUNT(*) FROM consent_event WHERE type = 'requested'"), 1);
    const auto consent = record("ann@one.example").consent.at(0);
    EXPECT_EQ(consent.detail.form_id, "embed");
    EXPECT_EQ(consent.detail.embed_origin, "https://news.example");
    EXPECT_EQ(consent.detail.locale, "en");
    ASSERT_TRUE(consent.origin);
    EXPECT_EQ(consent.origin->ip, "203.0.113.9");
    EXPECT_EQ(consent.origin->user_agent, "Browser/1");
}

}  // namespace
}  // namespace tocsin::web
