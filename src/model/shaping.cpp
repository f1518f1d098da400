#include "model/shaping.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/assets.h"
#include "base/bytes.h"
#include "base/check.h"
#include "model/reply_rule_parser.h"
#include "model/toml_section.h"

namespace tocsin::model {
namespace {

constexpr std::size_t kFileBytesMax = 1'000'000;
constexpr std::size_t kRulesMax = 1'000;   // sections of one kind
constexpr std::size_t kPatternsMax = 100;  // of one rule
constexpr std::size_t kNameBytesMax = 60;
constexpr std::int64_t kMessagesMax = 1'000'000;
constexpr double kPerSecondMin = 0.01, kPerSecondMax = 1'000'000;
constexpr std::string_view kShippedName = "shaping.toml (shipped)";

constexpr std::string_view kSections[] = {"default", "site", "smarthost", "reply"};
constexpr std::string_view kDefaultKeys[] = {"connections", "messages_per_connection", "per_second",
                                             "tls"};
constexpr std::string_view kSiteKeys[] = {
    "name", "mx", "domains", "connections", "messages_per_connection", "per_second", "tls"};
constexpr std::string_view kSmarthostKeys[] = {"name", "host", "connections",
                                               "messages_per_connection", "per_second"};

// "*" stands for any letters, also none. Both in lower case.
bool matches(std::string_view pattern, std::string_view name) {
    std::size_t p = 0, n = 0;
    std::optional<std::size_t> star;  // where to take up again, one letter further
    std::size_t taken = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken = n;
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star) {
            p = *star + 1;
            n = ++taken;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view name) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches(pattern, name); });
}

// A rule for sites or for smarthosts.
struct LimitRule {
    std::string name;
    std::vector<std::string> hosts;    // patterns: of MX hosts, or of the smarthost
    std::vector<std::string> domains;  // of sites
    RouteLimits limits;
    TlsPolicy tls = TlsPolicy::Opportunistic;
};

const LimitRule* named(const std::vector<LimitRule>& rules, std::string_view name) {
    const auto found = std::find_if(rules.begin(), rules.end(),
                                    [&](const LimitRule& rule) { return rule.name == name; });
    return found == rules.end() ? nullptr : &*found;
}

Status read_limits(const TomlSection& section, RouteLimits& limits) {
    TRY_AS(const auto connections, section.whole("connections", 1, kShapeConnectionsMax));
    TRY_AS(const auto messages, section.whole("messages_per_connection", 0, kMessagesMax));
    TRY_AS(const auto rate, section.number("per_second", kPerSecondMin, kPerSecondMax));
    if (connections) {
        limits.connections = static_cast<std::size_t>(*connections);
    }
    if (messages) {
        limits.messages_per_connection = static_cast<std::size_t>(*messages);
    }
    limits.per_second = rate.value_or(limits.per_second);
    return {};
}

Status read_tls(const TomlSection& section, TlsPolicy& tls) {
    TRY_AS(const std::optional<std::string> text, section.text("tls"));
    if (!text) {
        return {};
    }
    if (*text != "opportunistic" && *text != "required") {
        return section.wrong("tls", "must be opportunistic or required");
    }
    tls = *text == "required" ? TlsPolicy::Required : TlsPolicy::Opportunistic;
    return {};
}

enum class Stars { Allowed, Refused };

// Host names or domains, in lower case; nothing is changed where the key is missing.
Status read_hosts(const TomlSection& section, std::string_view key, Stars stars,
                  std::vector<std::string>& out) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-._";
    TRY_AS(auto texts, section.texts(key, kPatternsMax));
    if (!texts) {
        return {};
    }
    for (std::string& text : *texts) {
        text = ascii_lower(text);
        std::string letters = text;
        if (stars == Stars::Allowed) {
            std::erase(letters, '*');
        }
        if (letters.find_first_not_of(kLetters) != std::string::npos || text.size() > 253) {
            return section.wrong(key, fmt::format("has \"{}\", which is no host name: ASCII "
                                                  "letters, digits, hyphens and dots{}",
                                                  text, stars == Stars::Allowed ? ", and *" : ""));
        }
        if (letters.find_first_not_of("-._") == std::string::npos) {
            return section.wrong(key, fmt::format("has \"{}\", which names nobody: [default] is "
                                                  "for all that no rule names",
                                                  text));
        }
    }
    out = std::move(*texts);
    return {};
}

Result<std::string> read_name(const TomlSection& section) {
    TRY_AS(const std::optional<std::string> name, section.text("name"));
    if (!name) {
        return section.wrong("name", "is missing: what the provider is called");
    }
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (trim(*name).empty() || trim(*name).size() != name->size() || name->size() > kNameBytesMax ||
        std::any_of(name->begin(), name->end(), is_control)) {
        return section.wrong("name", fmt::format("must be a name of at most {} bytes, without "
                                                 "spaces around it",
                                                 kNameBytesMax));
    }
    return *name;
}

}  // namespace

struct Shaping::Rules {
    LimitRule defaults;
    std::vector<LimitRule> sites;
    std::vector<LimitRule> smarthosts;
    std::vector<ReplyRule> reply_rules;
    ReplyRules replies{{}};

    // `base`: what keys and rules that the text lacks are taken from; null: the text is all.
    static Result<std::shared_ptr<const Rules>> parse(std::string_view text, std::string_view file,
                                                      const Rules* base);

  private:
    Status read_site(const TomlSection& section, const Rules* base);
    Status read_smarthost(const TomlSection& section, const Rules* base);
    Status read_reply(const TomlSection& section);
    Status check_new(const TomlSection& section, const std::string& name) const;
    Status check_sites_of_replies(const std::vector<TomlSection>& sections) const;
    void append(const Rules& base);
};

namespace {

// The [[sections]] of a name.
Result<std::vector<TomlSection>> sections_of(const toml::table& document, std::string_view file,
                                             std::string_view key, std::string_view label) {
    std::vector<TomlSection> out;
    const toml::node* node = document.get(key);
    if (node == nullptr) {
        return out;
    }
    const toml::array* array = node->as_array();
    if (array == nullptr || !array->is_array_of_tables()) {
        return invalid_line(fmt::format("{}:{}: {} is written as {} sections", file,
                                        node->source().begin.line, key, label));
    }
    if (array->size() > kRulesMax) {
        return invalid_line(fmt::format("{}:{}: more than {} {} sections", file,
                                        node->source().begin.line, kRulesMax, label));
    }
    for (const toml::node& item : *array) {
        out.emplace_back(file, label, *item.as_table());
    }
    return out;
}

Status check_sections(const toml::table& document, std::string_view file) {
    for (const auto& [key, node] : document) {
        const std::string_view name = key.str();
        if (std::find(std::begin(kSections), std::end(kSections), name) == std::end(kSections)) {
            const std::string meant = did_you_mean(name, kSections);
            return invalid_line(fmt::format(
                "{}:{}: {} is not a known section{}", file, key.source().begin.line, name,
                meant.empty() ? ": [default], [[site]], [[smarthost]] and [[reply]] are" : meant));
        }
    }
    if (const toml::node* defaults = document.get("default");
        defaults != nullptr && !defaults->is_table()) {
        return invalid_line(fmt::format("{}:{}: default is written as a [default] section", file,
                                        defaults->source().begin.line));
    }
    return {};
}

}  // namespace

Status Shaping::Rules::check_new(const TomlSection& section, const std::string& name) const {
    if (named(sites, name) != nullptr || named(smarthosts, name) != nullptr) {
        return section.wrong("name", fmt::format("\"{}\" is used twice", name));
    }
    return {};
}

Status Shaping::Rules::read_site(const TomlSection& section, const Rules* base) {
    TRY(section.only(kSiteKeys));
    TRY_AS(const std::string name, read_name(section));
    TRY(check_new(section, name));
    const LimitRule* known = base != nullptr ? named(base->sites, name) : nullptr;
    LimitRule rule = known != nullptr ? *known : defaults;
    rule.name = name;
    TRY(read_hosts(section, "mx", Stars::Allowed, rule.hosts));
    TRY(read_hosts(section, "domains", Stars::Refused, rule.domains));
    if (rule.hosts.empty() && rule.domains.empty()) {
        return section.wrong(fmt::format("\"{}\" needs mx or domains: whom it is for", name));
    }
    TRY(read_limits(section, rule.limits));
    TRY(read_tls(section, rule.tls));
    sites.push_back(std::move(rule));
    return {};
}

Status Shaping::Rules::read_smarthost(const TomlSection& section, const Rules* base) {
    if (section.has("tls")) {
        return section.wrong("tls",
                             "is set by the relay's URL: [delivery] relay = "
                             "\"smtp://...?tls=required\"");
    }
    TRY(section.only(kSmarthostKeys));
    TRY_AS(const std::string name, read_name(section));
    TRY(check_new(section, name));
    const LimitRule* known = base != nullptr ? named(base->smarthosts, name) : nullptr;
    LimitRule rule;
    rule.limits.connections = kShapeConnectionsMax;
    if (known != nullptr) {
        rule = *known;
    }
    rule.name = name;
    TRY(read_hosts(section, "host", Stars::Allowed, rule.hosts));
    if (rule.hosts.empty()) {
        return section.wrong(fmt::format("\"{}\" needs host: the relay's name", name));
    }
    TRY(read_limits(section, rule.limits));
    smarthosts.push_back(std::move(rule));
    return {};
}

Status Shaping::Rules::read_reply(const TomlSection& section) {
    TRY_AS(ReplyRule rule, parse_reply_rule(section));
    reply_rules.push_back(std::move(rule));
    return {};
}

Status Shaping::Rules::check_sites_of_replies(const std::vector<TomlSection>& sections) const {
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const std::string& site = reply_rules[i].site;
        if (site.empty() || named(sites, site) != nullptr || named(smarthosts, site) != nullptr) {
            continue;
        }
        std::vector<std::string_view> names;
        for (const std::vector<LimitRule>* rules : {&sites, &smarthosts}) {
            for (const LimitRule& rule : *rules) {
                names.emplace_back(rule.name);
            }
        }
        return sections[i].wrong("site",
                                 fmt::format("is \"{}\", but no [[site]] or [[smarthost]] is "
                                             "called so{}",
                                             site, did_you_mean(site, names)));
    }
    return {};
}

void Shaping::Rules::append(const Rules& base) {
    const auto append_new = [](std::vector<LimitRule>& rules, const std::vector<LimitRule>& more) {
        for (const LimitRule& rule : more) {
            if (named(rules, rule.name) == nullptr) {
                rules.push_back(rule);
            }
        }
    };
    append_new(sites, base.sites);
    append_new(smarthosts, base.smarthosts);
    reply_rules.insert(reply_rules.end(), base.reply_rules.begin(), base.reply_rules.end());
}

Result<std::shared_ptr<const Shaping::Rules>> Shaping::Rules::parse(std::string_view text,
                                                                    std::string_view file,
                                                                    const Rules* base) {
    if (text.size() > kFileBytesMax) {
        return invalid_line(fmt::format("{}: is larger than {} bytes", file, kFileBytesMax));
    }
    TRY_AS(const toml::table document, parse_toml(text, file));
    TRY(check_sections(document, file));
    auto rules = std::make_shared<Rules>();
    if (base != nullptr) {
        rules->defaults = base->defaults;
    }
    if (const toml::table* defaults = document["default"].as_table(); defaults != nullptr) {
        const TomlSection section(file, "[default]", *defaults);
        TRY(section.only(kDefaultKeys));
        TRY(read_limits(section, rules->defaults.limits));
        TRY(read_tls(section, rules->defaults.tls));
    }
    TRY_AS(const auto sites, sections_of(document, file, "site", "[[site]]"));
    for (const TomlSection& section : sites) {
        TRY(rules->read_site(section, base));
    }
    TRY_AS(const auto hosts, sections_of(document, file, "smarthost", "[[smarthost]]"));
    for (const TomlSection& section : hosts) {
        TRY(rules->read_smarthost(section, base));
    }
    TRY_AS(const auto replies, sections_of(document, file, "reply", "[[reply]]"));
    for (const TomlSection& section : replies) {
        TRY(rules->read_reply(section));
    }
    if (base != nullptr) {
        rules->append(*base);
    }
    TRY(rules->check_sites_of_replies(replies));
    rules->replies = ReplyRules(rules->reply_rules);
    return std::shared_ptr<const Rules>(std::move(rules));
}

Shaping::Shaping(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

std::string_view Shaping::shipped_text() {
    const auto text = asset("shaping.toml");
    CHECK(text);
    return *text;
}

Shaping Shaping::shipped() {
    // A constant: the text is in the program.
    static const std::shared_ptr<const Rules> rules = [] {
        auto parsed = Rules::parse(shipped_text(), kShippedName, nullptr);
        CHECK(parsed);
        return *parsed;
    }();
    return Shaping(rules);
}

Result<Shaping> Shaping::parse(std::string_view operator_toml, std::string_view file) {
    const Shaping base = shipped();
    TRY_AS(std::shared_ptr<const Rules> rules,
           Rules::parse(operator_toml, file, base.rules_.get()));
    return Shaping(std::move(rules));
}

RouteShape Shaping::site(std::string_view site_name, const std::vector<std::string>& mx_hosts,
                         std::string_view domain) const {
    // All of its servers: a stranger who names one of the provider's beside their own must not
    // speak for the provider, whose whole group their replies would throttle or suspend.
    const auto is_for_us = [&](const LimitRule& rule) {
        return std::find(rule.domains.begin(), rule.domains.end(), domain) != rule.domains.end() ||
               (!mx_hosts.empty() &&
                std::all_of(mx_hosts.begin(), mx_hosts.end(), [&](const std::string& host) {
                    return matches_any(rule.hosts, host);
                }));
    };
    const auto rule = std::find_if(rules_->sites.begin(), rules_->sites.end(), is_for_us);
    if (rule == rules_->sites.end()) {
        return {std::string(site_name), rules_->defaults.limits, rules_->defaults.tls};
    }
    return {rule->name, rule->limits, rule->tls};
}

RouteShape Shaping::smarthost(std::string_view host) const {
    const auto rule =
        std::find_if(rules_->smarthosts.begin(), rules_->smarthosts.end(),
                     [&](const LimitRule& known) { return matches_any(known.hosts, host); });
    if (rule == rules_->smarthosts.end()) {
        RouteLimits limits;
        limits.connections = kShapeConnectionsMax;
        return {std::string(host), limits, TlsPolicy::Opportunistic};
    }
    return {rule->name, rule->limits, TlsPolicy::Opportunistic};
}

const ReplyRules& Shaping::replies() const {
    return rules_->replies;
}

}  // namespace tocsin::model
