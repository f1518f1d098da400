#include "delivery/route_status.h"

#include <algorithm>
#include <map>

namespace tocsin::delivery {

std::vector<RouteStatus> route_statuses(const RouteTable& table,
                                        const std::vector<std::vector<OutletStatus>>& outlets,
                                        const Clock& clock) {
    const SteadyTime now = clock.steady();
    const Time wall = clock.now();
    std::map<const LimitGroup*, RouteStatus> by_group;
    const auto line_of = [&](const Route& route) -> RouteStatus& {
        const auto [place, fresh] = by_group.try_emplace(&route.group());
        RouteStatus& line = place->second;
        if (fresh) {
            LimitGroup::Status status = route.group().status(now);
            line.kind = table.only() ? RouteStatus::Kind::Smarthost : RouteStatus::Kind::Site;
            line.name = route.group().name();
            line.connections = status.connections;
            line.connections_max = status.connections_max;
            line.rate = status.rate;
            line.rate_max = status.rate_max;
            line.why = std::move(status.why);
            line.config_error = status.config_error;
            line.reason = model::describe(line.why, now, wall);
        }
        return line;
    };
    // One dead site of a provider is worth a word where the provider as a whole has none.
    const auto add_trouble = [&](const Route& route, RouteStatus& line) {
        line.config_error = line.config_error || route.config_error();
        if (route.connect_failing()) {
            const std::string where = route.name() == line.name ? "" : route.name() + ": ";
            line.reason = where + route.connect_reason(now);
        }
    };
    const auto routes = table.routes();  // keeps them while they are looked at
    for (const auto& route : routes) {
        add_trouble(*route, line_of(*route));
    }
    for (const auto& worker : outlets) {
        for (const OutletStatus& outlet : worker) {
            RouteStatus& line = line_of(*outlet.route);
            add_trouble(*outlet.route, line);
            line.waiting += outlet.waiting;
            const std::string& site = outlet.route->name();
            if (!table.only() && (outlet.waiting > 0 || outlet.sessions > 0) &&
                std::find(line.sites.begin(), line.sites.end(), site) == line.sites.end()) {
                line.sites.push_back(site);
            }
        }
    }
    std::vector<RouteStatus> lines;
    for (auto& [group, line] : by_group) {
        if (table.only() || line.connections > 0 || line.waiting > 0 || !line.reason.empty()) {
            lines.push_back(std::move(line));
        }
    }
    std::sort(lines.begin(), lines.end(), [](const RouteStatus& a, const RouteStatus& b) {
        return a.waiting != b.waiting ? a.waiting > b.waiting : a.name < b.name;
    });
    return lines;
}

}  // namespace tocsin::delivery
