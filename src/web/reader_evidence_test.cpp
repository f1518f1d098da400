// Whatever a reader does on a page is recorded with where it came from and in which language it was
// asked.
#include "web/reader_evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "web/reader_pages_fixture.h"

namespace tocsin::web {
namespace {

using testing::HasSubstr;

class ReaderEvidenceTest : public ReaderPagesTest {
  protected:
    ReaderEvidenceTest() { services_.languages = {"en", "de"}; }

    int press(const std::string& path, const std::string& body, const std::string& query) {
        net::HttpRequest request;
        request.method = "POST";
        request.path = path;
        request.query = query;
        request.body = body;
        request.peer = "192.0.2.7";
        request.headers.set("Content-Type", "application/x-www-form-urlencoded");
        request.headers.set("User-Agent", "Reader/1.0");
        return send(std::move(request)).status;
    }
    // Of the newest event; the reader may be gone.
    audience::ReaderConsent newest(const std::string& address) {
        return record(address).consent.back();
    }
    void expect_known(const audience::ReaderConsent& consent, std::string_view type,
                      std::string_view language) {
        EXPECT_EQ(consent.entry.type, type);
        ASSERT_TRUE(consent.origin) << type;
        EXPECT_EQ(consent.origin->ip, "192.0.2.7") << type;
        EXPECT_EQ(consent.origin->user_agent, "Reader/1.0") << type;
        EXPECT_EQ(consent.detail.locale, language) << type;
    }
    const std::string ann_ = "ann@readers.example";
};

TEST_F(ReaderEvidenceTest, OfTheConfirmationMailsTwoLinks) {
    ASSERT_TRUE(sign_up(ann_));
    const std::string mail = outbox().back().message;
    ASSERT_EQ(press("/n/" + token_in(mail, "/n/"), "", "lang=de"), 200);
    expect_known(newest(ann_), "withdrawn", "de");
    EXPECT_THAT(newest(ann_).wording, HasSubstr("\n[button] "));
    ASSERT_TRUE(sign_up("ben@readers.example"));
    ASSERT_EQ(press("/c/" + token_in(outbox().back().message, "/c/"), "", "lang=de"), 200);
    expect_known(newest("ben@readers.example"), "confirmed", "de");
}

TEST_F(ReaderEvidenceTest, OfThePreferencesPage) {
    subscribe(ann_);
    const std::string path = "/p/" + manage_token(ann_);
    const std::string sport = "do=save&list=" + std::to_string(sport_.value());
    ASSERT_EQ(press(path, sport, "lang=de"), 200);
    expect_known(newest(ann_), "withdrawn", "de");  // of the list that is not ticked
    EXPECT_EQ(newest(ann_).detail.form_id, "preferences");
    ASSERT_EQ(press(path, "do=leave", "lang=en"), 200);
    expect_known(newest(ann_), "withdrawn", "en");
    ASSERT_EQ(press(path + "/export", "", "lang=de"), 200);
    expect_known(newest(ann_), "exported", "de");
    EXPECT_EQ(newest(ann_).detail.page_url, "https://alerts.example/p/***/export");
}

TEST_F(ReaderEvidenceTest, AnErasureKeepsNothingOfIt) {
    subscribe(ann_);
    ASSERT_EQ(press("/p/" + manage_token(ann_) + "/erase", "sure=yes", "lang=de"), 200);
    EXPECT_EQ(count("SELECT COUNT(*) FROM consent_event WHERE type = 'erased'"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM consent_origin"), 0);
}

TEST_F(ReaderEvidenceTest, OfLeavingByThePageAndByOneClick) {
    subscribe(ann_);
    const std::string path = "/u/" + unsubscribe_token(ann_, news_);
    ASSERT_EQ(press(path, "via=page", "lang=de"), 200);
    expect_known(newest(ann_), "withdrawn", "de");
    EXPECT_EQ(newest(ann_).entry.method, "web_form");
    EXPECT_THAT(newest(ann_).wording, HasSubstr("\n[button] "));
    subscribe("ben@readers.example");
    ASSERT_EQ(press("/u/" + unsubscribe_token("ben@readers.example", news_),
                    "List-Unsubscribe=One-Click", ""),
              200);
    expect_known(newest("ben@readers.example"), "withdrawn", "");  // nobody was shown anything
    EXPECT_EQ(newest("ben@readers.example").entry.method, "one_click");
}

// The page says in which language its form was, whatever the browser asks for.
TEST_F(ReaderEvidenceTest, PagesAndTheirFormsAreInTheReadersLanguage) {
    ASSERT_TRUE(sign_up(ann_));
    execute("UPDATE subscriber SET locale = 'de'");
    const std::string mail = outbox().back().message;
    const auto not_me = get("/n/" + token_in(mail, "/n/"));
    EXPECT_THAT(not_me.body, HasSubstr("<html lang=\"de\""));
    EXPECT_THAT(not_me.body, HasSubstr("?lang=de\""));
    EXPECT_THAT(get("/p/" + manage_token(ann_)).body, HasSubstr("/erase?lang=de\""));
    EXPECT_THAT(get("/u/" + unsubscribe_token(ann_, news_)).body, HasSubstr("?lang=de\""));
}

}  // namespace
}  // namespace tocsin::web
