#include "mail/digest_mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mail/mime_reader.h"
#include "mail/sample_mail.h"
#include "mail/single_mail.h"

namespace tocsin::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

MailSender sender() {
    return {"The Harbour Courier", "alerts@news.example", "https://news.example/",
            "1 Signal Street, Port Example 10115", "https://news.example/privacy"};
}

DigestMail digest() {
    DigestMail mail;
    mail.to_address = "ann.reader@example.com";
    mail.stories = {
        {"Storm surge breaches the Old Harbour wall", "4,000 people are told to leave the Quays.",
         "https://news.example/harbour-wall?from=digest&edition=1", "24 November 2026, 06:35"},
        {"Two hurt at the wall", "", "https://news.example/hurt", "24 November 2026, 06:50", true}};
    mail.preferences_url = "https://alerts.news.example/p/" + std::string(72, 'P');
    mail.unsubscribe_url = "https://alerts.news.example/u/" + std::string(72, 'U');
    mail.date = sample::kDate;
    mail.message_id = "d.0011223344556677@news.example";
    return mail;
}

class DigestMailTest : public testing::Test {
  protected:
    DigestMailTest() : templates_(*Templates::load()) {}
    ParsedMail parsed(const DigestMail& mail) {
        const auto composed = compose_digest(templates_, sender(), mail);
        EXPECT_TRUE(composed) << composed.error().message();
        return *parse_mail(*composed);
    }
    Templates templates_;
};

TEST_F(DigestMailTest, IsTheGoldenTextAndHtml) {
    const auto mail = parsed(digest());
    sample::expect_golden("digest.html", mail.html);
    sample::expect_golden("digest.txt", mail.text);
    EXPECT_LT(mail.html.size(), 30'000U);
    EXPECT_THAT(mail.html, Not(HasSubstr("src=")));  // nothing to load
    EXPECT_THAT(mail.html, Not(HasSubstr("url(")));
    EXPECT_EQ(mail.header("List-Unsubscribe"), "<" + digest().unsubscribe_url + ">");
    EXPECT_EQ(mail.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    EXPECT_EQ(mail.header("Auto-Submitted"), "auto-generated");
    EXPECT_THAT(mail.text, HasSubstr(digest().preferences_url));
}

TEST_F(DigestMailTest, SpeaksEveryLanguageInItsDirection) {
    for (const std::string& language : templates_.catalog().languages()) {
        DigestMail in_language = digest();
        in_language.language = language;
        const auto mail = parsed(in_language);
        const bool rtl = templates_.catalog().direction(language) == Direction::RightToLeft;
        EXPECT_THAT(mail.html, HasSubstr("<html lang=\"" + language + "\" dir=\"" +
                                         (rtl ? "rtl" : "ltr") + "\""));
        EXPECT_THAT(mail.html, HasSubstr("href=\"https://news.example/hurt\""));
        EXPECT_THAT(mail.text, HasSubstr("\nhttps://news.example/hurt\r\n"));
        EXPECT_EQ(mail.text.find("{{"), std::string::npos);
    }
}

TEST_F(DigestMailTest, StaysSmallHoweverManyStoriesAreIn) {
    DigestMail mail = digest();
    mail.stories.assign(10, mail.stories.front());
    EXPECT_LT(parsed(mail).html.size(), 30'000U);
}

TEST_F(DigestMailTest, EscapesWhateverEditorsWrite) {
    DigestMail mail = digest();
    mail.stories.front().headline = "<script>alert(1)</script> & \"more\"";
    mail.stories.front().summary = "<img src=x onerror=alert(1)>";
    mail.stories.front().url = "javascript:alert(1)";
    const auto seen = parsed(mail);
    EXPECT_THAT(seen.html, Not(HasSubstr("<script")));
    EXPECT_THAT(seen.html, Not(HasSubstr("<img")));
    EXPECT_THAT(seen.html, Not(HasSubstr("javascript:")));
    EXPECT_THAT(seen.text, HasSubstr(mail.stories.front().headline));
}

// The first story's headline is in the subject.
TEST_F(DigestMailTest, AHeadlineIsNoHeader) {
    DigestMail mail = digest();
    mail.stories.front().headline = "Fire\r\nBcc: eve@evil.example";
    if (const auto composed = compose_digest(templates_, sender(), mail)) {
        EXPECT_THAT(*composed, Not(HasSubstr("\nBcc:")));
    }
    mail.stories.front().headline = "Caf\u00e9 quarter under water: " + std::string(300, 'x');
    const auto composed = compose_digest(templates_, sender(), mail);
    ASSERT_TRUE(composed);
    EXPECT_THAT(parse_mail(*composed)->subject, HasSubstr("Caf\u00e9 quarter"));
    mail = digest();
    mail.to_address = "a@b.example\r\nBcc: c@d.example";
    EXPECT_FALSE(compose_digest(templates_, sender(), mail));
}

}  // namespace
}  // namespace tocsin::mail
