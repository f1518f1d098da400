// The content of a revision: its checks, its canonical JSON and what is derived from it.
#include <algorithm>
#include <iterator>
#include <string>

#include <boost/json.hpp>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "model/alert.h"

namespace tocsin::model {

namespace {

enum class Lines { One, Many };

// C0 and C1 controls, and the two separators that some programs show as line ends. A tab or an
// invisible control in a headline is never meant, and a line end in one could start a header.
bool has_forbidden_control(std::string_view text, Lines lines) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte == '\n' && lines == Lines::Many) {
            continue;
        }
        if (byte < 0x20 || byte == 0x7F) {
            return true;
        }
        if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
            return true;  // U+0080 to U+009F
        }
        if (text.substr(i, 3) == "\xE2\x80\xA8" || text.substr(i, 3) == "\xE2\x80\xA9") {
            return true;  // U+2028, U+2029
        }
    }
    return false;
}

class Checker {
  public:
    void text(std::string_view field, std::string_view name, std::string_view value, Lines lines,
              std::size_t bytes_max) {
        if (!is_utf8(value)) {
            say(field, fmt::format("The {} is not well-formed UTF-8 text.", name));
        } else if (has_forbidden_control(value, lines)) {
            say(field,
                lines == Lines::One
                    ? fmt::format("The {} must be one line without control characters.", name)
                    : fmt::format("The {} holds control characters.", name));
        } else if (value.size() > bytes_max) {
            say(field, fmt::format("The {} is {} bytes long; at most {} are allowed.", name,
                                   value.size(), bytes_max));
        }
    }
    void say(std::string_view field, std::string message) {
        problems_.push_back(ContentProblem{std::string(field), std::move(message)});
    }
    std::vector<ContentProblem> take() { return std::move(problems_); }

  private:
    std::vector<ContentProblem> problems_;
};

bool looks_like_http_url(std::string_view url) {
    const bool http = url.starts_with("https://") || url.starts_with("http://");
    return http && url.find_first_of(" \"<>\\^`{|}") == std::string_view::npos;
}

void check_completeness(const AlertContent& content, Checker& check) {
    if (trim(content.headline).empty()) {
        check.say("headline", "Write a headline: it is the subject of the mail.");
    }
    if (trim(content.summary).empty()) {
        check.say("summary", "Write a summary: what happened, where and when.");
    }
    if (content.lists.empty() && !goes_to_those_reached(content.kind)) {
        check.say("lists", "Choose at least one list.");
    }
    if (std::ranges::any_of(content.lists, [&](ListId list) {
            return std::ranges::find(content.exclude, list) != content.exclude.end();
        })) {
        check.say("exclude", "A list cannot be chosen and left out at once.");
    }
    if (content.from_address.empty()) {
        check.say("from_address", "No sender is configured (site.from).");
    }
}

std::string without_trailing_blanks(std::string_view line) {
    const std::size_t end = line.find_last_not_of(" \t");
    return std::string(line.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

// One "\n" a line, no trailing blanks, at most one empty line in a row, none at the ends.
std::string tidy_lines(std::string_view text) {
    std::string out;
    std::size_t empty_lines = 0;
    while (!text.empty()) {
        const std::size_t end = text.find_first_of("\r\n");
        const std::string line = without_trailing_blanks(text.substr(0, end));
        if (end == std::string_view::npos) {
            text = {};
        } else {
            text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
        }
        if (line.empty()) {
            ++empty_lines;
            continue;
        }
        if (!out.empty()) {
            out += empty_lines > 0 ? "\n\n" : "\n";
        }
        out += line;
        empty_lines = 0;
    }
    return out;
}

// A line end inside a one-line field that was pasted becomes a space.
std::string tidy_one_line(std::string_view text) {
    std::string out = tidy_lines(text);
    std::string joined;
    for (const char c : out) {
        const bool blank = c == '\n' || c == '\t' || c == ' ';
        if (!blank) {
            joined += c;
        } else if (!joined.empty() && joined.back() != ' ') {
            joined += ' ';
        }
    }
    return std::string(trim(joined));
}

std::string json_text(std::string_view text) {
    return boost::json::serialize(boost::json::string(text));
}

const std::string* text_at(const boost::json::object& object, std::string_view key,
                           std::string& into) {
    const boost::json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_string()) {
        return nullptr;
    }
    into.assign(value->get_string().data(), value->get_string().size());
    return &into;
}

void read_ids(const boost::json::object& object, std::string_view key, std::vector<ListId>& ids) {
    const boost::json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_array()) {
        return;
    }
    for (const boost::json::value& id : value->get_array()) {
        if (id.is_int64()) {
            ids.emplace_back(id.get_int64());
        }
    }
}

// "3,7"
std::string joined_ids(const std::vector<ListId>& ids) {
    std::string out;
    for (const ListId id : ids) {
        fmt::format_to(std::back_inserter(out), "{}{}", out.empty() ? "" : ",", id.value());
    }
    return out;
}

std::vector<ListId> each_once(std::vector<ListId> ids) {
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

// Fills what it finds; what is missing makes the canonical form differ, which the caller notices.
void read_content(const boost::json::object& object, AlertContent& content) {
    std::string kind;
    text_at(object, "body", content.body);
    text_at(object, "from_address", content.from_address);
    text_at(object, "from_name", content.from_name);
    text_at(object, "headline", content.headline);
    text_at(object, "nonce", content.nonce);
    text_at(object, "summary", content.summary);
    text_at(object, "url", content.url);
    text_at(object, "kind", kind);
    content.kind = parse_alert_kind(kind).value_or(AlertKind::Alert);
    if (const auto* value = object.if_contains("at_most_once"); value != nullptr) {
        content.repeat =
            value->is_bool() && value->get_bool() ? Repeat::AtMostOnce : Repeat::Resend;
    }
    if (const auto* value = object.if_contains("not_after_seconds");
        value != nullptr && value->is_int64()) {
        content.not_after = Seconds(value->get_int64());
    }
    if (const auto* value = object.if_contains("of"); value != nullptr && value->is_int64()) {
        content.of = AlertId(value->get_int64());
    }
    std::string priority;
    text_at(object, "priority", priority);
    content.priority = parse_priority(priority).value_or(Priority::Normal);
    read_ids(object, "exclude", content.exclude);
    read_ids(object, "lists", content.lists);
}

}  // namespace

std::vector<ContentProblem> content_problems(const AlertContent& content, Completeness need) {
    Checker check;
    check.text("headline", "headline", content.headline, Lines::One, limits::kHeadlineBytesMax);
    check.text("summary", "summary", content.summary, Lines::Many, limits::kSummaryBytesMax);
    check.text("url", "link", content.url, Lines::One, limits::kUrlBytesMax);
    check.text("body", "text", content.body, Lines::Many, limits::kAlertBodyBytesMax);
    check.text("from_name", "sender's name", content.from_name, Lines::One,
               limits::kHeadlineBytesMax);
    if (!content.url.empty() && !looks_like_http_url(content.url)) {
        check.say("url", "The link must begin with https:// or http:// and hold no spaces.");
    }
    if (content.not_after < kNotAfterMin || content.not_after > kNotAfterMax) {
        check.say("not_after", "The alert's life must be between one minute and seven days.");
    }
    if (std::max(content.lists.size(), content.exclude.size()) > limits::kAlertListsMax) {
        check.say("lists",
                  fmt::format("An alert goes to at most {} lists.", limits::kAlertListsMax));
    }
    if (follows_another(content.kind) != content.of.valid()) {
        check.say("of", follows_another(content.kind)
                            ? "An update, correction or retraction names the alert that it follows."
                            : "A new alert follows no other: choose update, correction or "
                              "retraction.");
    }
    if (need == Completeness::Complete) {
        check_completeness(content, check);
    }
    return check.take();
}

Status check_content(const AlertContent& content, Completeness need) {
    const std::vector<ContentProblem> problems = content_problems(content, need);
    if (!problems.empty()) {
        return invalid(problems.front().message);
    }
    return {};
}

namespace {

// The mail puts "Correction: " before a correction's headline; who typed it too meant it once.
std::string without_kind(std::string headline, AlertKind kind) {
    const std::string prefix = std::string(to_string(kind)) + ":";
    if (follows_another(kind) &&
        ascii_iequals(std::string_view(headline).substr(0, prefix.size()), prefix)) {
        return std::string(trim(std::string_view(headline).substr(prefix.size())));
    }
    return headline;
}

}  // namespace

AlertContent normalized(AlertContent content) {
    content.headline = without_kind(tidy_one_line(content.headline), content.kind);
    content.summary = tidy_lines(content.summary);
    content.url = std::string(trim(content.url));
    content.body = tidy_lines(content.body);
    content.lists = each_once(std::move(content.lists));
    content.exclude = goes_to_those_reached(content.kind) ? std::vector<ListId>()
                                                          : each_once(std::move(content.exclude));
    return content;
}

std::string canonical_json(const AlertContent& content) {
    const std::string of = content.of.valid() ? std::to_string(content.of.value()) : "null";
    const std::string exclude =
        content.exclude.empty() ? ""
                                : fmt::format(R"("exclude":[{}],)", joined_ids(content.exclude));
    const std::string_view priority =
        content.priority == Priority::Major ? R"("priority":"major",)" : "";
    return fmt::format(
        R"({{"at_most_once":{},"body":{},{}"from_address":{},"from_name":{},"headline":{},)"
        R"("kind":"{}","lists":[{}],"nonce":{},"not_after_seconds":{},"of":{},{})"
        R"("summary":{},"url":{}}})",
        content.repeat == Repeat::AtMostOnce, json_text(content.body), exclude,
        json_text(content.from_address), json_text(content.from_name), json_text(content.headline),
        to_string(content.kind), joined_ids(content.lists), json_text(content.nonce),
        content.not_after.count(), of, priority, json_text(content.summary),
        json_text(content.url));
}

Result<AlertContent> parse_content(std::string_view json) {
    boost::system::error_code error;
    const boost::json::value value =
        boost::json::parse(boost::json::string_view(json.data(), json.size()), error);
    if (error || !value.is_object()) {
        return Error(ErrorKind::Corrupt, "a revision's content is not JSON");
    }
    AlertContent content;
    read_content(value.get_object(), content);
    if (canonical_json(content) != json) {
        return Error(ErrorKind::Corrupt, "a revision's content is not in canonical form");
    }
    return content;
}

std::string content_hash(std::string_view canonical) {
    return sha256(canonical);
}

std::vector<std::string_view> paragraphs(std::string_view body) {
    std::vector<std::string_view> out;
    while (!body.empty()) {
        const std::size_t end = body.find("\n\n");
        const std::string_view paragraph = body.substr(0, end);
        if (!trim(paragraph).empty()) {
            out.push_back(paragraph);
        }
        body.remove_prefix(end == std::string_view::npos ? body.size() : end + 2);
    }
    return out;
}

namespace {

// The ASCII letter that stands for a letter of Latin-1's upper half (U+00C0 to U+00FF), so that
// "Zürich" stays readable; 0 for any other character.
char folded_latin(std::string_view rest) {
    constexpr std::string_view kFolded =
        "aaaaaaaceeeeiiiidnooooo-ouuuuytsaaaaaaaceeeeiiiidnooooo-ouuuuyty";
    if (rest.size() < 2 || rest[0] != '\xC3') {
        return 0;
    }
    return kFolded[static_cast<unsigned char>(rest[1]) & 0x3FU];
}

}  // namespace

std::string slug_of(std::string_view headline) {
    constexpr std::size_t kSlugBytesMax = 60;
    std::string slug;
    std::size_t last_word_end = 0;
    for (std::size_t i = 0; i < headline.size() && slug.size() <= kSlugBytesMax; ++i) {
        char c = headline[i];
        if (const char folded = folded_latin(headline.substr(i)); folded != 0) {
            c = folded;
            ++i;
        } else if (c == '\'' || static_cast<unsigned char>(c) >= 0x80) {
            continue;  // "port's" is one word; other scripts have no ASCII letters to give
        }
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            slug += c;
        } else if (!slug.empty() && slug.back() != '-') {
            last_word_end = slug.size();
            slug += '-';
        }
    }
    if (slug.size() > kSlugBytesMax) {
        slug.resize(last_word_end > 0 ? last_word_end : kSlugBytesMax);
    }
    while (!slug.empty() && slug.back() == '-') {
        slug.pop_back();
    }
    return slug.empty() ? "alert" : slug;
}

}  // namespace tocsin::model
