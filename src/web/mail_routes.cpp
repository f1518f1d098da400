#include "web/mail_routes.h"

#include <algorithm>
#include <cmath>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "delivery/status.h"
#include "model/pace.h"
#include "store/alerts.h"
#include "web/api_support.h"
#include "web/desk_support.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

constexpr std::size_t kAlertsRead = 50;  // the newest; what runs is among them
constexpr double kRateLeast = 0.01;      // a second; below, nothing moves

std::optional<Seconds> time_for(double messages, double per_second) {
    constexpr double kSecondsMax = 30.0 * 24 * 3600;
    if (per_second < kRateLeast) {
        return std::nullopt;
    }
    return Seconds(
        static_cast<std::int64_t>(std::min(std::ceil(messages / per_second), kSecondsMax)));
}

bool is_smarthost(const delivery::RouteStatus& route) {
    return route.kind == delivery::RouteStatus::Kind::Smarthost;
}

// Its rate of a moment ago says nothing of when it will be through.
bool stands_still(const delivery::RouteStatus& route) {
    return route.why.kind == model::PaceReason::Kind::Suspended;
}

json::value json_seconds(std::optional<Seconds> seconds) {
    return seconds ? json::value(seconds->count()) : json::value(nullptr);
}

double rounded(double value) {
    return std::round(value * 10) / 10;
}

// Of all alerts that run, together.
AlertLeft sum_of(const std::vector<AlertLeft>& alerts) {
    AlertLeft sum;
    for (const AlertLeft& alert : alerts) {
        sum.audience += alert.audience;
        sum.left += alert.left;
        sum.rate += alert.rate;
    }
    return sum;
}

}  // namespace

double AlertLeft::percent() const {
    return audience == 0 ? 0 : 100.0 * static_cast<double>(left) / static_cast<double>(audience);
}

std::optional<Seconds> AlertLeft::eta() const {
    return time_for(static_cast<double>(left), rate);
}

std::optional<Seconds> route_eta(const delivery::RouteStatus& route) {
    return route.waiting == 0 || stands_still(route)
               ? std::nullopt
               : time_for(static_cast<double>(route.waiting), route.rate);
}

std::string route_why(const delivery::RouteStatus& route) {
    if (!route.reason.empty()) {
        return (route.config_error ? "to be set right: " : "") + route.reason;
    }
    if (route.waiting == 0) {
        return "nothing is waiting";
    }
    return route.connections >= route.connections_max ? "all its connections are busy"
                                                      : "nothing holds it back";
}

std::string percent_text(double percent) {
    return percent > 0 && percent < 1 ? fmt::format("{:.1f} %", std::max(percent, 0.1))
                                      : fmt::format("{:.0f} %", percent);
}

std::string eta_text(Seconds eta) {
    const std::int64_t seconds = eta.count();
    if (seconds < 120) {
        return fmt::format("{} s", seconds);
    }
    const std::int64_t minutes = (seconds + 59) / 60;
    return minutes < 120 ? fmt::format("{} min", minutes)
                         : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string route_sentence(const delivery::RouteStatus& route, const std::vector<AlertLeft>& all) {
    std::string out = fmt::format("{}: {} of {} connections", route.name,
                                  grouped(route.connections), grouped(route.connections_max));
    if (route.rate >= kRateLeast) {
        out += ", " + model::rate_text(route.rate);
    }
    out += ", " + route_why(route);
    if (is_smarthost(route) && !all.empty()) {
        const AlertLeft sum = sum_of(all);
        out += fmt::format(", {} left", percent_text(sum.percent()));
        if (const auto eta = stands_still(route) ? std::nullopt : sum.eta()) {
            out += ", " + eta_text(*eta);
        }
    } else if (route.waiting > 0) {
        out += fmt::format(", {} waiting", grouped(route.waiting));
        if (const auto eta = route_eta(route)) {
            out += ", " + eta_text(*eta);
        }
    }
    return out;
}

Task<Result<MailRoutes>> read_mail_routes(const NewsroomServices& services) {
    auto look = [&view = services.delivery](store::Database& db) -> Result<std::vector<AlertLeft>> {
        std::vector<AlertLeft> running;
        for (const store::FullAlert& full : store::list_alerts(db, AlertId(), kAlertsRead)) {
            if (full.alert.state != model::AlertState::Released) {
                continue;
            }
            TRY_AS(const delivery::AlertStatus status,
                   delivery::alert_status(db, full.alert.id, view.progress(db, full.alert.id)));
            running.push_back({full.alert.id, headline_text(full.content), status.audience,
                               status.audience - status.counts.settled(), status.rate});
        }
        return running;
    };
    MailRoutes mail;
    CO_TRY_AS(mail.alerts, co_await services.store.read(std::move(look)));
    mail.routes = services.delivery.routes();
    mail.read_at = services.clock.steady();
    mail.read_at_wall = services.clock.now();
    if (services.rules_problem) {
        mail.rules_problem = services.rules_problem();
    }
    co_return mail;
}

namespace {

// The reply that made the route as fast as it is.
json::value last_reply_json(const model::PaceReason& why, const MailRoutes& mail) {
    if (why.reply.empty()) {
        return nullptr;
    }
    json::object out;
    out["text"] = json_text(why.reply);
    out["at"] = json_time(mail.read_at_wall -
                          std::chrono::round<Milliseconds>(mail.read_at - why.replied_at));
    return out;
}

json::object route_json(const delivery::RouteStatus& route, const MailRoutes& mail) {
    json::object out;
    out["name"] = json_text(route.name);
    out["kind"] = is_smarthost(route) ? "smarthost" : "site";
    json::array sites;
    for (const std::string& site : route.sites) {
        sites.push_back(json_text(site));
    }
    out["sites"] = std::move(sites);
    out["connections"] = route.connections;
    out["connections_max"] = route.connections_max;
    out["rate"] = rounded(route.rate);
    out["rate_max"] = route.rate_max > 0 ? json::value(rounded(route.rate_max)) : nullptr;
    out["waiting"] = route.waiting;
    out["eta_s"] = json_seconds(route_eta(route));
    out["reason"] = json_text(route.reason);
    out["last_reply"] = last_reply_json(route.why, mail);
    out["config_error"] = route.config_error;
    out["sentence"] = json_text(route_sentence(route, mail.alerts));
    return out;
}

}  // namespace

json::object mail_routes_json(const MailRoutes& mail) {
    json::array routes;
    for (const delivery::RouteStatus& route : mail.routes) {
        routes.push_back(route_json(route, mail));
    }
    json::array alerts;
    for (const AlertLeft& alert : mail.alerts) {
        json::object out;
        out["id"] = alert.id.value();
        out["headline"] = json_text(alert.headline);
        out["audience"] = alert.audience;
        out["left"] = alert.left;
        out["left_percent"] = rounded(alert.percent());
        out["rate"] = rounded(alert.rate);
        out["eta_s"] = json_seconds(alert.eta());
        alerts.push_back(std::move(out));
    }
    json::object out;
    out["routes"] = std::move(routes);
    out["alerts"] = std::move(alerts);
    out["rules_problem"] =
        mail.rules_problem.empty() ? json::value(nullptr) : json_text(mail.rules_problem);
    return out;
}

}  // namespace tocsin::web
