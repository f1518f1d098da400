#include "mail/confirmation_mail.h"

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

ConfirmationMail confirmation() {
    ConfirmationMail mail;
    mail.to_address = "ann.reader@example.com";
    mail.lists = {"Breaking news alerts", "Offers, events and updates"};
    mail.confirm_url = "https://alerts.news.example/c/" + std::string(72, 'C');
    mail.not_me_url = "https://alerts.news.example/n/" + std::string(72, 'N');
    mail.date = sample::kDate;
    mail.message_id = "c.0011223344556677@news.example";
    return mail;
}

class ConfirmationMailTest : public testing::Test {
  protected:
    ConfirmationMailTest() : templates_(*Templates::load()) {}
    Templates templates_;
};

TEST_F(ConfirmationMailTest, IsTheGoldenMailAndVerifies) {
    const auto mail = compose_confirmation(templates_, sender(), confirmation());
    ASSERT_TRUE(mail) << mail.error().message();
    const auto signed_mail = dkim_sign_message(sample::keys(), *mail);
    ASSERT_TRUE(signed_mail);
    sample::expect_golden("confirm.eml", *signed_mail);
    for (const auto& verdict : dkim_verify(*signed_mail, sample::lookup(), sample::kDate)) {
        EXPECT_EQ(verdict.status, DkimStatus::Pass) << verdict.reason;
    }
    const auto parsed = parse_mail(*mail);
    ASSERT_TRUE(parsed);
    sample::expect_golden("confirm.html", parsed->html);
    sample::expect_golden("confirm.txt", parsed->text);
    EXPECT_EQ(parsed->header("Auto-Submitted"), "auto-generated");
    EXPECT_EQ(parsed->subject, "Confirm your sign-up to The Harbour Courier");
    EXPECT_THAT(parsed->html, HasSubstr("href=\"" + confirmation().confirm_url + "\""));
    EXPECT_THAT(parsed->text, HasSubstr(confirmation().confirm_url));
    EXPECT_THAT(parsed->text, HasSubstr(confirmation().not_me_url));
}

// The visitor's only word is the address, and the body does not repeat it.
TEST_F(ConfirmationMailTest, RepeatsNothingThatTheVisitorTyped) {
    ConfirmationMail mail = confirmation();
    mail.to_address = "buy-pills-at-evil-example@example.com";
    const auto parsed = parse_mail(*compose_confirmation(templates_, sender(), mail));
    ASSERT_TRUE(parsed);
    EXPECT_THAT(parsed->html, Not(HasSubstr("evil")));
    EXPECT_THAT(parsed->text, Not(HasSubstr("evil")));
    EXPECT_THAT(parsed->subject, Not(HasSubstr("evil")));
}

TEST_F(ConfirmationMailTest, ManageLinkIsTheGoldenMail) {
    ManageLinkMail mail;
    mail.to_address = "ann.reader@example.com";
    mail.manage_url = "https://alerts.news.example/p/" + std::string(72, 'P');
    mail.date = sample::kDate;
    mail.message_id = "m.0011223344556677@news.example";
    const auto composed = compose_manage_link(templates_, sender(), mail);
    ASSERT_TRUE(composed) << composed.error().message();
    sample::expect_golden("manage.eml", *dkim_sign_message(sample::keys(), *composed));
    EXPECT_THAT(parse_mail(*composed)->text, HasSubstr(mail.manage_url));
}

// In the reader's language, whatever the newsroom's: lang, direction, subject, link.
TEST_F(ConfirmationMailTest, SpeaksEveryLanguage) {
    for (const std::string& language : templates_.catalog().languages()) {
        ConfirmationMail mail = confirmation();
        mail.language = language;
        const auto parsed = parse_mail(*compose_confirmation(templates_, sender(), mail));
        ASSERT_TRUE(parsed) << language;
        const bool rtl = templates_.catalog().direction(language) == Direction::RightToLeft;
        EXPECT_THAT(parsed->html, HasSubstr("<html lang=\"" + language + "\" dir=\"" +
                                            (rtl ? "rtl" : "ltr") + "\""));
        EXPECT_EQ(parsed->subject, templates_.catalog().text(language, "mail_confirm.subject",
                                                             {{"NEWSPAPER", sender().newspaper}}));
        EXPECT_THAT(parsed->html, HasSubstr("href=\"" + mail.confirm_url + "\""));
        EXPECT_THAT(parsed->text, HasSubstr("\n" + mail.confirm_url + "\r\n"));
        EXPECT_EQ(parsed->text.find("{{"), std::string::npos);
        if (rtl) {  // the newspaper's Latin name stands by itself
            EXPECT_THAT(parsed->text, HasSubstr("\u2068The Harbour Courier\u2069"));
        }
    }
}

TEST_F(ConfirmationMailTest, RefusesAddressesAndNamesThatCouldInject) {
    ConfirmationMail mail = confirmation();
    mail.to_address = "a@b.example\r\nBcc: c@d.example";
    EXPECT_FALSE(compose_confirmation(templates_, sender(), mail));
    MailSender named = sender();
    named.newspaper = "x\r\nBcc: c@d.example";
    EXPECT_FALSE(compose_confirmation(templates_, named, confirmation()));
    mail = confirmation();
    mail.message_id = "x>\r\nBcc: c@d.example";
    EXPECT_FALSE(compose_confirmation(templates_, sender(), mail));
}

TEST(SingleMail, MayBeTextAlone) {
    SingleMail mail;
    mail.from_address = "desk@news.example";
    mail.to_address = "ed@news.example";
    mail.subject = "Sign in";
    mail.date = sample::kDate;
    mail.message_id = "1@news.example";
    mail.text = ".one\n\n\n";
    const auto out = build_single_mail(mail);
    ASSERT_TRUE(out) << out.error().message();
    EXPECT_TRUE(
        out->ends_with("Content-Type: text/plain; charset=utf-8\r\n"
                       "Content-Transfer-Encoding: quoted-printable\r\n\r\n=2Eone\r\n"))
        << *out;
    mail.extra_headers = {{"from", "x@y.example"}};
    EXPECT_FALSE(build_single_mail(mail));
}

}  // namespace
}  // namespace tocsin::mail
