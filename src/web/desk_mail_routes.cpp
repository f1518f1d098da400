// /desk/routes: how mail leaves right now, and why it goes as fast as it does.
#include "model/pace.h"
#include "web/desk_routes.h"
#include "web/desk_support.h"
#include "web/mail_routes.h"

namespace tocsin::web {

namespace {

using model::Permission;

constexpr std::size_t kSitesShown = 3;

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

Task<Result<net::HttpResponse>> get_routes(DeskCall call) {
    CO_TRY_AS(const MailRoutes mail, co_await read_mail_routes(call.services));
    DeskPage page(call.services, &call.caller, DeskTab::Settings, "How mail leaves");
    mail::TemplateValues& values = page.values();
    for (const AlertLeft& alert : mail.alerts) {
        fill_alert(values.add("ALERT"), alert);
    }
    for (const delivery::RouteStatus& route : mail.routes) {
        fill_route(values.add("ROUTE"), route);
    }
    values.show_if(!mail.alerts.empty(), "HAS_ALERTS");
    values.show_if(mail.routes.empty(), "NO_ROUTES").show_if(!mail.routes.empty(), "HAS_ROUTES");
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
