// The reader's pages over a whole Audience: statuses, headers, what GET must not do.
#include "web/reader_pages.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audience/audience_fixture.h"
#include "net/form.h"
#include "store/alerts.h"
#include "web/newspaper.h"

namespace tocsin::web {
namespace {

using audience::finish;
using testing::HasSubstr;
using testing::Not;

class ReaderPagesTest : public audience::AudienceTest {
  protected:
    ReaderPagesTest()
        : services_{*store_,
                    clock_,
                    keys_,
                    *templates_,
                    *audience_,
                    "The Example",
                    "https://alerts.example",
                    "alerts@news.example",
                    "1 Quay, Port",
                    "",
                    {"en"}} {
        add_reader_routes(router_, services_);
        add_reader_home(router_, services_);
        handler_ = router_.handler();
    }

    net::HttpResponse send(net::HttpRequest request) {
        request.target = request.path;
        return finish(handler_(std::move(request)));
    }
    net::HttpResponse get(const std::string& path) {
        net::HttpRequest request;
        request.method = "GET";
        request.path = path;
        return send(std::move(request));
    }
    net::HttpResponse post(const std::string& path, const std::string& body,
                           const std::string& accept = "text/html",
                           const std::string& type = "application/x-www-form-urlencoded") {
        net::HttpRequest request;
        request.method = "POST";
        request.path = path;
        request.body = body;
        request.headers.set("Content-Type", type);
        request.headers.set("Accept", accept);
        return send(std::move(request));
    }
    // Everything in the database that a reader's act could change.
    std::string fingerprint() {
        std::string out;
        for (const char* table : {"subscriber", "subscription", "purpose", "suppression",
                                  "consent_event", "outbox", "mail_budget"}) {
            const std::int64_t rows = count("SELECT count(*) FROM " + std::string(table));
            EXPECT_GE(rows, 0) << table;
            out += std::to_string(rows) + " ";
        }
        out += std::to_string(count("SELECT count(*) FROM subscription WHERE state = 'active'"));
        return out;
    }

    ReaderServices services_;
    Router router_;
    net::HttpHandler handler_;
};

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

TEST_F(ReaderPagesTest, PreferencesChooseListsAndTheOtherPurpose) {
    subscribe("ann@readers.example");
    const std::string path = "/p/" + manage_token("ann@readers.example");
    const auto saved =
        post(path, "do=save&list=" + std::to_string(sport_.value()) + "&marketing=yes");
    EXPECT_EQ(saved.status, 200);
    EXPECT_THAT(saved.body, HasSubstr("Saved."));
    EXPECT_EQ(state("ann@readers.example"), "left");
    EXPECT_EQ(state("ann@readers.example", "sport"), "active");
    EXPECT_TRUE(marketing("ann@readers.example"));
    const auto left = post(path, "do=leave");
    EXPECT_THAT(left.body, HasSubstr("You have left everything"));
    EXPECT_EQ(state("ann@readers.example", "sport"), "left");
    EXPECT_FALSE(marketing("ann@readers.example"));
    EXPECT_EQ(post(path, "do=else").status, 400);
    EXPECT_EQ(post(path, "%").status, 400);
}

TEST_F(ReaderPagesTest, ReadersSetTheirOwnTerms) {
    subscribe("ann@readers.example");
    const std::string path = "/p/" + manage_token("ann@readers.example");
    const std::string list = std::to_string(news_.value());
    const auto saved = post(path, "do=save&list=" + list + "&frequency_" + list +
                                      "=digest&daily_max=3&digest_at=18%3A30&quiet=yes&quiet_from="
                                      "23%3A00&quiet_to=06%3A30&zone=Europe%2FBerlin");
    EXPECT_EQ(saved.status, 200);
    EXPECT_THAT(saved.body, HasSubstr("<option value=\"digest\" selected>"));
    EXPECT_THAT(saved.body, HasSubstr("<option value=\"18:30\" selected>"));
    EXPECT_THAT(saved.body, HasSubstr("<option value=\"Europe/Berlin\" selected>"));
    EXPECT_THAT(get(path).body, HasSubstr("<option value=\"06:30\" selected>"));
    for (const char* bad : {"&zone=Europe%2FAtlantis", "&zone=UTC&daily_max=9999",
                            "&zone=UTC&quiet=yes&quiet_from=06%3A00&quiet_to=06%3A00",
                            "&zone=UTC&quiet=yes&quiet_from=x&quiet_to=06%3A00"}) {
        const auto refused = post(path, "do=save" + std::string(bad));
        EXPECT_EQ(refused.status, 422) << bad;
        EXPECT_THAT(refused.body, HasSubstr("Nothing was saved.")) << bad;
        EXPECT_EQ(state("ann@readers.example"), "active") << bad;
    }
}

TEST_F(ReaderPagesTest, AStoryIsMutedByAButton) {
    subscribe("ann@readers.example");
    const std::string plain = "/p/" + manage_token("ann@readers.example") + "/mute";
    EXPECT_GE(get(plain).status, 400);  // names no story
    AlertId alert;
    const auto made = store_->run([&](store::Database& db) -> Status {
        model::AlertContent content;
        content.headline = "Fire <b>in the harbour";
        content.lists = {news_};
        content.nonce = std::string(32, '0');
        alert = store::insert_alert(db, {content, "ann", clock_.now()});
        return {};
    });
    ASSERT_TRUE(made);
    const auto opened = mail::open_token(keys_, mail::TokenPurpose::Manage,
                                         manage_token("ann@readers.example"), clock_.now());
    ASSERT_TRUE(opened);
    mail::Token token = *opened;
    token.ref = static_cast<std::uint64_t>(alert.value());
    const std::string path = "/p/" + mail::seal_token(keys_, token);
    EXPECT_THAT(get(path + "/mute").body, HasSubstr("Fire &lt;b&gt;in the harbour"));
    EXPECT_THAT(get(path).body, Not(HasSubstr("Fire")));  // looking mutes nothing
    EXPECT_THAT(post(path + "/mute", "").body, HasSubstr("This story is muted"));
    EXPECT_THAT(get(path).body, HasSubstr("Fire &lt;b&gt;in the harbour"));
    post(path, "do=save&zone=UTC&list=" + std::to_string(news_.value()));
    EXPECT_THAT(get(path).body, Not(HasSubstr("Fire")));
}

TEST_F(ReaderPagesTest, ReadersTakeTheirDataAndErase) {
    subscribe("ann@readers.example");
    const std::string path = "/p/" + manage_token("ann@readers.example");
    const auto file = post(path + "/export", "");
    EXPECT_EQ(file.status, 200);
    EXPECT_THAT(std::string(file.headers.get("content-disposition")), HasSubstr("attachment"));
    EXPECT_EQ(boost::json::parse(file.body).at("address").as_string(), "ann@readers.example");
    EXPECT_EQ(post(path + "/erase", "").status, 422);
    EXPECT_TRUE(known("ann@readers.example"));
    EXPECT_EQ(post(path + "/erase", "sure=yes").status, 200);
    EXPECT_FALSE(known("ann@readers.example"));
    EXPECT_GE(get(path).status, 400);
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

TEST_F(ReaderPagesTest, ThePreferencesLinkComesByMailForReadersOnly) {
    subscribe("ann@readers.example");
    const std::size_t before = outbox().size();
    const auto known_reader = post("/preferences", "email=ann%40readers.example");
    EXPECT_EQ(outbox().size(), before + 1);
    const auto stranger = post("/preferences", "email=eve%40readers.example");
    EXPECT_EQ(outbox().size(), before + 1);
    EXPECT_EQ(known_reader.status, stranger.status);
    EXPECT_EQ(post("/preferences", "email=nonsense").status, 422);
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
    EXPECT_THAT(script.body, Not(HasSubstr("eval(")));
    EXPECT_THAT(script.body, Not(HasSubstr("cookie =")));
}

TEST_F(ReaderPagesTest, ACorrectedAlertSaysSoForGood) {
    auto released = store_->run([&](store::Database& db) -> Status {
        store::NewRevision first;
        first.content.headline = "Wall has broken";
        first.content.summary = "Police say so.";
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
