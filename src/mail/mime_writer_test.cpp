#include "mail/mime_writer.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "mail/canonical.h"

namespace tocsin::mail {
namespace {

std::string qp(std::string_view text) {
    const auto body = write_body(text, "", {});
    EXPECT_TRUE(body) << body.error().message();
    return body ? body->bytes : std::string();
}

// An independent reading of RFC 2045 section 6.7.
std::string decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=') {
            out.push_back(text[i]);
        } else if (text.substr(i + 1).starts_with("\r\n")) {
            i += 2;
        } else {
            out.push_back(
                static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)));
            i += 2;
        }
    }
    return out;
}

void expect_wire_form(std::string_view body) {
    EXPECT_EQ(canonical_body(body, Canonicalization::Relaxed), body);
    while (!body.empty()) {
        const std::size_t end = body.find("\r\n");
        ASSERT_NE(end, std::string_view::npos);
        const std::string_view line = body.substr(0, end);
        EXPECT_LE(line.size(), 76U);
        EXPECT_FALSE(line.starts_with('.'));
        EXPECT_FALSE(line.starts_with("From "));
        for (const char c : line) {
            EXPECT_TRUE(c >= 0x20 && c <= 0x7E) << static_cast<int>(c);
        }
        body.remove_prefix(end + 2);
    }
}

TEST(MimeWriter, SpellsOutWhatTransportsChange) {
    EXPECT_EQ(qp("a b"), "a b\r\n");
    EXPECT_EQ(qp("a \nb"), "a=20\r\nb\r\n");
    EXPECT_EQ(qp("a  b"), "a =20b\r\n");
    EXPECT_EQ(qp(" a"), "=20a\r\n");
    EXPECT_EQ(qp("a\tb=c"), "a=09b=3Dc\r\n");
    EXPECT_EQ(qp(".\n..a"), "=2E\r\n=2E.a\r\n");
    EXPECT_EQ(qp("From here\nFromage"), "=46rom here\r\nFromage\r\n");
    EXPECT_EQ(qp("a\r\nb\rc\n"), "a\r\nb=0Dc\r\n");
    EXPECT_EQ(qp("\xC3\xA9"), "=C3=A9\r\n");
    EXPECT_EQ(qp("a\n\n\n"), "a\r\n");
}

TEST(MimeWriter, RefusesNulAndWhatIsNotUtf8) {
    EXPECT_FALSE(write_body(std::string("a\0b", 3), "", {}));
    EXPECT_FALSE(write_body("a", "\xC3", {}));
}

TEST(MimeWriter, AnyTextKeepsTheWireFormAndDecodes) {
    const char* given = std::getenv("TOCSIN_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 7;
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    SeededRandom random(seed);
    const std::string_view pieces[] = {".",  " ",     "  ",           "\n",   "\t",
                                       "=",  "From ", "\xC3\xA9",     "word", "-",
                                       "--", "\r\n",  "\xE2\x80\x9C", "x",    "=_"};
    for (int round = 0; round < 1000; ++round) {
        std::string text;
        const std::uint64_t count = random.below(120);
        for (std::uint64_t i = 0; i < count; ++i) {
            text += pieces[random.below(std::size(pieces))];
        }
        text += "end";
        std::string want;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const bool bare = text[i] == '\n' && (i == 0 || text[i - 1] != '\r');
            want += bare ? "\r\n" : std::string(1, text[i]);
        }
        const std::string out = qp(text);
        expect_wire_form(out);
        EXPECT_EQ(decode(out), want + "\r\n");
        const auto both = write_body(text, "<p>" + text + "</p>", {});
        ASSERT_TRUE(both);
        expect_wire_form(both->bytes);
        EXPECT_EQ(write_body(text, "<p>" + text + "</p>", {})->bytes, both->bytes);
    }
}

TEST(MimeWriter, SlotsLongerThanALineComeInPieces) {
    const Marker markers[] = {{"@@", "https://news.example/u/", Slot::UnsubscribeToken, 150}};
    const auto body = write_body("see @@ now @@", "", markers);
    ASSERT_TRUE(body);
    expect_wire_form(body->bytes);
    std::string filled = body->bytes;
    const std::string token = std::string(70, 'a') + std::string(80, 'b');
    std::size_t chars = 0;
    for (const SlotPiece& piece : body->slots) {
        filled.replace(piece.at, piece.length, token.substr(piece.from, piece.length));
        chars += piece.length;
    }
    EXPECT_EQ(chars, 300U);
    EXPECT_EQ(decode(filled), "see https://news.example/u/" + token +
                                  " now https://news.example/u/" + token + "\r\n");
}

}  // namespace
}  // namespace tocsin::mail
