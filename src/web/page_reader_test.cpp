// Which language a page speaks, and that pages, mails and evidence agree about it.
#include "web/page_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audience/audience_fixture.h"
#include "mail/mime_reader.h"
#include "net/form.h"
#include "web/router.h"

namespace tocsin::web {
namespace {

using audience::finish;
using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kLanguages = {"ar", "de", "en", "pt"};

TEST(PageReader, TagsFindTheirLanguage) {
    EXPECT_EQ(language_for_tag(kLanguages, "de"), "de");
    EXPECT_EQ(language_for_tag(kLanguages, "pt-BR"), "pt");
    EXPECT_EQ(language_for_tag(kLanguages, "AR-Arab-EG"), "ar");
    for (const std::string_view none : {"", "fr", "d", "deu", "-", "de_DE", "<de>"}) {
        EXPECT_EQ(language_for_tag(kLanguages, none), "") << none;
    }
}

TEST(PageReader, AcceptLanguageIsReadByItsWeights) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"de", "de"},
        {"fr, de;q=0.5, ar;q=0.7", "ar"},
        {"de-CH;q=0.9,en;q=0.9", "de"},  // the first of equals
        {"de;q=0, en;q=0.001", "en"},
        {"de;q=1.000", "de"},
        {"de ; q=0.5 , pt", "pt"},
        {"de;q=0.5;x=1, pt;q=0.1", "pt"},  // what cannot be read counts for nothing
        {"de;q=2,ar;q=0.1", "ar"},
        {"*", ""},
        {"fr", ""},
        {",,;q=1,", ""},
        {"", ""},
    };
    for (const auto& [header, language] : cases) {
        EXPECT_EQ(language_for_header(kLanguages, header), language) << header;
    }
    EXPECT_EQ(language_for_header(kLanguages, std::string(100'000, ',') + "de"), "");
}

class PageLanguageTest : public audience::AudienceTest {
  protected:
    PageLanguageTest()
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
                    {"en", "ar", "de", "fr"}} {
        add_reader_routes(router_, services_);
        handler_ = router_.handler();
    }
    net::HttpResponse send(const std::string& method, const std::string& address,
                           const std::string& accepts, const std::string& body = "") {
        net::HttpRequest request;
        request.method = method;
        request.target = address;
        request.path = address.substr(0, address.find('?'));
        request.query = address.substr(std::min(address.find('?'), address.size() - 1) + 1);
        request.query = address.find('?') == std::string::npos ? "" : request.query;
        request.body = body;
        request.headers.set("Accept", "text/html");
        if (!body.empty()) {
            request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        }
        if (!accepts.empty()) {
            request.headers.set("Accept-Language", accepts);
        }
        return finish(handler_(std::move(request)));
    }
    std::string language_of(const std::string& address, const std::string& accepts) {
        const auto response = send("GET", address, accepts);
        EXPECT_THAT(std::string(response.headers.get("vary")), HasSubstr("Accept-Language"));
        const std::string language(response.headers.get("content-language"));
        EXPECT_THAT(response.body, HasSubstr("<html lang=\"" + language + "\""));
        return language;
    }

    ReaderServices services_;
    Router router_;
    net::HttpHandler handler_;
};

TEST_F(PageLanguageTest, IsAskedForOrAcceptedOrTheListsOrTheNewsrooms) {
    ASSERT_TRUE(finish(audience_->create_list({"monde", "Monde", "", "fr-FR"})));
    EXPECT_EQ(language_of("/alerts", ""), "en");
    EXPECT_EQ(language_of("/alerts", "ja, de;q=0.5"), "de");
    EXPECT_EQ(language_of("/alerts", "it"), "en");  // there is a catalog, but it is not offered
    EXPECT_EQ(language_of("/alerts?lang=ar", "de"), "ar");
    EXPECT_EQ(language_of("/alerts?lang=xx", "de"), "de");
    EXPECT_EQ(language_of("/lists/monde", ""), "fr");
    EXPECT_EQ(language_of("/lists/monde", "ja"), "fr");
    EXPECT_EQ(language_of("/lists/monde", "de"), "de");
    EXPECT_EQ(language_of("/nowhere", "de"), "de");
    const auto rtl = send("GET", "/lists/monde", "ar-EG");
    EXPECT_THAT(rtl.body, HasSubstr("<html lang=\"ar\" dir=\"rtl\">"));
    EXPECT_THAT(rtl.body, HasSubstr("action=\"/lists/monde/signup?lang=ar\""));
    EXPECT_FALSE(finish(audience_->create_list({"x", "X", "", "xx"})));
    const auto changed = finish(audience_->set_list_language("monde", ""));
    ASSERT_TRUE(changed);
    EXPECT_EQ(language_of("/lists/monde", ""), "en");
}

TEST_F(PageLanguageTest, WhatIsPastedSpeaksTheListsLanguageAndNamesItSafely) {
    ASSERT_TRUE(finish(audience_->create_list({"nuit", "La \"Nuit\" & <b>", "", "fr"})));
    const std::string page = send("GET", "/embed/nuit/snippet", "en").body;
    EXPECT_THAT(page, HasSubstr("/embed.js?lang=fr&quot;"));
    const std::string_view name = "La &amp;quot;Nuit&amp;quot; &amp;amp; &amp;lt;b&amp;gt;&quot;";
    EXPECT_THAT(page, HasSubstr("data-tocsin-name=&quot;" + std::string(name)));
    EXPECT_THAT(page, HasSubstr("title=&quot;Sign up to " + std::string(name)));
}

// Whatever browser opens the links afterwards, the reader is spoken to as they signed up.
TEST_F(PageLanguageTest, FollowsTheReaderIntoMailsAndBehindTheirLinks) {
    const auto done =
        send("POST", "/lists/breaking/signup?lang=de", "fr", "email=ann%40readers.example");
    EXPECT_THAT(done.body, HasSubstr("Sehen Sie in Ihr Postfach"));
    const auto mail = mail::parse_mail(outbox().back().message);
    ASSERT_TRUE(mail);
    EXPECT_THAT(mail->subject, HasSubstr("Bestätigen Sie Ihre Anmeldung"));
    EXPECT_THAT(mail->html, HasSubstr("<html lang=\"de\""));
    EXPECT_THAT(mail->text, HasSubstr("3 Tage"));
    const std::size_t at = mail->text.find("/c/");
    ASSERT_NE(at, std::string::npos);
    const std::string link = mail->text.substr(at, mail->text.find_first_of("\r\n", at) - at);
    const auto page = send("GET", link, "en");
    EXPECT_THAT(page.body, HasSubstr("Anmeldung bestätigen"));
    EXPECT_THAT(page.body, HasSubstr("?lang=de\""));
    const auto confirmed = send("POST", link + "?lang=de", "en", "x=");
    EXPECT_THAT(confirmed.body, HasSubstr("Danke für Ihre Anmeldung"));
    const auto record = finish(audience_->show_by_address("ann@readers.example"));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->locale, "de");
    EXPECT_THAT(record->consent.front().wording, HasSubstr("[button] Anmelden"));
    EXPECT_THAT(record->consent.front().wording, HasSubstr("Datenschutzhinweise: https://"));
    EXPECT_EQ(record->consent.back().wording,
              "Bestätigen Sie Ihre Anmeldung\n" +
                  templates_->catalog().text("de", "confirm.what",
                                             {{"ADDRESS", "…"}, {"LIST_NAME", "Breaking news"}}) +
                  "\n[button] Anmeldung bestätigen");
}

}  // namespace
}  // namespace tocsin::web
