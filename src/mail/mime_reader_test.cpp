#include "mail/mime_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/random.h"
#include "mail/sample_mail.h"

namespace tocsin::mail {
namespace {

TEST(MimeReader, ReadsPartsHeadersAndAttachments) {
    const auto mail = parse_mail(
        "From: =?utf-8?Q?J=C3=BCrg?= <j@example.com>\r\nTo: a@example.com, b@example.com\r\n"
        "Subject: =?iso-8859-1?Q?Caf=E9?=\r\n folded\r\nDate: Tue, 24 Nov 2026 07:35:59 +0100\r\n"
        "Message-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9\r\n"
        "--b\r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n"
        "--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename=\"../a.pdf\"\r\n\r\naGVsbG8=\r\n--b--\r\n");
    ASSERT_TRUE(mail) << mail.error().message();
    EXPECT_EQ(mail->subject, "Caf\xC3\xA9 folded");
    EXPECT_THAT(mail->from, testing::HasSubstr("J\xC3\xBCrg"));
    EXPECT_EQ(mail->to, "a@example.com, b@example.com");
    EXPECT_EQ(mail->date, sample::kDate);
    EXPECT_EQ(mail->message_id, "1@example.com");
    EXPECT_THAT(mail->text, testing::StartsWith("caf\xC3\xA9"));
    EXPECT_THAT(mail->html, testing::StartsWith("<p>hi</p>"));
    ASSERT_EQ(mail->attachments.size(), 1U);
    EXPECT_EQ(mail->attachments[0].name, "../a.pdf");
    EXPECT_EQ(mail->attachments[0].content_type, "application/pdf");
    EXPECT_EQ(mail->attachments[0].bytes, 5U);
    EXPECT_EQ(mail->header("mime-version"), "1.0");
    EXPECT_EQ(mail->header("x-none"), "");
}

TEST(MimeReader, RefusesWhatIsNoMailOrTooLong) {
    EXPECT_FALSE(parse_mail(""));
    EXPECT_FALSE(parse_mail("\r\n\r\njust a body"));
    EXPECT_EQ(parse_mail(std::string(limits::kMessageBytesMax + 1, 'x')).error().kind(),
              ErrorKind::Limited);
}

TEST(MimeReader, SurvivesDeepNestingAndManyParts) {
    std::string deep = "From: a@example.com\r\n";
    for (int i = 0; i < 3000; ++i) {
        const std::string b = "b" + std::to_string(i);
        deep += "Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n";
    }
    EXPECT_TRUE(parse_mail(deep));
    std::string wide = "From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 20'000; ++i) {
        wide += "--b\r\n\r\nx\r\n";
    }
    const auto mail = parse_mail(wide);
    ASSERT_TRUE(mail);
    EXPECT_LE(mail->attachments.size(), 256U);
    std::string nested = "From: a@example.com\r\n";
    for (int i = 0; i < 3000; ++i) {
        nested += "Content-Type: message/rfc822\r\n\r\n";
    }
    EXPECT_TRUE(parse_mail(nested));
}

TEST(MimeReader, AlwaysGivesUtf8) {
    const char* given = std::getenv("TOCSIN_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 3;
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    SeededRandom random(seed);
    const std::string good = sample::read("alert.eml");
    for (int round = 0; round < 300; ++round) {
        std::string bytes = good;
        for (int i = 0; i < 30; ++i) {
            bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
        }
        const auto mail = parse_mail(bytes);
        if (!mail) {
            continue;
        }
        EXPECT_TRUE(is_utf8(mail->subject) && is_utf8(mail->from) && is_utf8(mail->to));
        EXPECT_TRUE(is_utf8(mail->text) && is_utf8(mail->html));
        for (const auto& [name, value] : mail->headers) {
            EXPECT_TRUE(is_utf8(name) && is_utf8(value));
        }
    }
}

TEST(MimeReader, ReplaysItsCorpus) {
    sample::replay_corpus("mime", [](const std::string& bytes) {
        const auto mail = parse_mail(bytes);
        EXPECT_TRUE(!mail || (is_utf8(mail->subject) && is_utf8(mail->html)));
    });
}

}  // namespace
}  // namespace tocsin::mail
