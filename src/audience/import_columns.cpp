#include "audience/import_columns.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace tocsin::audience {

namespace {

// Best first: "address" alone is often where somebody lives.
constexpr std::array<std::string_view, 9> kAddressHeadings = {
    "email",        "e-mail", "email address", "e-mail address", "email_address",
    "emailaddress", "mail",   "subscriber",    "address"};

std::optional<std::size_t> column_named(const std::vector<std::string>& headings,
                                        std::string_view name) {
    for (std::size_t column = 0; column < headings.size(); ++column) {
        if (ascii_iequals(trim(headings[column]), name)) {
            return column;
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> address_heading(const std::vector<std::string>& headings) {
    for (const std::string_view name : kAddressHeadings) {
        if (const auto column = column_named(headings, name)) {
            return column;
        }
    }
    return std::nullopt;
}

// Our own export marks what a spreadsheet would run as a formula with a ' in front.
std::string_view without_formula_mark(std::string_view text) {
    const bool marked = text.size() > 1 && text[0] == '\'' &&
                        std::string_view("=+-@").find(text[1]) != std::string_view::npos;
    return marked ? text.substr(1) : text;
}

// Takes `count` digits from the front; none: they are not there.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) {
        return std::nullopt;
    }
    int value = 0;
    for (const char c : text.substr(0, count)) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char c) {
    const bool there = text.starts_with(c);
    text.remove_prefix(there ? 1 : 0);
    return there;
}

struct DayTime {
    std::chrono::milliseconds time{0};
    bool ok = true;
};

// "HH:MM", then ":SS" and a fraction if they are there.
DayTime take_time(std::string_view& text) {
    const auto hour = take_digits(text, 2);
    const bool colon = take(text, ':');
    const auto minute = take_digits(text, 2);
    if (!hour || !colon || !minute || *hour > 23 || *minute > 59) {
        return {.ok = false};
    }
    DayTime out{std::chrono::hours(*hour) + std::chrono::minutes(*minute)};
    if (take(text, ':')) {
        const auto second = take_digits(text, 2);
        if (!second || *second > 60) {
            return {.ok = false};
        }
        out.time += std::chrono::seconds(*second);
    }
    if (take(text, '.')) {
        int unit = 100;
        for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1)) {
            out.time += std::chrono::milliseconds((text[0] - '0') * unit);
            unit /= 10;
        }
    }
    return out;
}

// "Z", "UTC", "+01:00", "+0100" and nothing at all, which is UTC; a zone's name after an offset.
std::optional<std::chrono::minutes> read_offset(std::string_view text) {
    text = trim(text);
    if (text.empty() || text == "Z" || text == "z" || text == "UTC" || text == "GMT") {
        return std::chrono::minutes(0);
    }
    const bool west = text[0] == '-';
    if (!west && text[0] != '+') {
        return std::nullopt;
    }
    text.remove_prefix(1);
    const auto hours = take_digits(text, 2);
    take(text, ':');
    const auto minutes = take_digits(text, 2);
    const bool named = std::ranges::all_of(text, [](char c) {
        return c == ' ' || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' || (c >= '0' && c <= '9');
    });
    if (!hours || !minutes || *hours > 14 || *minutes > 59 || !named ||
        (!text.empty() && text[0] != ' ')) {
        return std::nullopt;
    }
    const auto offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return west ? -offset : offset;
}

constexpr std::array<std::string_view, 6> kSources = {"csv",       "tocsin", "listmonk",
                                                      "mailchimp", "ghost",  "mailman"};
constexpr std::array<std::string_view, 5> kStates = {"active", "left", "bounced", "complained",
                                                     "blocked"};

template <class Enum, std::size_t kCount>
std::optional<Enum> named_in(const std::array<std::string_view, kCount>& names,
                             std::string_view text) {
    const auto found = std::ranges::find(names, text);
    return found == names.end() ? std::nullopt
                                : std::optional(static_cast<Enum>(found - names.begin()));
}

}  // namespace

std::string_view to_string(ImportSource source) {
    return kSources[static_cast<std::size_t>(source)];
}

std::optional<ImportSource> parse_import_source(std::string_view text) {
    return named_in<ImportSource>(kSources, text);
}

std::string_view to_string(ImportState state) {
    return kStates[static_cast<std::size_t>(state)];
}

std::optional<ImportState> parse_import_state(std::string_view text) {
    return named_in<ImportState>(kStates, text);
}

std::optional<Time> parse_moment(std::string_view text) {
    text = trim(text);
    const auto year = take_digits(text, 4);
    const bool first = take(text, '-');
    const auto month = take_digits(text, 2);
    const bool second = take(text, '-');
    const auto day = take_digits(text, 2);
    if (!year || !first || !month || !second || !day || *year < 1970) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date(std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok()) {
        return std::nullopt;
    }
    const auto midnight = std::chrono::sys_days(date).time_since_epoch();
    std::int64_t ms = std::chrono::milliseconds(midnight).count();
    if (!text.empty()) {
        if (!take(text, 'T') && !take(text, ' ')) {
            return std::nullopt;
        }
        const DayTime time = take_time(text);
        const auto offset = read_offset(text);
        if (!time.ok || !offset) {
            return std::nullopt;
        }
        ms += (time.time - std::chrono::milliseconds(*offset)).count();
    }
    return ms < 0 ? std::nullopt : std::optional(from_ms(ms));
}

std::optional<ImportColumns> ImportColumns::by_headings(const std::vector<std::string>& headings) {
    const auto address = address_heading(headings);
    if (!address) {
        return std::nullopt;
    }
    const auto named = [&](std::string_view name) { return column_named(headings, name); };
    ImportColumns out;
    out.address_ = *address;
    if (named("MEMBER_RATING") && (named("OPTIN_TIME") || named("CONFIRM_TIME"))) {
        out.source_ = ImportSource::Mailchimp;
        out.consented_ = named("CONFIRM_TIME");
        out.asked_ = named("OPTIN_TIME");
        out.left_ = named("UNSUB_TIME");
        out.cleaned_ = named("CLEAN_TIME");
    } else if (named("subscribed_to_emails")) {
        out.source_ = ImportSource::Ghost;
        out.state_ = named("subscribed_to_emails");
        out.consented_ = named("created_at");
        out.left_ = named("deleted_at");
    } else if (named("attributes") && named("status")) {
        out.source_ = ImportSource::Listmonk;
        out.state_ = named("status");
        out.consented_ = named("created_at");
        out.left_ = named("updated_at");
    } else {
        out.state_ = named("state");
        out.consented_ = named("confirmed_at");
        out.left_ = named("left_at");
        if (out.state_ && out.left_) {
            out.source_ = ImportSource::Tocsin;
        }
    }
    return out;
}

ImportColumns ImportColumns::only_address(std::size_t column) {
    ImportColumns out;
    out.address_ = column;
    return out;
}

std::string_view ImportColumns::field(const Fields& fields,
                                      std::optional<std::size_t> column) const {
    return column && *column < fields.size() ? trim(fields[*column]) : std::string_view();
}

ImportRow ImportColumns::row(const std::vector<std::string>& fields) const {
    ImportRow out;
    out.source = source_;
    if (address_ >= fields.size()) {
        out.unreadable = fmt::format("it has only {} columns", fields.size());
    } else if (!is_utf8(fields[address_])) {
        out.unreadable = "its address is not valid UTF-8";
    } else {
        out.address = without_formula_mark(trim(fields[address_]));
        read_state(fields, out);
    }
    if (!out.unreadable.empty()) {
        out.address.clear();
    }
    return out;
}

void ImportColumns::read_state(const Fields& fields, ImportRow& row) const {
    row.consented_at = parse_moment(field(fields, consented_));
    if (!row.consented_at) {
        row.consented_at = parse_moment(field(fields, asked_));
    }
    switch (source_) {
        case ImportSource::Csv:
        case ImportSource::Tocsin:
        case ImportSource::Mailman:
            return read_own_state(fields, row);
        case ImportSource::Listmonk:
            return read_listmonk(fields, row);
        case ImportSource::Mailchimp:
            return read_mailchimp(fields, row);
        case ImportSource::Ghost:
            return read_ghost(fields, row);
    }
}

void ImportColumns::read_own_state(const Fields& fields, ImportRow& row) const {
    if (!state_ || *state_ >= fields.size() || fields[*state_] == "active") {
        return;
    }
    if (fields[*state_] == "left") {
        row.state = ImportState::Left;
        row.left_at = parse_moment(field(fields, left_));
        return;
    }
    // Named if it is one of ours; anything else in the column may be bytes of any kind.
    row.unreadable = fields[*state_] == "pending"
                         ? "its state in the file is \"pending\", not \"active\""
                         : "its state in the file is not \"active\"";
}

void ImportColumns::read_listmonk(const Fields& fields, ImportRow& row) const {
    const std::string_view status = field(fields, state_);
    if (status == "disabled") {
        row.state = ImportState::Left;
        row.left_at = parse_moment(field(fields, left_));
    } else if (status == "blocklisted") {
        row.state = ImportState::Blocked;
    } else if (status != "enabled") {
        row.unreadable = "its status in the file is none of listmonk's";
    }
}

void ImportColumns::read_mailchimp(const Fields& fields, ImportRow& row) const {
    if (!field(fields, cleaned_).empty()) {
        row.state = ImportState::Bounced;
    } else if (!field(fields, left_).empty()) {
        row.state = ImportState::Left;
        row.left_at = parse_moment(field(fields, left_));
    } else if (!row.consented_at) {
        row.unreadable = "it has no time of consent in the file: a contact who never subscribed";
    }
}

void ImportColumns::read_ghost(const Fields& fields, ImportRow& row) const {
    const std::string_view subscribed = field(fields, state_);
    const std::string_view deleted = field(fields, left_);
    if (!deleted.empty() || subscribed == "false") {
        row.state = ImportState::Left;
        row.left_at = parse_moment(deleted);
    } else if (subscribed != "true") {
        row.unreadable = "subscribed_to_emails in the file is neither true nor false";
    }
}

}  // namespace tocsin::audience
