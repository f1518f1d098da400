#include "app/doctor.h"

#include <algorithm>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "app/doctor_checks.h"
#include "mail/address.h"

namespace tocsin::app {

namespace {

using Level = Finding::Level;

// The whole configuration as if mail came from another domain.
void look_at_other_domain(Config& config, const std::string& domain) {
    const std::size_t at = config.site.from.find('@');
    config.site.from = config.site.from.substr(0, at + 1) + domain;
    config.inbound.bounce_domain = domain;
    if (config.dkim.enabled()) {
        config.dkim.domain = domain;
    }
}

void indent_lines(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out += fmt::format("                {}\n", text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

}  // namespace

std::string_view to_string(Finding::Level level) {
    switch (level) {
        case Level::Ok:
            return "ok";
        case Level::Warn:
            return "warn";
        case Level::Fail:
            return "fail";
    }
    return "";
}

std::vector<Finding> examine(const DoctorOptions& options, const Clock& clock) {
    Findings findings;
    ConfigReport report = check_config(options.config_path, options.environment);
    for (const std::string& problem : report.problems) {
        findings.push_back({Level::Fail, "config", problem, ""});
    }
    if (!report.config) {
        return findings;
    }
    Config& config = *report.config;
    findings.push_back({Level::Ok, "config", config.file + " is complete", ""});
    for (const std::string& warning : report.warnings) {
        findings.push_back({Level::Warn, "config", warning, ""});
    }
    if (!options.domain.empty()) {
        const auto domain = mail::parse_domain(options.domain);
        if (!domain) {
            findings.push_back({Level::Fail, "dns", "--domain: " + domain.error().message(), ""});
            return findings;
        }
        look_at_other_domain(config, *domain);
    }
    const ServiceState state = service_state(config);
    look_at_secrets(config, findings);
    look_at_database(config, state, findings);
    look_at_nodes(config, state, findings);
    look_at_disk(config, findings);
    look_at_clock(clock, findings);
    look_at_limits(findings);
    look_at_rules(config, findings);
    look_at_ports(config, state, findings);
    look_at_tls(config, findings);
    // A machine that only shows pages needs neither the key nor a way to the relay.
    if (config.node.role == Config::Node::Role::Web) {
        findings.push_back({Level::Ok, "relay",
                            "this machine sends no mail: run doctor on one that does for DKIM, DNS "
                            "and the relay",
                            ""});
        return findings;
    }
    look_at_dkim(config, findings);
    look_at_dns(config, options.lookup, findings);
    look_at_relay(config, options, clock, findings);
    return findings;
}

std::string doctor_text(const std::vector<Finding>& findings) {
    std::string out;
    for (const Finding& finding : findings) {
        out += fmt::format("{:<4}  {:<8}  {}\n", to_string(finding.level), finding.topic,
                           finding.text);
        indent_lines(out, finding.fix);
    }
    return out;
}

boost::json::array doctor_json(const std::vector<Finding>& findings) {
    boost::json::array array;
    for (const Finding& finding : findings) {
        boost::json::object object;
        object["level"] = to_string(finding.level);
        object["topic"] = finding.topic;
        object["text"] = finding.text;
        object["fix"] = finding.fix;
        array.push_back(std::move(object));
    }
    return array;
}

bool has_failure(const std::vector<Finding>& findings) {
    return std::any_of(findings.begin(), findings.end(),
                       [](const Finding& finding) { return finding.level == Level::Fail; });
}

}  // namespace tocsin::app
