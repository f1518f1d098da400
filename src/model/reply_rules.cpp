#include "model/reply_rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/reply_rule_parser.h"
#include "model/shaping.h"

namespace tocsin::model {
namespace {

constexpr std::size_t kMatchedBytesMax = 2048;  // what rules look for stands in the first lines

}  // namespace

ReplyRules::ReplyRules(std::vector<ReplyRule> rules)
    : rules_(std::make_shared<const std::vector<ReplyRule>>(std::move(rules))) {}

ReplyRules ReplyRules::built_in() {
    return Shaping::shipped().replies();
}

Result<ReplyRules> ReplyRules::parse(std::string_view toml) {
    TRY_AS(const Shaping shaping, Shaping::parse(toml));
    return shaping.replies();
}

ReplyDecision ReplyRules::decide(const ReplyFacts& facts) const {
    if (facts.code >= 200 && facts.code < 300) {
        return {.action = ReplyAction::Accepted, .hold = Seconds(0), .note = {}};
    }
    std::string line =
        fmt::format("{} {}{}{}", facts.code, facts.enhanced, facts.enhanced.empty() ? "" : " ",
                    facts.text.substr(0, kMatchedBytesMax));
    std::replace(line.begin(), line.end(), '\n', ' ');
    for (const ReplyRule& rule : *rules_) {
        if (rule.stage && *rule.stage != facts.stage) {
            continue;
        }
        if (!rule.site.empty() && rule.site != facts.group) {
            continue;
        }
        if (re2::RE2::PartialMatch(line, *rule.match)) {
            return rule.decision;
        }
    }
    const bool permanent = facts.code >= 500;
    return {.action = permanent ? ReplyAction::Fail : ReplyAction::Retry,
            .hold = Seconds(0),
            .note = {}};
}

}  // namespace tocsin::model
