#include "mail/header.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/random.h"
#include "mail/mime_reader.h"
#include "mail/sample_mail.h"

namespace tocsin::mail {
namespace {

std::string subject(std::string_view text) {
    const auto field = HeaderField::text("Subject", text);
    EXPECT_TRUE(field) << field.error().message();
    return field ? field->raw() : std::string();
}

std::string from(std::string_view display, std::string_view address = "news@example.com") {
    const auto field = HeaderField::mailbox("From", display, address);
    EXPECT_TRUE(field) << field.error().message();
    return field ? field->raw() : std::string();
}

TEST(Header, PlainTextStaysPlainAndFoldsAtSpaces) {
    EXPECT_EQ(subject("Dam breaks"), "Subject: Dam breaks\r\n");
    EXPECT_EQ(subject(std::string(40, 'a') + " " + std::string(40, 'b')),
              "Subject: " + std::string(40, 'a') + "\r\n " + std::string(40, 'b') + "\r\n");
}

TEST(Header, EncodesWhatAsciiCannotCarry) {
    EXPECT_EQ(subject("Caf\xC3\xA9 open"), "Subject: =?utf-8?Q?Caf=C3=A9_open?=\r\n");
    EXPECT_EQ(subject("=?utf-8?Q?x?="), "Subject: =?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?=\r\n");
    EXPECT_EQ(subject("two  blanks"), "Subject: =?utf-8?Q?two__blanks?=\r\n");
    EXPECT_EQ(subject("\xE6\x97\xA5\xE6\x9C\xAC"), "Subject: =?utf-8?B?5pel5pys?=\r\n");
}

TEST(Header, RefusesControlCharactersAndNeverStripsThem) {
    for (const std::string bad : {"a\rb", "a\nb", "a\r\nBcc: x@example.com", "a\x01"}) {
        EXPECT_FALSE(HeaderField::text("Subject", bad));
        EXPECT_FALSE(HeaderField::mailbox("From", bad, "a@example.com"));
        EXPECT_FALSE(HeaderField::mailbox("From", "a", bad + "@example.com"));
        EXPECT_FALSE(HeaderField::verbatim("List-Id", bad));
        EXPECT_FALSE(HeaderField::any("X-Note", bad));
        EXPECT_FALSE(HeaderField::text(bad, "x"));
    }
    EXPECT_FALSE(HeaderField::text("Subject", std::string("a\0b", 3)));
    EXPECT_FALSE(HeaderField::text("Subject", "\xFF"));
    EXPECT_FALSE(HeaderField::text("Sub ject", "x"));
    EXPECT_FALSE(HeaderField::text("", "x"));
    EXPECT_FALSE(HeaderField::text("Subject", ""));
    EXPECT_FALSE(HeaderField::verbatim("List-Id", ""));
    EXPECT_FALSE(HeaderField::verbatim("List-Id", std::string(999, 'x')));
}

TEST(Header, MailboxesQuoteOrEncodeTheName) {
    EXPECT_EQ(from(""), "From: news@example.com\r\n");
    EXPECT_EQ(from("The Daily"), "From: The Daily <news@example.com>\r\n");
    EXPECT_EQ(from("News, Inc."), "From: \"News, Inc.\" <news@example.com>\r\n");
    EXPECT_EQ(from("A \"B\" \\"), "From: \"A \\\"B\\\" \\\\\" <news@example.com>\r\n");
    EXPECT_EQ(from("a@b.c"), "From: \"a@b.c\" <news@example.com>\r\n");
    EXPECT_EQ(from("Z\xC3\xBCri"), "From: =?utf-8?Q?Z=C3=BCri?= <news@example.com>\r\n");
    EXPECT_FALSE(HeaderField::mailbox("From", "x", "a@b,c@d"));
    EXPECT_FALSE(HeaderField::mailbox("From", "x", "a@b>"));
}

TEST(Header, ListIdsEncodeTheNameAlone) {
    const auto raw = [](std::string_view display) {
        return HeaderField::list_id(display, "breaking.news.example")->raw();
    };
    EXPECT_EQ(raw("Breaking news"), "List-Id: Breaking news <breaking.news.example>\r\n");
    EXPECT_EQ(raw(""), "List-Id: <breaking.news.example>\r\n");
    EXPECT_EQ(raw("News, sport"), "List-Id: \"News, sport\" <breaking.news.example>\r\n");
    EXPECT_EQ(raw("Z\xC3\xBCrich"), "List-Id: =?utf-8?Q?Z=C3=BCrich?= <breaking.news.example>\r\n");
    EXPECT_FALSE(HeaderField::list_id("x", "a>b"));
    EXPECT_FALSE(HeaderField::list_id("x", ""));
    EXPECT_FALSE(HeaderField::list_id("x\n", "a.b"));
}

// Whatever the text: lines fit, nothing but ASCII, and a mail reader gets the same text back.
TEST(Header, AnyTextComesBackAsItWas) {
    const char* given = std::getenv("TOCSIN_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261124;
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    SeededRandom random(seed);
    const std::string_view pieces[] = {
        "a", " ",  "\xC3\xA9", "\xF0\x9F\x93\xB0", "=?", "?=", "_", "\"", "\\", ",", "<",
        ">", "\t", "word",     "\xE6\x97\xA5",     "(",  ".",  "@"};
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        const std::uint64_t count = 1 + random.below(60);
        for (std::uint64_t i = 0; i < count; ++i) {
            text += pieces[random.below(std::size(pieces))];
        }
        const std::string raw = subject(text);
        const std::string sender = from(text);
        for (const std::string* field : {&raw, &sender}) {
            std::string_view rest = *field;
            while (!rest.empty()) {
                const std::size_t end = rest.find("\r\n");
                ASSERT_NE(end, std::string_view::npos);
                EXPECT_LE(end, 998U);
                EXPECT_FALSE(trim(rest.substr(0, end)).empty()) << text;
                rest.remove_prefix(end + 2);
                EXPECT_TRUE(rest.empty() || rest.front() == ' ');
            }
        }
        const auto mail = parse_mail(raw + sender + "\r\nbody\r\n");
        ASSERT_TRUE(mail);
        EXPECT_EQ(mail->headers.size(), 2U);
        EXPECT_EQ(mail->subject, text) << raw;
        EXPECT_THAT(mail->from, testing::HasSubstr("news@example.com"));
    }
}

TEST(Header, ReplaysItsCorpus) {
    sample::replay_corpus("header", [](const std::string& bytes) {
        const auto field = HeaderField::text("Subject", bytes);
        if (field) {
            EXPECT_EQ(parse_mail(field->raw() + "\r\n")->subject, bytes);
        }
    });
}

}  // namespace
}  // namespace tocsin::mail
