#include "mail/catalog.h"

#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/assets.h"

namespace tocsin::mail {

namespace json = boost::json;

namespace {

constexpr std::string_view kFolder = "i18n/";
constexpr std::string_view kFileEnd = ".json";
// First strong isolate and its end: what stands between them has a direction of its own.
constexpr std::string_view kIsolate = "\u2068";
constexpr std::string_view kIsolateEnd = "\u2069";

bool all_in(std::string_view text, std::string_view first, std::string_view others) {
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= first[0] && c <= first[1]) || others.find(c) != std::string_view::npos;
    });
}

Result<TextPiece> placeholder_at(std::string_view text) {
    const std::size_t end = text.find("}}");
    if (!text.starts_with("{{") || end == std::string_view::npos) {
        return invalid("a brace that is no placeholder");
    }
    const std::string_view name = text.substr(2, end - 2);
    if (!all_in(name, "AZ", "0123456789_")) {
        return invalid("\"" + std::string(name) + "\" is no placeholder's name");
    }
    return TextPiece{TextPiece::Kind::Placeholder, name};
}

Result<TextPiece> element_at(std::string_view text) {
    const std::size_t end = text.find('>');
    if (!text.starts_with('<') || end == std::string_view::npos) {
        return invalid("an angle bracket that is no element");
    }
    std::string_view name = text.substr(1, end - 1);
    const bool closes = name.starts_with('/');
    name.remove_prefix(closes ? 1 : 0);
    if (!all_in(name, "az", "")) {
        return invalid("\"" + std::string(name) + "\" is no element's name");
    }
    return TextPiece{closes ? TextPiece::Kind::Closes : TextPiece::Kind::Opens, name};
}

std::size_t written_size(const TextPiece& piece) {
    switch (piece.kind) {
        case TextPiece::Kind::Words:
            return piece.text.size();
        case TextPiece::Kind::Placeholder:
            return piece.text.size() + 4;
        case TextPiece::Kind::Opens:
            return piece.text.size() + 2;
        case TextPiece::Kind::Closes:
            return piece.text.size() + 3;
    }
    return 0;
}

Status check_nesting(const std::vector<TextPiece>& pieces) {
    std::vector<std::string_view> open;
    for (const TextPiece& piece : pieces) {
        if (piece.kind == TextPiece::Kind::Opens) {
            open.push_back(piece.text);
        } else if (piece.kind == TextPiece::Kind::Closes) {
            if (open.empty() || open.back() != piece.text) {
                return invalid("</" + std::string(piece.text) + "> closes nothing");
            }
            open.pop_back();
        }
    }
    return open.empty() ? Status()
                        : Status(invalid("<" + std::string(open.back()) + "> is never closed"));
}

// What must be the same in every language: placeholders and elements, whatever their order.
Result<std::vector<std::string>> fixed_pieces(std::string_view text) {
    TRY_AS(const std::vector<TextPiece> pieces, text_pieces(text));
    std::vector<std::string> out;
    for (const TextPiece& piece : pieces) {
        if (piece.kind == TextPiece::Kind::Placeholder) {
            out.push_back("{{" + std::string(piece.text) + "}}");
        } else if (piece.kind == TextPiece::Kind::Opens) {
            out.push_back("<" + std::string(piece.text) + ">");
        }
    }
    std::ranges::sort(out);
    return out;
}

std::map<std::string, std::string, std::less<>> read_texts(std::string_view text, Status& status) {
    std::map<std::string, std::string, std::less<>> out;
    json::error_code error;
    const json::value document = json::parse(text, error);
    if (error || !document.is_object()) {
        status = invalid("is not a JSON object");
        return out;
    }
    for (const auto& [key, value] : document.get_object()) {
        if (!value.is_string() || value.get_string().empty()) {
            status = invalid(std::string(key) + " is not a text");
            return out;
        }
        out.emplace(key, value.get_string());
    }
    if (out.size() != document.get_object().size()) {
        status = invalid("has a key twice");
    }
    return out;
}

// The plural that the key is a form of: "hours.one" and "hours.other" -> "hours". Empty: none.
std::string_view plural_of(std::string_view key) {
    for (const std::string_view form : {".zero", ".one", ".two", ".few", ".many", ".other"}) {
        if (key.ends_with(form)) {
            return key.substr(0, key.size() - form.size());
        }
    }
    return {};
}

template <typename Texts>
Status check_key(const Texts& texts, std::string_view key, std::string_view english) {
    const auto found = texts.find(key);
    if (found == texts.end()) {
        return invalid("has no " + std::string(key));
    }
    TRY_AS(const std::vector<std::string> wanted, fixed_pieces(english));
    Result<std::vector<std::string>> pieces = fixed_pieces(found->second);
    if (!pieces) {
        return invalid(std::string(key) + ": " + pieces.error().message());
    }
    // "an hour", "two hours" in one word: a form for one number need not name it.
    const bool may_name_it = !plural_of(key).empty() && pieces->empty();
    return *pieces == wanted || may_name_it
               ? Status()
               : Status(invalid(std::string(key) +
                                " has other placeholders or elements than English"));
}

template <typename Texts>
Status check_texts(const Texts& texts, std::string_view language, const Texts& english) {
    std::size_t wanted = 0;
    for (const auto& [key, text] : english) {
        const std::string plural(plural_of(key));
        if (plural.empty()) {
            TRY(check_key(texts, key, text));
            ++wanted;
        } else if (key.ends_with(".other")) {
            for (const std::string_view form : plural_forms(language)) {
                TRY(check_key(texts, plural + "." + std::string(form), text));
                ++wanted;
            }
        }
    }
    for (const auto& [key, text] : texts) {
        const std::string plural(plural_of(key));
        if (!english.contains(plural.empty() ? key : plural + ".other")) {
            return invalid(key + " is not a key of English");
        }
    }
    return texts.size() == wanted ? Status()
                                  : Status(invalid("has forms of plurals that it does not know"));
}

}  // namespace

Result<std::vector<TextPiece>> text_pieces(std::string_view text) {
    std::vector<TextPiece> pieces;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of("{}<>"), text.size());
        TextPiece piece{TextPiece::Kind::Words, text.substr(0, end)};
        if (end == 0) {
            const bool brace = text.front() == '{' || text.front() == '}';
            TRY_AS(piece, brace ? placeholder_at(text) : element_at(text));
        }
        text.remove_prefix(written_size(piece));
        pieces.push_back(piece);
    }
    TRY(check_nesting(pieces));
    return pieces;
}

Result<Catalog> Catalog::load() {
    std::vector<std::pair<std::string, std::string>> files;
    for (std::string_view path : assets_under(kFolder)) {
        if (path.ends_with(kFileEnd)) {
            const std::string_view text = asset(path).value_or("");
            path.remove_prefix(kFolder.size());
            files.emplace_back(path.substr(0, path.size() - kFileEnd.size()), text);
        }
    }
    return load_from(files);
}

Result<Catalog> Catalog::load_from(const std::vector<std::pair<std::string, std::string>>& files) {
    Catalog catalog;
    for (const auto& [language, text] : files) {
        Status status;
        catalog.texts_.emplace(language, read_texts(text, status));
        catalog.languages_.push_back(language);
        if (!status) {
            return invalid("the catalog of " + language + " " + status.error().message());
        }
    }
    std::ranges::sort(catalog.languages_);
    if (!catalog.has(kEnglish)) {
        return invalid("there is no catalog of English");
    }
    return catalog;
}

Status Catalog::check() const {
    for (const auto& [language, texts] : texts_) {
        const Status status = check_texts(texts, language, texts_.find(kEnglish)->second);
        if (!status) {
            return invalid("the catalog of " + language + ": " + status.error().message());
        }
    }
    return {};
}

std::string_view Catalog::raw(std::string_view language, std::string_view key) const {
    auto texts = texts_.find(language);
    texts = texts == texts_.end() ? texts_.find(kEnglish) : texts;
    const auto found = texts->second.find(key);
    return found == texts->second.end() ? std::string_view() : std::string_view(found->second);
}

Direction Catalog::direction(std::string_view language) const {
    return raw(language, "language.direction") == "rtl" ? Direction::RightToLeft
                                                        : Direction::LeftToRight;
}

std::string Catalog::text(std::string_view language, std::string_view key, Values values) const {
    const Result<std::vector<TextPiece>> pieces = text_pieces(raw(language, key));
    if (!pieces || pieces->empty()) {
        return std::string(key);
    }
    const bool isolate = direction(language) == Direction::RightToLeft;
    std::string out;
    for (const TextPiece& piece : *pieces) {
        if (piece.kind == TextPiece::Kind::Words) {
            out += piece.text;
        } else if (piece.kind == TextPiece::Kind::Placeholder) {
            const auto* value = std::ranges::find(values, piece.text, &Values::value_type::first);
            out += isolate ? kIsolate : "";
            out += value == values.end() ? "" : value->second;
            out += isolate ? kIsolateEnd : "";
        }
    }
    return out;
}

std::string Catalog::count(std::string_view language, std::string_view key,
                           std::int64_t number) const {
    const std::string_view spoken = has(language) ? language : kEnglish;
    const std::string form = std::string(key) + "." + std::string(plural_form(spoken, number));
    // A number needs no isolation.
    std::string out(raw(spoken, form));
    const std::size_t at = out.find("{{N}}");
    return at == std::string::npos ? out : out.replace(at, 5, this->number(spoken, number));
}

std::string Catalog::number(std::string_view language, std::int64_t number) const {
    constexpr std::size_t kGroup = 3;
    std::string out = std::to_string(number);
    const std::size_t first = number < 0 ? 1 : 0;
    if (out.size() - first < raw(language, "format.group_from").size()) {
        return out;
    }
    for (std::size_t at = out.size(); at > first + kGroup;) {
        at -= kGroup;
        out.insert(at, raw(language, "format.group"));
    }
    return out;
}

std::string Catalog::date(std::string_view language, Time time) const {
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
    std::string_view months = raw(language, "format.months");
    for (unsigned month = 1; month < static_cast<unsigned>(date.month()); ++month) {
        months.remove_prefix(std::min(months.find('|'), months.size() - 1) + 1);
    }
    std::string out(raw(language, "format.date"));
    const std::pair<std::string_view, std::string> values[] = {
        {"{{DAY}}", std::to_string(static_cast<unsigned>(date.day()))},
        {"{{MONTH}}", std::string(months.substr(0, months.find('|')))},
        {"{{YEAR}}", std::to_string(static_cast<int>(date.year()))}};
    for (const auto& [name, value] : values) {
        const std::size_t at = out.find(name);
        out = at == std::string::npos ? out : out.replace(at, name.size(), value);
    }
    return out;
}

std::string Catalog::date_time(std::string_view language, Time time, std::string_view zone) const {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(time - day).count();
    const std::string clock = fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
    return text(language, "format.date_time",
                {{"DATE", date(language, time)}, {"TIME", clock}, {"ZONE", zone}});
}

std::string Catalog::joined(std::string_view language,
                            const std::vector<std::string>& names) const {
    if (names.empty()) {
        return {};
    }
    std::string first = names.front();
    for (std::size_t i = 1; i + 1 < names.size(); ++i) {
        first += raw(language, "format.comma");
        first += names[i];
    }
    return names.size() == 1
               ? first
               : text(language, "format.and", {{"FIRST", first}, {"LAST", names.back()}});
}

}  // namespace tocsin::mail
