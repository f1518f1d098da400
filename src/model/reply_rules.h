// ReplyRules: what an SMTP reply means for the message and the route, by rules that an operator can
// edit, never by code.
//
// A rule names what it matches (a regular expression over "CODE ENHANCED TEXT" as one line, RE2
// syntax, case-insensitive; a stage; a site or smarthost) and what to do. Rules are tried in order,
// the operator's before the shipped ones; the first that matches decides; what no rule matches is
// decided by its class: 2xx accepted, 4xx retry, 5xx fail. In shaping.toml (model/shaping.h):
//
//   [[reply]]
//   match  = '^421 4\.7\.28'
//   site   = "Google"             # a [[site]] or [[smarthost]]; absent: any
//   stage  = "final_dot"          # mail | rcpt | data | final_dot; absent: any
//   action = "throttle"           # retry | fail | throttle | suspend | config
//   hold   = "2h"                 # how long to stop (s, m, h); only with suspend and config
//   note   = "Gmail: rate limit"  # shown to the operator as the reason
//
// RE2 matches in time linear in the reply, whatever the expression: no reply can hang a worker.
// Pure. Immutable, copies share the rules; any thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tocsin::model {

enum class ReplyStage { Mail, Rcpt, Data, FinalDot };

enum class ReplyAction {
    Accepted,  // 2xx
    Retry,     // later, costs an attempt
    Fail,      // never
    Throttle,  // later and slower; costs no attempt
    Suspend,   // nothing on this route for a while; costs no attempt
    Config,    // we are set up wrongly: suspend and call the operator; costs no attempt
};
std::string_view to_string(ReplyAction action);

struct ReplyFacts {
    int code = 0;
    std::string_view enhanced;  // or empty
    std::string_view text;
    ReplyStage stage = ReplyStage::FinalDot;
    std::string_view group{};  // of the route (model/shaping.h): for rules of one site
};

struct ReplyDecision {
    ReplyAction action = ReplyAction::Retry;
    Seconds hold{0};   // Suspend and Config: for how long
    std::string note;  // of the rule; empty for decisions by class

    friend bool operator==(const ReplyDecision&, const ReplyDecision&) = default;
};

struct ReplyRule;  // model/reply_rule_parser.h

class ReplyRules {
  public:
    explicit ReplyRules(std::vector<ReplyRule> rules);
    // Those that ship, alone; and those of a shaping file before them (model/shaping.h).
    static ReplyRules built_in();
    static Result<ReplyRules> parse(std::string_view toml);

    ReplyDecision decide(const ReplyFacts& facts) const;

  private:
    std::shared_ptr<const std::vector<ReplyRule>> rules_;
};

}  // namespace tocsin::model
