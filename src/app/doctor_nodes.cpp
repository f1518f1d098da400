// The doctor's look at the other machines of the database, which the service knows.
#include <cmath>
#include <set>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "app/cli.h"
#include "app/control_client.h"
#include "app/doctor_checks.h"

namespace tocsin::app {

namespace {

namespace json = boost::json;
using Level = Finding::Level;

constexpr double kSkewMaxMs = 1'000;

bool is_alive(const json::value& node) {
    return field_text(node, "alive") == "true";
}

double skew_of(const json::value& node) {
    const json::value* skew = node.is_object() ? node.as_object().if_contains("skew_ms") : nullptr;
    return skew != nullptr && skew->is_number() ? skew->to_number<double>() : 0;
}

void look_at_node(const json::value& node, Findings& findings) {
    const std::string name = field_text(node, "id");
    if (!is_alive(node)) {
        findings.push_back(
            {Level::Warn, "nodes",
             fmt::format("{} was not seen since {}", name, field_text(node, "seen_at")),
             "start it again, or wait a day: then it is forgotten"});
        return;
    }
    const double skew = skew_of(node);
    if (std::abs(skew) > kSkewMaxMs) {
        findings.push_back({Level::Warn, "nodes",
                            fmt::format("the clock of {} is {:.1f} s {} the database's", name,
                                        std::abs(skew) / 1000.0, skew > 0 ? "ahead of" : "behind"),
                            "mail goes by the database's clock; still, start chrony or "
                            "systemd-timesyncd on both"});
    }
    if (const std::string trouble = field_text(node, "trouble"); !trouble.empty()) {
        findings.push_back({Level::Fail, "nodes", name + " sends nothing: " + trouble, ""});
    }
}

}  // namespace

std::vector<json::value> nodes_of(const json::value& answer) {
    const json::value* nodes =
        answer.is_object() ? answer.as_object().if_contains("nodes") : nullptr;
    return nodes != nullptr && nodes->is_array()
               ? std::vector<json::value>(nodes->as_array().begin(), nodes->as_array().end())
               : std::vector<json::value>();
}

void judge_nodes(const std::vector<json::value>& nodes, Findings& findings) {
    const std::size_t before = findings.size();
    std::set<std::string> versions;
    std::size_t alive = 0;
    bool one_sends = false;
    for (const json::value& node : nodes) {
        look_at_node(node, findings);
        if (is_alive(node)) {
            ++alive;
            versions.insert(field_text(node, "version"));
            one_sends = one_sends || field_text(node, "role") != "web";
        }
    }
    if (versions.size() > 1) {
        findings.push_back({Level::Warn, "nodes",
                            fmt::format("versions {} run side by side", fmt::join(versions, ", ")),
                            "fine for the time of an upgrade; then bring all to the newest"});
    }
    if (alive > 0 && !one_sends) {
        findings.push_back({Level::Fail, "nodes", "no machine sends mail: all have the role web",
                            "start one with `tocsin serve --role send` or --role all"});
    }
    if (findings.size() == before && alive > 0) {
        findings.push_back({Level::Ok, "nodes",
                            alive == 1 ? std::string("this machine is the only one")
                                       : fmt::format("{} machines are alive and agree", alive),
                            ""});
    }
}

void look_at_nodes(const Config& config, ServiceState state, Findings& findings) {
    if (state != ServiceState::Running) {
        return;
    }
    const auto answer = ControlClient(config.control.socket).get("/api/v1/nodes");
    if (!answer) {
        findings.push_back({Level::Fail, "nodes", answer.error().message(), ""});
        return;
    }
    judge_nodes(nodes_of(*answer), findings);
}

}  // namespace tocsin::app
