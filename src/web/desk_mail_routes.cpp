// /desk/routes: how mail leaves right now, and why it goes as fast as it does.
#include <algorithm>

#include "model/pace.h"
#include "web/desk_routes.h"
#include "web/desk_support.h"
#include "web/mail_routes.h"
#include "web/nodes.h"

namespace tocsin::web {

namespace {

using model::Permission;

constexpr std::size_t kSitesShown = 3;

constexpr std::string_view kNothing = "\xE2\x80\x93";

std::string_view role_text(std::string_view role) {
    return role == "web" ? "pages" : role == "send" ? "mail" : "pages and mail";
}

// "mx1.example.net, mx.example.org and 4 more"
std::string sites_text(const delivery::RouteStatus& route) {
    // A site that is called as its line needs no second line.
    if (route.sites.size() == 1 && route.sites.front() == route.name) {
        return {};
    }
    std::string out;
    for (std::size_t i = 0; i < std::min(route.sites.size(), kSitesShown); ++i) {
        out += (i == 0 ? "" : ", ") + route.sites[i];
    }
    if (route.sites.size() > kSitesShown) {
        out += fmt::format(" and {} more", route.sites.size() - kSitesShown);
    }
    return out;
}

void fill_route(mail::TemplateValues& row, const delivery::RouteStatus& route) {
    row.set("NAME", route.name);
    const std::string sites = sites_text(route);
    row.set("SITES", sites).show_if(!sites.empty(), "HAS_SITES");
    row.set("CONNECTIONS", grouped(route.connections));
    row.set("CONNECTIONS_MAX", grouped(route.connections_max));
    row.set("RATE", model::rate_text(route.rate));
    row.set("RATE_MAX", model::rate_text(route.rate_max)).show_if(route.rate_max > 0, "LIMITED");
    row.set("WAITING", grouped(route.waiting));
    const auto eta = route_eta(route);
    row.set("ETA", eta ? eta_text(*eta) : "").show_if(eta.has_value(), "HAS_ETA");
    // The badge says already that something has to be changed.
    row.set("WHY", route.config_error ? route.reason : route_why(route));
    row.show_if(route.config_error, "IS_BROKEN");
    row.show_if(!route.config_error && !route.reason.empty(), "IS_SLOW");
}

void fill_alert(mail::TemplateValues& row, const AlertLeft& alert) {
    row.set("ALERT_ID", alert.id.value()).set("ALERT_HEADLINE", alert.headline);
    row.set("ALERT_LEFT", grouped(alert.left)).set("ALERT_AUDIENCE", grouped(alert.audience));
    row.set("ALERT_PERCENT", percent_text(alert.percent()));
    const auto eta = alert.eta();
    row.set("ALERT_ETA", eta ? eta_text(*eta) : "").show_if(eta.has_value(), "HAS_ALERT_ETA");
}

void fill_node(mail::TemplateValues& row, const store::NodeView& node, const Nodes& nodes) {
    row.set("NODE_NAME", node.row.name);
    row.show_if(node.row.id == nodes.self, "IS_SELF");
    row.set("NODE_ROLE", role_text(node.row.role)).set("NODE_VERSION", node.row.version);
    const bool sends = node.alive && node.row.role != "web";
    row.set("NODE_RATE", sends ? model::rate_text(static_cast<double>(node.row.rate)) : kNothing);
    row.set("NODE_CONNECTIONS",
            sends ? grouped(static_cast<std::uint64_t>(node.row.connections)) : kNothing);
    row.set("NODE_PARTITIONS", sends ? grouped(node.partitions) : kNothing);
    row.set("NODE_SKEW", node.alive ? skew_text(node.row.skew_ms) : kNothing);
    const Seconds silent = std::chrono::floor<Seconds>(nodes.read_at - node.row.seen_at);
    row.set("NODE_SEEN", eta_text(silent)).show_if(!node.alive, "IS_DEAD");
    row.set("NODE_TROUBLE", node.row.trouble);
    row.show_if(node.alive && !node.row.trouble.empty(), "IS_TROUBLED");
    row.show_if(node.alive && node.row.trouble.empty(), "IS_ALIVE");
}

// Not if it only shows pages.
bool self_sends(const Nodes& nodes) {
    return std::ranges::none_of(nodes.all, [&nodes](const store::NodeView& node) {
        return node.row.id == nodes.self && node.row.role == "web";
    });
}

Task<Result<net::HttpResponse>> get_routes(DeskCall call) {
    CO_TRY_AS(const MailRoutes mail, co_await read_mail_routes(call.services));
    CO_TRY_AS(const Nodes nodes, co_await read_nodes(call.services));
    DeskPage page(call.services, &call.caller, DeskTab::Settings, "How mail leaves");
    mail::TemplateValues& values = page.values();
    for (const AlertLeft& alert : mail.alerts) {
        fill_alert(values.add("ALERT"), alert);
    }
    for (const delivery::RouteStatus& route : mail.routes) {
        fill_route(values.add("ROUTE"), route);
    }
    values.show_if(!mail.alerts.empty(), "HAS_ALERTS");
    const bool sends = self_sends(nodes);
    values.show_if(!sends, "SENDS_NOTHING");
    values.show_if(sends && mail.routes.empty(), "NO_ROUTES");
    values.show_if(!mail.routes.empty(), "HAS_ROUTES");
    for (const store::NodeView& node : nodes.all) {
        fill_node(values.add("NODE"), node, nodes);
    }
    values.show_if(nodes.all.size() > 1, "HAS_NODES");
    values.show_if(nodes.all.size() > 1 && !mail.routes.empty(), "OWN_ROUTES");
    if (!mail.rules_problem.empty()) {
        page.problem(mail.rules_problem + " (the rules read before stay in force)");
    }
    page.refresh();
    co_return page.render("desk_routes.html.tpl");
}

}  // namespace

void add_desk_mail_routes(Router& router, const NewsroomServices& services) {
    add_desk(router, services, "GET", "/desk/routes", Permission::ReadAlerts, get_routes);
}

}  // namespace tocsin::web
