#include "model/reply_rule_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace tocsin::model {
namespace {

constexpr std::string_view kKeys[] = {"match", "site", "stage", "action", "hold", "note"};
constexpr std::array<std::pair<std::string_view, ReplyAction>, 5> kActions{{
    {"retry", ReplyAction::Retry},
    {"fail", ReplyAction::Fail},
    {"throttle", ReplyAction::Throttle},
    {"suspend", ReplyAction::Suspend},
    {"config", ReplyAction::Config},
}};
constexpr std::array<std::pair<std::string_view, ReplyStage>, 4> kStages{{
    {"mail", ReplyStage::Mail},
    {"rcpt", ReplyStage::Rcpt},
    {"data", ReplyStage::Data},
    {"final_dot", ReplyStage::FinalDot},
}};
constexpr Seconds kHoldDefault{300};
constexpr Seconds kHoldMax{24 * 3600};
constexpr std::size_t kMatchBytesMax = 1'000;
constexpr std::size_t kNoteBytesMax = 200;
constexpr std::int64_t kMatchMemoryMax = 1 << 20;  // of one compiled expression

std::optional<Seconds> parse_hold(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number <= 0 || number > kHoldMax.count()) {
        return std::nullopt;
    }
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const std::int64_t factor = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
    const Seconds hold(number * factor);
    if (factor == 0 || hold > kHoldMax) {
        return std::nullopt;
    }
    return hold;
}

Result<std::shared_ptr<const re2::RE2>> read_match(const TomlSection& section) {
    TRY_AS(const std::optional<std::string> match, section.text("match"));
    if (!match || match->empty()) {
        return section.wrong("match", "is missing: what the reply looks like");
    }
    if (match->size() > kMatchBytesMax) {
        return section.wrong("match", fmt::format("is longer than {} bytes", kMatchBytesMax));
    }
    re2::RE2::Options options;
    options.set_case_sensitive(false);
    options.set_encoding(re2::RE2::Options::EncodingLatin1);  // replies are any bytes
    options.set_never_capture(true);
    options.set_log_errors(false);
    options.set_max_mem(kMatchMemoryMax);
    auto compiled = std::make_shared<const re2::RE2>(*match, options);
    if (!compiled->ok()) {
        return section.wrong("match", "is no regular expression (RE2): " + compiled->error());
    }
    return compiled;
}

Status read_hold(const TomlSection& section, ReplyDecision& decision) {
    const bool holds =
        decision.action == ReplyAction::Suspend || decision.action == ReplyAction::Config;
    TRY_AS(const std::optional<std::string> text, section.text("hold"));
    if (!text) {
        decision.hold = holds ? kHoldDefault : Seconds(0);
        return {};
    }
    if (!holds) {
        return section.wrong("hold", "goes only with the actions suspend and config");
    }
    const std::optional<Seconds> hold = parse_hold(*text);
    if (!hold) {
        return section.wrong("hold",
                             "must be a number with s, m or h, at most \"24h\", like \"10m\"");
    }
    decision.hold = *hold;
    return {};
}

Status read_note(const TomlSection& section, ReplyDecision& decision) {
    TRY_AS(const std::optional<std::string> note, section.text("note"));
    decision.note = note.value_or(std::string());
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (decision.note.size() > kNoteBytesMax ||
        std::any_of(decision.note.begin(), decision.note.end(), is_control)) {
        return section.wrong("note",
                             fmt::format("must be one line of at most {} bytes", kNoteBytesMax));
    }
    return {};
}

}  // namespace

std::string_view to_string(ReplyAction action) {
    const auto* known = std::find_if(kActions.begin(), kActions.end(),
                                     [&](const auto& entry) { return entry.second == action; });
    return known == kActions.end() ? "accepted" : known->first;
}

Result<ReplyRule> parse_reply_rule(const TomlSection& section) {
    TRY(section.only(kKeys));
    ReplyRule rule;
    TRY_AS(rule.match, read_match(section));
    TRY_AS(const std::optional<std::string> action, section.text("action"));
    const auto* known = std::find_if(kActions.begin(), kActions.end(),
                                     [&](const auto& entry) { return entry.first == action; });
    if (known == kActions.end()) {
        return section.wrong("action",
                             action ? fmt::format("is \"{}\", but must be retry, fail, throttle, "
                                                  "suspend or config",
                                                  *action)
                                    : "is missing: retry, fail, throttle, suspend or config");
    }
    rule.decision.action = known->second;
    TRY_AS(const std::optional<std::string> stage, section.text("stage"));
    if (stage) {
        const auto* found = std::find_if(kStages.begin(), kStages.end(),
                                         [&](const auto& entry) { return entry.first == *stage; });
        if (found == kStages.end()) {
            return section.wrong(
                "stage",
                fmt::format("is \"{}\", but must be mail, rcpt, data or final_dot", *stage));
        }
        rule.stage = found->second;
    }
    TRY_AS(const std::optional<std::string> site, section.text("site"));
    rule.site = site.value_or(std::string());
    TRY(read_hold(section, rule.decision));
    TRY(read_note(section, rule.decision));
    return rule;
}

}  // namespace tocsin::model
