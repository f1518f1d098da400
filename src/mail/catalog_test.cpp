#include "mail/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::mail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

using Files = std::vector<std::pair<std::string, std::string>>;

const std::string kEn = R"({"language.direction": "ltr", "a.b": "Hello {{NAME}}, <a>go</a>",
    "n.one": "{{N}} hour", "n.other": "{{N}} hours"})";

std::string problem(const std::string& language, const std::string& text) {
    const auto catalog = Catalog::load_from(Files{{"en", kEn}, {language, text}});
    if (!catalog) {
        return catalog.error().message();
    }
    const Status status = catalog->check();
    return status ? "" : status.error().message();
}

TEST(Catalog, ShippedOnesAreWholeAndOfThirteenLanguages) {
    const auto catalog = Catalog::load();
    ASSERT_TRUE(catalog) << catalog.error().message();
    const Status whole = catalog->check();
    EXPECT_TRUE(whole) << whole.error().message();
    EXPECT_THAT(catalog->languages(), ElementsAre("ar", "de", "en", "es", "fr", "he", "it", "ja",
                                                  "nl", "pl", "pt", "tr", "uk"));
    for (const std::string& language : catalog->languages()) {
        const bool rtl = language == "ar" || language == "he";
        EXPECT_EQ(catalog->direction(language),
                  rtl ? Direction::RightToLeft : Direction::LeftToRight);
        EXPECT_EQ(std::ranges::count(catalog->raw(language, "format.months"), '|'), 11);
    }
}

TEST(Catalog, OtherLanguagesHaveWhatEnglishHas) {
    const std::string good = R"({"language.direction": "ltr", "a.b": "<a>{{NAME}}</a>",
        "n.one": "eine Stunde", "n.other": "{{N}} Stunden"})";
    EXPECT_EQ(problem("de", good), "");
    EXPECT_THAT(problem("de", R"({"language.direction": "ltr"})"), HasSubstr("has no a.b"));
    EXPECT_THAT(problem("de", good.substr(0, good.size() - 1) + R"(, "x.y": "z"})"),
                HasSubstr("x.y is not a key of English"));
    EXPECT_THAT(problem("de", good.substr(0, good.size() - 1) + R"(, "n.few": "z"})"),
                HasSubstr("forms of plurals"));
    EXPECT_THAT(problem("pl", good), HasSubstr("has no n.many"));
    EXPECT_THAT(problem("de", R"({"language.direction": "ltr", "a.b": "<a>{{NAMEN}}</a>",
        "n.one": "x", "n.other": "{{N}}"})"),
                HasSubstr("a.b has other placeholders or elements than English"));
    EXPECT_THAT(problem("de", "[]"), HasSubstr("is not a JSON object"));
    EXPECT_THAT(problem("de", R"({"a.b": 1})"), HasSubstr("a.b is not a text"));
}

TEST(Catalog, TextsAreCutIntoPieces) {
    const auto pieces = text_pieces("a<b>{{C_1}}</b>");
    ASSERT_TRUE(pieces);
    EXPECT_THAT(*pieces, ElementsAre(TextPiece{TextPiece::Kind::Words, "a"},
                                     TextPiece{TextPiece::Kind::Opens, "b"},
                                     TextPiece{TextPiece::Kind::Placeholder, "C_1"},
                                     TextPiece{TextPiece::Kind::Closes, "b"}));
    for (const std::string_view bad : {"{", "}", "<", ">", "{{a}}", "{{}}", "<A>", "<a", "<a>",
                                       "</a>", "<a><b></a></b>", "<a href=x></a>", "{{A"}) {
        EXPECT_FALSE(text_pieces(bad)) << bad;
    }
}

TEST(Catalog, FillsInAndIsolatesWhereItMust) {
    const auto catalog = Catalog::load();
    ASSERT_TRUE(catalog);
    EXPECT_EQ(catalog->text("en", "signup.title", {{"LIST_NAME", "Sport"}}), "Sign up to Sport");
    EXPECT_EQ(catalog->text("xx", "signup.title", {{"LIST_NAME", "Sport"}}), "Sign up to Sport");
    EXPECT_EQ(catalog->text("de", "signup.title", {{"LIST_NAME", "Sport"}}), "Anmelden: Sport");
    EXPECT_THAT(catalog->text("ar", "sent.link_sent", {{"EMAIL", "ann@example.com"}}),
                HasSubstr("\u2068ann@example.com\u2069"));
    EXPECT_EQ(catalog->text("en", "no.such"), "no.such");
    // Markup has no place in plain text.
    EXPECT_THAT(catalog->text("en", "mail_confirm.tell_us"), testing::Not(HasSubstr("<")));
}

TEST(Catalog, CountsByEachGrammar) {
    const auto catalog = Catalog::load();
    ASSERT_TRUE(catalog);
    const auto hours = [&](std::string_view language, std::int64_t n) {
        return catalog->count(language, "hours.for", n);
    };
    EXPECT_EQ(hours("en", 1), "1 hour");
    EXPECT_EQ(hours("en", 72), "72 hours");
    EXPECT_EQ(hours("fr", 0), "0 heure");
    EXPECT_EQ(hours("pl", 1), "1 godzinę");
    EXPECT_EQ(hours("pl", 22), "22 godziny");
    EXPECT_EQ(hours("pl", 12), "12 godzin");
    EXPECT_EQ(hours("pl", 21), "21 godzin");
    EXPECT_EQ(hours("uk", 21), "21 годину");
    EXPECT_EQ(hours("uk", 11), "11 годин");
    EXPECT_EQ(hours("ar", 2), "ساعتين");
    EXPECT_EQ(hours("ar", 3), "3 ساعات");
    EXPECT_EQ(hours("ar", 72), "72 ساعة");
    EXPECT_EQ(hours("he", 2), "שעתיים");
    EXPECT_EQ(hours("ja", 72), "72時間");
    EXPECT_THAT(plural_forms("ar"),
                UnorderedElementsAre("zero", "one", "two", "few", "many", "other"));
    EXPECT_THAT(plural_forms("uk"), UnorderedElementsAre("one", "few", "many"));
    EXPECT_THAT(plural_forms("ja"), ElementsAre("other"));
}

TEST(Catalog, WritesNumbersDatesAndRowsOfNames) {
    const auto catalog = Catalog::load();
    ASSERT_TRUE(catalog);
    EXPECT_EQ(catalog->number("en", 1'234'567), "1,234,567");
    EXPECT_EQ(catalog->number("de", 1'000), "1.000");
    EXPECT_EQ(catalog->number("es", 1'000), "1000");
    EXPECT_EQ(catalog->number("es", 10'000), "10.000");
    EXPECT_EQ(catalog->number("fr", 12'345), "12\u202f345");
    EXPECT_EQ(catalog->number("en", -1'000), "-1,000");
    EXPECT_EQ(catalog->number("en", 0), "0");
    const Time time = from_ms(1'795'502'100'000);  // 2026-11-24T06:35Z
    EXPECT_EQ(catalog->date_time("en", time, "UTC"), "24 November 2026, 06:35 UTC");
    EXPECT_EQ(catalog->date("de", time), "24. November 2026");
    EXPECT_EQ(catalog->date("es", time), "24 de noviembre de 2026");
    EXPECT_EQ(catalog->date("ja", time), "2026年11月24日");
    EXPECT_EQ(catalog->date("he", time), "24 בנובמבר 2026");
    EXPECT_EQ(catalog->date("uk", from_ms(1'767'225'600'000)), "1 січня 2026 р.");
    EXPECT_EQ(catalog->joined("en", {}), "");
    EXPECT_EQ(catalog->joined("en", {"A"}), "A");
    EXPECT_EQ(catalog->joined("en", {"A", "B", "C"}), "A, B and C");
    EXPECT_EQ(catalog->joined("ja", {"A", "B", "C"}), "A、B、C");
}

}  // namespace
}  // namespace tocsin::mail
