#include "mail/alert_mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mail/sample_mail.h"

namespace tocsin::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(AlertMail, IsTheGoldenTextAndHtml) {
    const auto templates = Templates::load();
    ASSERT_TRUE(templates) << templates.error().message();
    const std::pair<AlertMailKind, std::string> kinds[] = {
        {AlertMailKind::Alert, "alert"},
        {AlertMailKind::Update, "update"},
        {AlertMailKind::Correction, "correction"},
        {AlertMailKind::Retraction, "retraction"}};
    for (const auto& [kind, name] : kinds) {
        const auto mail = render_alert_mail(*templates, sample::alert_values(kind));
        ASSERT_TRUE(mail);
        sample::expect_golden(name + ".html", mail->html);
        sample::expect_golden(name + ".txt", mail->text);
        EXPECT_LT(mail->html.size(), 30'000U);
        EXPECT_THAT(mail->html, Not(HasSubstr("src=")));  // no external resources
        EXPECT_THAT(mail->html, Not(HasSubstr("url(")));
        EXPECT_THAT(mail->html, HasSubstr("name=\"color-scheme\" content=\"light dark\""));
        EXPECT_THAT(mail->html, HasSubstr("href=\"" + std::string(kUnsubscribeUrlMarker) + "\""));
        EXPECT_THAT(mail->text, HasSubstr("\n" + std::string(kPreferencesUrlMarker) + "\n"));
    }
}

TEST(AlertMail, LeavesOutWhatIsNotGiven) {
    const auto templates = Templates::load();
    ASSERT_TRUE(templates);
    AlertMailValues values;
    values.newspaper = "The Courier";
    values.site_url = "https://news.example/";
    values.list_name = "Breaking news";
    values.headline = "Only a headline";
    const auto mail = render_alert_mail(*templates, values);
    ASSERT_TRUE(mail);
    sample::expect_golden("headline_only.txt", mail->text);
    EXPECT_THAT(mail->html, Not(HasSubstr("Read the full story")));
    EXPECT_THAT(mail->html, Not(HasSubstr("Privacy")));
    EXPECT_THAT(mail->html, Not(HasSubstr("href=\"\"")));
}

TEST(AlertMail, EscapesWhateverEditorsWrite) {
    const auto templates = Templates::load();
    ASSERT_TRUE(templates);
    AlertMailValues values = sample::alert_values(AlertMailKind::Alert);
    values.headline = "<script>alert(1)</script> & \"more\"";
    values.body = {"<img src=x onerror=alert(1)>"};
    values.article_url = "javascript:alert(1)";
    values.newspaper = "</title><b>";
    const auto mail = render_alert_mail(*templates, values);
    ASSERT_TRUE(mail);
    EXPECT_THAT(mail->html, Not(HasSubstr("<script")));
    EXPECT_THAT(mail->html, Not(HasSubstr("<img")));
    EXPECT_THAT(mail->html, Not(HasSubstr("javascript:")));
    EXPECT_THAT(mail->html, Not(HasSubstr("<b>")));
    EXPECT_THAT(mail->text, HasSubstr(values.headline));
}

TEST(AlertMail, SubjectsNameTheKind) {
    const auto templates = Templates::load();
    ASSERT_TRUE(templates) << templates.error().message();
    const Catalog& catalog = templates->catalog();
    EXPECT_EQ(alert_mail_subject(catalog, "en", AlertMailKind::Alert, "H"), "H");
    EXPECT_EQ(alert_mail_subject(catalog, "en", AlertMailKind::Update, "H"), "Update: H");
    EXPECT_EQ(alert_mail_subject(catalog, "en", AlertMailKind::Correction, "H"), "Correction: H");
    EXPECT_EQ(alert_mail_subject(catalog, "en", AlertMailKind::Retraction, "H"), "Retraction: H");
    EXPECT_EQ(alert_mail_subject(catalog, "de", AlertMailKind::Correction, "H"), "Berichtigung: H");
}

TEST(AlertMail, ParagraphsAreSplitAtBlankLines) {
    using testing::ElementsAre;
    EXPECT_THAT(split_paragraphs(" a\nb\r\n\r\n \n\nc"), ElementsAre("a b", "c"));
    EXPECT_THAT(split_paragraphs(" \n"), testing::IsEmpty());
}

}  // namespace
}  // namespace tocsin::mail
