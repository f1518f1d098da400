// The reader's pages over a whole Audience: statuses, headers, what GET must not do.
#include "web/reader_pages.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/form.h"
#include "store/alerts.h"
#include "web/newspaper.h"
#include "web/reader_pages_fixture.h"

namespace tocsin::web {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(ReaderPagesTest, TheBoxSaysWhatItIsAndItsSecondBoxIsUnticked) {
    const auto page = get("/lists/breaking");
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body,
                HasSubstr("Free, real-time breaking-news alerts, straight to your inbox"));
    EXPECT_THAT(page.body,
                HasSubstr("I would like to be emailed about offers, events and updates"));
    EXPECT_THAT(page.body, Not(HasSubstr(" checked")));
    EXPECT_THAT(page.body, HasSubstr("<label class=\"tocsin-label\" for=\"tocsin-email\">"));
    EXPECT_THAT(page.body, HasSubstr("role=\"alert\""));
    EXPECT_THAT(page.body, HasSubstr("href=\"/privacy\""));
    EXPECT_THAT(page.body, HasSubstr("<html lang=\"en\" dir=\"ltr\">"));
    EXPECT_EQ(get("/lists/none").status, 404);
}

// A newsroom has millions, and anybody may load a page.
TEST_F(ReaderPagesTest, PagesForEverybodyCountNoSubscriptions) {
    const auto rename = [this](const char* from, const char* to) {
        ASSERT_TRUE(store_->run([=](store::Database& db) -> Status {
            db.execute(fmt::format("ALTER TABLE {} RENAME TO {}", from, to));
            return {};
        }));
    };
    rename("subscription", "subscription_gone");
    EXPECT_THAT(get("/lists").body, HasSubstr("href=\"/lists/breaking\""));
    EXPECT_THAT(get("/alerts").body, HasSubstr("action=\"/lists/breaking/signup"));
    EXPECT_EQ(get("/lists/breaking").status, 200);
    rename("subscription_gone", "subscription");
}

TEST_F(ReaderPagesTest, ABadAddressKeepsTheTextAndSaysSoBesideTheField) {
    const auto page = post("/lists/breaking/signup", "email=ann%40%3Cb%3E&marketing=yes");
    EXPECT_EQ(page.status, 422);
    EXPECT_THAT(page.body, HasSubstr(">Please enter a valid email address</p>"));
    EXPECT_THAT(page.body, HasSubstr("value=\"ann@&lt;b&gt;\""));
    EXPECT_THAT(page.body, HasSubstr("aria-invalid=\"true\""));
    EXPECT_THAT(page.body, HasSubstr(" checked"));
    EXPECT_THAT(page.body, HasSubstr("<title>Error:"));
    EXPECT_EQ(outbox().size(), 0u);
}

TEST_F(ReaderPagesTest, ALikelyTypoIsAskedAboutOnce) {
    const auto page = post("/lists/breaking/signup", "email=ann%40gmial.com");
    EXPECT_EQ(page.status, 422);
    EXPECT_THAT(page.body, HasSubstr("Did you mean <bdi>gmail.com</bdi>?"));
    EXPECT_THAT(page.body, HasSubstr("name=\"as_typed\" value=\"ann@gmial.com\""));
    EXPECT_THAT(page.body, Not(HasSubstr("Please enter a valid email address")));
    EXPECT_EQ(outbox().size(), 0u);
    const auto again =
        post("/lists/breaking/signup", "email=ann%40gmial.com&as_typed=ann%40gmial.com");
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(outbox().size(), 1u);
}

TEST_F(ReaderPagesTest, TheAnswerIsTheSameForEveryAddress) {
    const std::string body = "email=ann%40readers.example";
    const auto fresh = post("/lists/breaking/signup", body);
    const auto pending = post("/lists/breaking/signup", body);
    ASSERT_TRUE(finish(audience_->confirm(token_in(outbox().back().message, "/c/"), evidence())));
    const auto active = post("/lists/breaking/signup", body);
    ASSERT_TRUE(finish(audience_->suppress("ann@readers.example",
                                           audience::SuppressionReason::Bounced, evidence())));
    const auto suppressed = post("/lists/breaking/signup", body);
    const auto trapped = post("/lists/breaking/signup", body + "&contact_me_by_fax=1");
    EXPECT_EQ(fresh.status, 200);
    EXPECT_THAT(fresh.body, HasSubstr("Check your inbox"));
    for (const auto* other : {&pending, &active, &suppressed, &trapped}) {
        EXPECT_EQ(other->status, fresh.status);
        EXPECT_EQ(other->body, fresh.body);
        EXPECT_TRUE(std::equal(other->headers.begin(), other->headers.end(), fresh.headers.begin(),
                               fresh.headers.end()));
    }
    EXPECT_EQ(outbox().size(), 1u);
}

TEST_F(ReaderPagesTest, ConsentRecordsTheWordsAndThePage) {
    post("/lists/breaking/signup",
         "email=ann%40readers.example&marketing=yes&page_url=https%3A%2F%2Fnews.example%2Fstory");
    const auto found = record("ann@readers.example");
    ASSERT_FALSE(found.consent.empty());
    EXPECT_EQ(found.consent.front().entry.page_url, "https://news.example/story");
    EXPECT_EQ(found.consent.front().entry.method, "web_form");
    EXPECT_THAT(found.consent.front().wording,
                HasSubstr("I would like to be emailed about offers, events and updates"));
    EXPECT_THAT(found.consent.front().wording, HasSubstr("https://alerts.example/privacy"));
}

TEST_F(ReaderPagesTest, JsonFromAnotherOrigin) {
    const auto accepted = post("/lists/breaking/signup", R"({"email":"ann@readers.example"})",
                               "*/*", "application/json");
    EXPECT_EQ(accepted.status, 200);
    EXPECT_EQ(accepted.headers.get("access-control-allow-origin"), "*");
    EXPECT_FALSE(accepted.headers.has("set-cookie"));
    EXPECT_EQ(boost::json::parse(accepted.body).at("status").as_string(), "accepted");
    const auto bad = post("/lists/breaking/signup", "email=nonsense", "application/json");
    EXPECT_EQ(bad.status, 422);
    EXPECT_EQ(boost::json::parse(bad.body).at("error").as_string(),
              "Please enter a valid email address");
    const auto typo =
        post("/lists/breaking/signup", R"({"email":"ann@gmial.com"})", "*/*", "application/json");
    EXPECT_EQ(boost::json::parse(typo.body).at("suggestion").as_string(), "ann@gmail.com");
    EXPECT_EQ(post("/lists/breaking/signup", "{", "*/*", "application/json").status, 400);
    EXPECT_EQ(
        post("/lists/none/signup", R"({"email":"ann@readers.example"})", "*/*", "application/json")
            .status,
        404);
    net::HttpRequest preflight;
    preflight.method = "OPTIONS";
    preflight.path = "/lists/breaking/signup";
    EXPECT_EQ(send(preflight).headers.get("access-control-allow-methods"), "POST");
}

TEST_F(ReaderPagesTest, GetNeverChangesAnything) {
    subscribe("ann@readers.example");
    ASSERT_TRUE(sign_up("ben@readers.example"));
    const std::string mail = outbox().back().message;
    const std::vector<std::string> paths = {
        "/c/" + token_in(mail, "/c/"),
        "/n/" + token_in(mail, "/n/"),
        "/u/" + unsubscribe_token("ann@readers.example", news_),
        "/p/" + manage_token("ann@readers.example"),
        "/preferences",
        "/lists",
        "/lists/breaking",
        "/embed/breaking",
        "/embed/breaking/snippet",
        "/embed.js",
        "/privacy",
        "/alerts",
        "/",
        "/feed.atom",
        "/feed.json",
    };
    const std::string before = fingerprint();
    for (const std::string& path : paths) {
        for (const char* method : {"GET", "HEAD"}) {
            net::HttpRequest request;
            request.method = method;
            request.path = path;
            const auto response = send(request);
            EXPECT_EQ(response.status, 200) << method << " " << path;
            EXPECT_FALSE(response.headers.has("set-cookie")) << path;
            EXPECT_EQ(response.headers.get("x-content-type-options"), "nosniff") << path;
        }
    }
    EXPECT_EQ(fingerprint(), before);
}

TEST_F(ReaderPagesTest, PagesWithTokensAreKeptNowhereAndFramedByNobody) {
    subscribe("ann@readers.example");
    for (const std::string& path : {"/u/" + unsubscribe_token("ann@readers.example", news_),
                                    "/p/" + manage_token("ann@readers.example")}) {
        const auto page = get(path);
        EXPECT_EQ(page.headers.get("cache-control"), "no-store");
        EXPECT_EQ(page.headers.get("referrer-policy"), "no-referrer");
        EXPECT_THAT(std::string(page.headers.get("content-security-policy")),
                    HasSubstr("frame-ancestors 'none'"));
        EXPECT_THAT(page.body, HasSubstr("noindex"));
        EXPECT_THAT(page.body, Not(HasSubstr("http://")));
        EXPECT_THAT(page.body, Not(HasSubstr("<script>")));
        EXPECT_THAT(page.body, Not(HasSubstr("style=\"")));
    }
}

TEST_F(ReaderPagesTest, ConfirmingTakesTheButton) {
    ASSERT_TRUE(sign_up("ann@readers.example", "breaking", audience::Marketing::Granted));
    const std::string path = "/c/" + token_in(outbox().back().message, "/c/");
    const auto page = get(path);
    EXPECT_THAT(page.body, HasSubstr("a***@readers.example"));
    EXPECT_THAT(page.body, HasSubstr("offers, events and updates"));
    EXPECT_EQ(state("ann@readers.example"), "pending");
    const auto done = post(path, "");
    EXPECT_EQ(done.status, 200);
    EXPECT_THAT(done.body, HasSubstr("Thanks for signing up to the Breaking news email"));
    EXPECT_EQ(state("ann@readers.example"), "active");
    EXPECT_TRUE(marketing("ann@readers.example"));
    const std::string wording = record("ann@readers.example").consent.back().wording;
    EXPECT_THAT(wording, HasSubstr("gets the Breaking news email"));
    EXPECT_THAT(wording, HasSubstr("offers, events and updates"));
    EXPECT_THAT(wording, Not(HasSubstr("readers.example")));
    EXPECT_EQ(post(path, "").status, 200);  // again: the same
}

TEST_F(ReaderPagesTest, ForgedAndExpiredLinks) {
    for (const char* path : {"/c/forged", "/u/forged", "/p/forged", "/n/forged"}) {
        const auto page = get(path);
        EXPECT_EQ(page.status, 400) << path;
        EXPECT_THAT(page.body, HasSubstr("This link does not work"));
        EXPECT_EQ(post(path, "do=save").status, 400) << path;
    }
    ASSERT_TRUE(sign_up("ann@readers.example"));
    const std::string path = "/c/" + token_in(outbox().back().message, "/c/");
    clock_.advance(std::chrono::hours(24 * 6));
    const auto late = get(path);
    EXPECT_EQ(late.status, 410);
    EXPECT_THAT(late.body, HasSubstr("Sign up again"));
    EXPECT_EQ(post(path, "").status, 410);
}

TEST_F(ReaderPagesTest, OneClickUnsubscribeAnswersPlainly) {
    subscribe("ann@readers.example");
    const std::string path = "/u/" + unsubscribe_token("ann@readers.example", news_);
    const auto answer = post(path, "List-Unsubscribe=One-Click", "*/*");
    EXPECT_EQ(answer.status, 200);
    EXPECT_FALSE(answer.headers.has("location"));
    EXPECT_EQ(state("ann@readers.example"), "left");
    ASSERT_EQ(left_.size(), 1u);
    EXPECT_EQ(record("ann@readers.example").consent.back().entry.method, "one_click");
    // Again, as providers do, and in the other form that RFC 8058 allows.
    EXPECT_EQ(post(path,
                   "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n"
                   "One-Click\r\n--x--\r\n",
                   "*/*", "multipart/form-data; boundary=x")
                  .status,
              200);
}

TEST_F(ReaderPagesTest, PeopleGetAPageForUnsubscribing) {
    subscribe("ann@readers.example");
    const std::string path = "/u/" + unsubscribe_token("ann@readers.example", news_);
    EXPECT_THAT(get(path).body, HasSubstr("Unsubscribe from the <bdi>Breaking news</bdi> email?"));
    const auto done = post(path, "via=page");
    EXPECT_THAT(done.body, HasSubstr("You are unsubscribed"));
    EXPECT_EQ(state("ann@readers.example"), "left");
    EXPECT_THAT(get(path).body, HasSubstr("You are unsubscribed"));
}

TEST_F(ReaderPagesTest, NotMeStopsFurtherConfirmations) {
    ASSERT_TRUE(sign_up("ann@readers.example"));
    const std::string path = "/n/" + token_in(outbox().back().message, "/n/");
    EXPECT_THAT(get(path).body, HasSubstr("Was this not you?"));
    EXPECT_THAT(post(path, "").body, HasSubstr("We will not write again"));
    clock_.advance(std::chrono::hours(48));
    ASSERT_TRUE(sign_up("ann@readers.example"));
    EXPECT_EQ(outbox().size(), 1u);
}

TEST_F(ReaderPagesTest, ErrorsAreFriendlyPages) {
    for (const auto& [path, status] : {std::pair("/nope", 404), std::pair("/alerts/none", 404)}) {
        const auto page = get(path);
        EXPECT_EQ(page.status, status);
        EXPECT_THAT(page.body, HasSubstr("Page not found"));
    }
    const auto wrong = post("/alerts", "");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.headers.get("allow"), "GET, HEAD");
    EXPECT_THAT(router_.refusal()(413, net::HttpRequest{}).body, HasSubstr("too much at once"));
    EXPECT_EQ(post("/lists/breaking/signup", "email=%FF").status, 400);
}

TEST_F(ReaderPagesTest, TheFrameMayStandAnywhereAndAnswersInside) {
    EXPECT_THAT(std::string(get("/embed/breaking").headers.get("content-security-policy")),
                HasSubstr("frame-ancestors *"));
    const auto done = post("/lists/breaking/signup", "email=ann%40readers.example&frame=yes");
    EXPECT_THAT(std::string(done.headers.get("content-security-policy")),
                HasSubstr("frame-ancestors *"));
    EXPECT_THAT(get("/embed/breaking/snippet").body,
                HasSubstr("https://alerts.example/lists/breaking/signup"));
    EXPECT_THAT(get("/embed/breaking/snippet").body,
                HasSubstr("&lt;section class=&quot;tocsin&quot; lang=&quot;en&quot; "
                          "dir=&quot;ltr&quot;&gt;\n  &lt;p"));
    const auto script = get("/embed.js");
    EXPECT_EQ(script.headers.get("cross-origin-resource-policy"), "cross-origin");
    EXPECT_THAT(script.body, HasSubstr("\"fill\":2000,"));
    EXPECT_THAT(script.body, Not(HasSubstr("eval(")));
    EXPECT_THAT(script.body, Not(HasSubstr("cookie =")));
}

TEST_F(ReaderPagesTest, ACorrectedAlertSaysSoForGood) {
    auto released = store_->run([&](store::Database& db) -> Status {
        store::NewRevision first;
        first.content.headline = "Wall has broken";
        first.content.summary = "Police say so.";
        first.content.url = "https://news.example/wall";
        first.content.lists = {news_};
        first.content.nonce = std::string(32, 'a');
        const AlertId original = store::insert_alert(db, first);
        store::NewRevision second = first;
        second.content.kind = model::AlertKind::Retraction;
        second.content.of = original;
        second.content.headline = "Wall <has not> broken";
        const AlertId retraction = store::insert_alert(db, second);
        store::set_released(db, original, {"x", clock_.now(), clock_.now()});
        store::set_released(db, retraction, {"x", clock_.now(), clock_.now()});
        return {};
    });
    ASSERT_TRUE(released);
    const auto original = get("/alerts/wall-has-broken");
    EXPECT_EQ(original.status, 200);
    EXPECT_THAT(original.body, HasSubstr("Retracted"));
    EXPECT_THAT(original.body, HasSubstr("Wall &lt;has not&gt; broken"));
    EXPECT_THAT(original.body, Not(HasSubstr("https://news.example/wall")));  // taken back
    EXPECT_THAT(get("/alerts/wall-has-not-broken").body, HasSubstr("https://news.example/wall"));
    EXPECT_THAT(get("/alerts").body, HasSubstr("<strong>Retracted</strong>"));
    const auto feed = get("/feed.atom");
    EXPECT_THAT(feed.body, HasSubstr("Retraction:"));
    net::HttpRequest again;
    again.method = "GET";
    again.path = "/feed.atom";
    again.headers.set("If-None-Match", std::string(feed.headers.get("etag")));
    EXPECT_EQ(send(again).status, 304);
}

TEST_F(ReaderPagesTest, TheNewspaperCarriesTheBox) {
    Router router;
    NewspaperServices services{*templates_, "breaking", "http://127.0.0.1:9999", true, &clock_};
    add_newspaper_routes(router, services);
    net::HttpRequest request;
    request.method = "GET";
    request.path = "/news/storm-surge-port-aldery";
    request.headers.set("Host", "news.example:8080");
    const auto page = finish(router.handler()(request));
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("action=\"http://127.0.0.1:9999/lists/breaking/signup\""));
    EXPECT_THAT(page.body, HasSubstr("http://news.example:8080/news/storm-surge-port-aldery"));
    request.path = "/";
    EXPECT_THAT(finish(router.handler()(request)).body, HasSubstr("Tuesday, 14 November 2023"));
    request.path = "/news/none";
    EXPECT_EQ(finish(router.handler()(request)).status, 404);
}

}  // namespace
}  // namespace tocsin::web
