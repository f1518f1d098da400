#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "web/inbox_api.h"
#include "web/inbox_links.h"
#include "web/inbox_pages.h"
#include "web/inbox_store.h"

namespace tocsin::web {
namespace {

namespace asio = boost::asio;

std::string mail_text(const std::string& subject) {
    return "From: The Harbour Post <news@harbour.example>\r\nTo: ann@example.com\r\nSubject: " +
           subject +
           "\r\nMessage-ID: <1@harbour.example>\r\nMIME-Version: 1.0\r\n"
           "Content-Type: multipart/alternative; boundary=\"x\"\r\n\r\n"
           "--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
           "Confirm: https://harbour.example/c/AbC-1_2.\r\n"
           "--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
           "<html><head><title>x</title></head><body><script>alert(1)</script>"
           "<a href=\"https://harbour.example/u/1?a=1&amp;b=2\">Leave</a></body></html>\r\n"
           "--x--\r\n";
}

mail::SmtpEnvelope to(std::string address) {
    mail::SmtpEnvelope envelope;
    envelope.mail_from = "b@harbour.example";
    envelope.rcpt_to = {std::move(address)};
    return envelope;
}

Result<std::string> no_key(std::string_view) {
    return not_found("no such record");
}

class Inbox : public testing::Test {
  protected:
    Inbox() { add_inbox_routes(router_, services_); }

    net::HttpResponse get(const std::string& target, const std::string& method = "GET",
                          const std::string& site = "") {
        net::HttpRequest request;
        request.method = method;
        request.target = target;
        request.path = target.substr(0, target.find('?'));
        request.query =
            target.find('?') == std::string::npos ? "" : target.substr(target.find('?') + 1);
        if (!site.empty()) {
            request.headers.set("Sec-Fetch-Site", site);
        }
        std::optional<net::HttpResponse> response;
        const net::HttpHandler handler = router_.handler();
        asio::co_spawn(io_, handler(request),
                       [&response](std::exception_ptr failure, net::HttpResponse result) {
                           EXPECT_FALSE(failure);
                           response = std::move(result);
                       });
        io_.run();
        io_.restart();
        return response.value();
    }
    boost::json::object api(const std::string& target) {
        const net::HttpResponse response = get(target);
        EXPECT_EQ(response.status, 200) << response.body;
        return boost::json::parse(response.body).as_object();
    }

    asio::io_context io_;
    FakeClock clock_;
    InboxStore store_{clock_, no_key};
    mail::Templates templates_ = mail::Templates::load().value();
    InboxServices services_{store_, templates_, "The Harbour Post"};
    Router router_;
};

TEST_F(Inbox, ListsTheNewestFirstAndByAddress) {
    store_.add(to("ann@example.com"), mail_text("First"));
    store_.add(to("bob@example.com"), mail_text("Second"));
    store_.add(to("ann@example.com"), mail_text("Third"));
    const boost::json::object all = api("/inbox/api/messages");
    EXPECT_EQ(all.at("count").to_number<int>(), 3);
    EXPECT_EQ(all.at("messages").as_array().at(0).as_object().at("subject").as_string(), "Third");
    const boost::json::object to_ann = api("/inbox/api/messages?to=Ann%40EXAMPLE.com");
    EXPECT_EQ(to_ann.at("messages").as_array().size(), 2U);
    EXPECT_EQ(api("/inbox/api/messages?after=2").at("messages").as_array().size(), 1U);
    EXPECT_EQ(api("/inbox/api/messages?before=2").at("messages").as_array().size(), 1U);
    EXPECT_EQ(api("/inbox/api/messages?limit=2").at("messages").as_array().size(), 2U);
    EXPECT_EQ(get("/inbox/api/messages?limit=x").status, 400);
    EXPECT_EQ(get("/inbox?limit=x").status, 400);
}

TEST_F(Inbox, TellsAllAboutOneMessage) {
    store_.add(to("ann@example.com"), mail_text("Storm"));
    const boost::json::object one = api("/inbox/api/messages/1");
    EXPECT_EQ(one.at("mail_from").as_string(), "b@harbour.example");
    EXPECT_EQ(one.at("rcpt_to").as_array().at(0).as_string(), "ann@example.com");
    EXPECT_EQ(one.at("message_id").as_string(), "1@harbour.example");
    EXPECT_EQ(one.at("raw").as_string(), mail_text("Storm"));
    const auto& links = one.at("links").as_array();
    ASSERT_EQ(links.size(), 2U);
    EXPECT_EQ(links.at(0).as_string(), "https://harbour.example/c/AbC-1_2");
    EXPECT_EQ(links.at(1).as_string(), "https://harbour.example/u/1?a=1&b=2");
    EXPECT_EQ(get("/inbox/api/messages/2").status, 404);
    EXPECT_EQ(get("/inbox/api/messages/x").status, 404);
}

TEST_F(Inbox, PagesEscapeWhatAMailSays) {
    store_.add(to("ann@example.com"), mail_text("<script>alert(2)</script>"));
    for (const char* target : {"/inbox", "/inbox/1", "/inbox/1?view=text", "/inbox/1?view=headers",
                               "/inbox/1?view=source", "/inbox/rows", "/inbox/1?view=nonsense"}) {
        const net::HttpResponse response = get(target);
        EXPECT_EQ(response.status, 200) << target;
        EXPECT_EQ(response.body.find("<script>alert"), std::string::npos) << target;
        EXPECT_NE(response.headers.get("Content-Security-Policy").find("script-src 'self'"),
                  std::string_view::npos);
    }
    EXPECT_NE(get("/inbox/1").body.find("sandbox=\"allow-popups"), std::string::npos);
    EXPECT_EQ(get("/inbox/7").status, 404);
}

TEST_F(Inbox, TheMailsOwnHtmlRunsNothing) {
    store_.add(to("ann@example.com"), mail_text("Storm"));
    const net::HttpResponse response = get("/inbox/1/html");
    const std::string_view policy = response.headers.get("Content-Security-Policy");
    EXPECT_NE(policy.find("default-src 'none'"), std::string_view::npos);
    EXPECT_NE(policy.find("sandbox allow-popups"), std::string_view::npos);
    EXPECT_EQ(policy.find("script-src"), std::string_view::npos);
    EXPECT_EQ(policy.find("allow-scripts"), std::string_view::npos);
    EXPECT_EQ(policy.find("allow-same-origin"), std::string_view::npos);
    EXPECT_NE(response.body.find("<head><base target=\"_blank\">"), std::string::npos);
}

TEST_F(Inbox, AMessageThatIsNoMailIsShownAllTheSame) {
    store_.add(to("ann@example.com"), std::string("\xff\xfe\x01 what\r\n"));
    store_.add(to("ann@example.com"), "");
    for (const char* target : {"/inbox", "/inbox/1", "/inbox/1?view=source", "/inbox/2",
                               "/inbox/1/html", "/inbox/api/messages/1", "/inbox/api/messages"}) {
        EXPECT_EQ(get(target).status, 200) << target;
    }
    EXPECT_EQ(get("/inbox/1/raw").body, "\xff\xfe\x01 what\r\n");
}

TEST_F(Inbox, IsEmptiedByItsOwnPageOnly) {
    store_.add(to("ann@example.com"), mail_text("Storm"));
    EXPECT_EQ(get("/inbox/clear", "POST", "cross-site").status, 403);
    EXPECT_EQ(store_.size(), 1U);
    EXPECT_EQ(get("/inbox/clear", "POST", "same-origin").status, 303);
    EXPECT_EQ(store_.size(), 0U);
    EXPECT_NE(get("/inbox").body.find("No mail yet"), std::string::npos);
}

TEST(InboxStore, ForgetsTheOldest) {
    const FakeClock clock;
    InboxStore store(clock, no_key, InboxStore::Limits{3, 1'000});
    for (int i = 0; i < 5; ++i) {
        store.add(to("a@b.example"), "x");
    }
    EXPECT_EQ(store.size(), 3U);
    EXPECT_EQ(store.forgotten(), 2U);
    EXPECT_EQ(store.find(2), nullptr);
    ASSERT_NE(store.find(3), nullptr);
    EXPECT_EQ(store.newest(), 5U);
    store.add(to("a@b.example"), std::string(999, 'x'));
    EXPECT_EQ(store.size(), 2U);
}

TEST(InboxStore, ChangedEndsWhenMailComes) {
    const FakeClock clock;
    InboxStore store(clock, no_key);
    asio::io_context io;
    bool ended = false;
    asio::co_spawn(io, store.changed(Milliseconds(60'000)),
                   [&ended](std::exception_ptr) { ended = true; });
    io.poll();
    EXPECT_FALSE(ended);
    store.add(to("a@b.example"), "x");
    io.poll();
    EXPECT_TRUE(ended);
}

TEST(InboxLinks, OfHostileText) {
    mail::ParsedMail mail;
    mail.text =
        "httphttp://a.example/x, (https://b.example/y?z=1). http://a.example/x https:// end";
    mail.html = "<a href=\"javascript:alert(1)\">x</a><a href=\"https://c.example";
    // A bare "https://" leads nowhere.
    EXPECT_EQ(links_of(mail),
              (std::vector<std::string>{"https://b.example/y?z=1", "http://a.example/x",
                                        "https://c.example"}));
}

}  // namespace
}  // namespace tocsin::web
