// One [[reply]] section as a rule. Internal to model's shaping files.
#pragma once

#include <memory>
#include <optional>
#include <re2/re2.h>
#include <string>

#include "base/result.h"
#include "model/reply_rules.h"
#include "model/toml_section.h"

namespace tocsin::model {

struct ReplyRule {
    std::shared_ptr<const re2::RE2> match;
    std::optional<ReplyStage> stage;
    std::string site;  // the group it is for; empty: any
    ReplyDecision decision;
};

Result<ReplyRule> parse_reply_rule(const TomlSection& section);

}  // namespace tocsin::model
