// Catalog: every word that readers see on pages and in mails, in each language.
//
// One file a language, web/i18n/xx.json: a flat object from a key ("confirm.title") to a text.
// English is the pattern: every other file has the same keys, and in each text the same
// placeholders and the same markup (check(), which the tests call: the files are inside the
// program). The desk and the API speak English.
//
//   text         = *( words / placeholder / element )
//   placeholder  = "{{" NAME "}}"                 A-Z, 0-9 and _; filled in when it is shown
//   element      = "<" tag ">" text "</" tag ">"  a-z; what it stands for is the template's affair
//
// A key that ends in ".one" or ".other" in English is a form of a plural: every language has the
// forms that its grammar knows (Unicode CLDR: zero, one, two, few, many, other).
//
// Owner: Templates, which loads one; app and web borrow it from there. Immutable; any thread.
// Failure: load() names the language. A key that is not there is shown as itself:
// tools/i18n, which the tests run, finds every one that the program or a template asks for.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tocsin::mail {

enum class Direction { LeftToRight, RightToLeft };

// A piece of a text: words, a placeholder's name, or the name of an element that begins or ends.
struct TextPiece {
    enum class Kind { Words, Placeholder, Opens, Closes };
    Kind kind = Kind::Words;
    std::string_view text;

    bool operator==(const TextPiece&) const = default;
};
// Invalid: a brace or an angle bracket that is none of these, or elements that overlap.
Result<std::vector<TextPiece>> text_pieces(std::string_view text);

class Catalog {
  public:
    using Values = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    static constexpr std::string_view kEnglish = "en";

    // From the files inside the program.
    static Result<Catalog> load();
    // From (language, JSON) pairs: for tests. English must be among them.
    static Result<Catalog> load_from(const std::vector<std::pair<std::string, std::string>>& files);
    // Whether every language says all that English says; names the language and the key.
    Status check() const;

    // "ar", "de", "en", ...
    const std::vector<std::string>& languages() const { return languages_; }
    bool has(std::string_view language) const { return texts_.contains(language); }
    Direction direction(std::string_view language) const;

    // The text as plain text, its markup gone. A language that is not there is English. Where the
    // language is written from right to left, values are isolated (U+2068, U+2069): an address or
    // a Latin name must not turn the sentence around.
    std::string text(std::string_view language, std::string_view key, Values values = {}) const;
    // As it stands in the file; empty: no such key.
    std::string_view raw(std::string_view language, std::string_view key) const;
    // "1 hour", "72 hours": of the forms key.one, key.other, ... the one for this number, which is
    // its {{N}}.
    std::string count(std::string_view language, std::string_view key, std::int64_t number) const;
    // "1,234,567", "1 234 567".
    std::string number(std::string_view language, std::int64_t number) const;
    // "24 November 2026"; the time's own day, so pass local time for a local date.
    std::string date(std::string_view language, Time time) const;
    // "24 November 2026, 06:35 UTC".
    std::string date_time(std::string_view language, Time time, std::string_view zone) const;
    // "Breaking news", "Breaking news and Sport", "Breaking news, Sport and Weather".
    std::string joined(std::string_view language, const std::vector<std::string>& names) const;

  private:
    using Texts = std::map<std::string, std::string, std::less<>>;

    std::map<std::string, Texts, std::less<>> texts_;  // by language
    std::vector<std::string> languages_;
};

// Which form of a plural the number takes in the language: "one", "few", "other", ...
std::string_view plural_form(std::string_view language, std::int64_t number);
// All the forms that the language has.
std::vector<std::string_view> plural_forms(std::string_view language);

}  // namespace tocsin::mail
