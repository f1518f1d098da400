#include "model/reply_rules.h"

#include <array>
#include <charconv>
#include <regex>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/check.h"

namespace tocsin::model {
namespace {

// In shaping.toml's own syntax, so that an operator can copy one and change it.
constexpr std::string_view kBuiltIn = R"toml(
[[reply]]  # Microsoft, since May 2025: the sending domain fails SPF, DKIM or DMARC
match = '^550 5\.7\.515'
action = "config"
hold = "30m"
note = "Microsoft refuses the sending domain: SPF, DKIM or DMARC do not pass (tocsin doctor)"

[[reply]]  # the relay does not know us
match = '^5\d\d .*relay(ing)? *(access )?(denied|not permitted|not allowed|prohibited)'
action = "config"
hold = "5m"
note = "the relay does not accept mail from here: check user, password and its access rules"

[[reply]]
match = '^530 '
action = "config"
hold = "5m"
note = "the relay demands authentication: set user and password in delivery.relay"

[[reply]]  # too large for the peer, not expressible there, malformed: no fault of the sender's name
match = '^5\d\d 5\.(3\.4|6\.\d+) '
action = "fail"

[[reply]]  # every sender address of an alert is of one domain: its refusal is not the recipient's
match = '^5'
stage = "mail"
action = "config"
hold = "5m"
note = "the sender address is refused: check bounce_domain and what the relay lets us send"

[[reply]]  # RFC 5321 section 4.5.3.1.10: the recipient's storage, not the recipient
match = '^552'
stage = "rcpt"
action = "retry"

[[reply]]  # greylisting asks for time, not for a lower rate
match = '^4.*gr[ea]y-?list'
action = "retry"

[[reply]]  # Amazon SES says so after DATA
match = '^454'
stage = "data"
action = "throttle"
note = "sending rate exceeded"

[[reply]]
match = '^454'
stage = "final_dot"
action = "throttle"
note = "sending rate exceeded"

[[reply]]  # Yahoo: this sender is deferred for hours
match = '^4.*\[TSS04\]'
action = "suspend"
hold = "2h"
note = "Yahoo defers mail from here [TSS04]"

[[reply]]  # service not available, closing: too many connections or messages, or a restart
match = '^421'
action = "throttle"
note = "the peer asks for a pause"

[[reply]]  # security or policy status, for now: rate and reputation limits of all big providers
match = '^4\d\d 4\.7\.\d'
action = "throttle"
note = "rate or policy limit"
)toml";

constexpr std::array<std::pair<std::string_view, ReplyAction>, 6> kActions{{
    {"accepted", ReplyAction::Accepted},
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
constexpr std::size_t kMatchedBytesMax = 512;  // std::regex recurses on what it matches

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

}  // namespace

struct ReplyRules::Rule {
    std::regex match;
    std::optional<ReplyStage> stage;
    ReplyDecision decision;

    static Result<std::shared_ptr<const Rule>> parse(const toml::table& table);
    static Status read_hold(const toml::table& table, Rule& rule);
};

std::string_view to_string(ReplyAction action) {
    return kActions[static_cast<std::size_t>(action)].first;
}

Result<std::shared_ptr<const ReplyRules::Rule>> ReplyRules::Rule::parse(const toml::table& table) {
    auto rule = std::make_shared<Rule>();
    for (const auto& [key, value] : table) {
        const std::string_view name = key.str();
        if (name != "match" && name != "stage" && name != "action" && name != "hold" &&
            name != "note") {
            return invalid(fmt::format("unknown key \"{}\"", name));
        }
        if (!value.is_string()) {
            return invalid(fmt::format("{} must be a text in quotes", name));
        }
    }
    const std::string match = table["match"].value_or(std::string());
    if (match.empty()) {
        return invalid("match is missing");
    }
    try {
        rule->match = std::regex(match, std::regex::ECMAScript | std::regex::icase |
                                            std::regex::optimize | std::regex::nosubs);
    } catch (const std::regex_error& error) {
        return invalid(fmt::format("match is no regular expression: {}", error.what()));
    }
    const std::string action = table["action"].value_or(std::string());
    const auto* known = std::find_if(kActions.begin() + 1, kActions.end(),
                                     [&](const auto& entry) { return entry.first == action; });
    if (known == kActions.end()) {
        return invalid(fmt::format(
            "action is \"{}\", but must be retry, fail, throttle, suspend or config", action));
    }
    rule->decision.action = known->second;
    if (table.contains("stage")) {
        const std::string stage = table["stage"].value_or(std::string());
        const auto* found = std::find_if(kStages.begin(), kStages.end(),
                                         [&](const auto& entry) { return entry.first == stage; });
        if (found == kStages.end()) {
            return invalid(
                fmt::format("stage is \"{}\", but must be mail, rcpt, data or final_dot", stage));
        }
        rule->stage = found->second;
    }
    rule->decision.note = table["note"].value_or(std::string());
    TRY(read_hold(table, *rule));
    return std::shared_ptr<const Rule>(std::move(rule));
}

Status ReplyRules::Rule::read_hold(const toml::table& table, Rule& rule) {
    const bool holds =
        rule.decision.action == ReplyAction::Suspend || rule.decision.action == ReplyAction::Config;
    if (!table.contains("hold")) {
        rule.decision.hold = holds ? kHoldDefault : Seconds(0);
        return {};
    }
    if (!holds) {
        return invalid("hold goes only with the actions suspend and config");
    }
    const std::optional<Seconds> hold = parse_hold(table["hold"].value_or(std::string()));
    if (!hold) {
        return invalid("hold must be a number with s, m or h, at most \"24h\", like \"10m\"");
    }
    rule.decision.hold = *hold;
    return {};
}

ReplyRules::ReplyRules(std::vector<std::shared_ptr<const Rule>> rules) : rules_(std::move(rules)) {}

namespace {

// toml++ throws; its place in the text is worth keeping.
Result<toml::table> parse_toml(std::string_view text) {
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        return invalid(fmt::format("line {}: {}", error.source().begin.line,
                                   std::string(error.description())));
    }
}

}  // namespace

Result<ReplyRules> ReplyRules::parse(std::string_view text) {
    TRY_AS(const toml::table document, parse_toml(text));
    std::vector<std::shared_ptr<const Rule>> rules;
    if (document.contains("reply")) {
        const toml::array* array = document["reply"].as_array();
        if (array == nullptr || !array->is_array_of_tables()) {
            return invalid("reply rules are written as [[reply]] sections");
        }
        for (const toml::node& node : *array) {
            auto rule = Rule::parse(*node.as_table());
            if (!rule) {
                return rule.error().with_context(
                    fmt::format("[[reply]] at line {}", node.source().begin.line));
            }
            rules.push_back(std::move(*rule));
        }
    }
    const ReplyRules shipped = built_in();
    rules.insert(rules.end(), shipped.rules_.begin(), shipped.rules_.end());
    return ReplyRules(std::move(rules));
}

ReplyRules ReplyRules::built_in() {
    const Result<toml::table> document = parse_toml(kBuiltIn);
    CHECK(document);
    std::vector<std::shared_ptr<const Rule>> rules;
    for (const toml::node& node : *(*document)["reply"].as_array()) {
        auto rule = Rule::parse(*node.as_table());
        CHECK(rule);
        rules.push_back(std::move(*rule));
    }
    return ReplyRules(std::move(rules));
}

ReplyDecision ReplyRules::decide(const ReplyFacts& facts) const {
    if (facts.code >= 200 && facts.code < 300) {
        return {.action = ReplyAction::Accepted, .hold = Seconds(0), .note = {}};
    }
    std::string line = fmt::format("{} {}{}{}", facts.code, facts.enhanced,
                                   facts.enhanced.empty() ? "" : " ", facts.text);
    line.resize(std::min(line.size(), kMatchedBytesMax));
    std::replace(line.begin(), line.end(), '\n', ' ');
    for (const auto& rule : rules_) {
        if (rule->stage && *rule->stage != facts.stage) {
            continue;
        }
        if (std::regex_search(line, rule->match)) {
            return rule->decision;
        }
    }
    const bool permanent = facts.code >= 500;
    return {.action = permanent ? ReplyAction::Fail : ReplyAction::Retry,
            .hold = Seconds(0),
            .note = {}};
}

}  // namespace tocsin::model
