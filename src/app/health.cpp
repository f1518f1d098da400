#include "app/health.h"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "app/version.h"
#include "web/page.h"

namespace tocsin::app {

namespace {

std::string not_ready_reason(const HealthParts& parts) {
    if (parts.store.failed()) {
        return "the database failed; free the disk or mend it, then restart";
    }
    return parts.engine.halted();
}

// The subscribers, recipients and mails that the database counts.
struct StoredCounts {
    std::int64_t subscribers = 0;
    std::int64_t outbox_waiting = 0;
    std::int64_t alerts_running = 0;
};

Result<StoredCounts> read_counts(store::Database& db) {
    const auto count = [&db](std::string_view sql) { return db.first(sql)->integer(0); };
    StoredCounts counts;
    counts.subscribers = count("SELECT count(*) FROM subscriber");
    counts.outbox_waiting = count("SELECT count(*) FROM outbox WHERE state = 'queued'");
    counts.alerts_running = count("SELECT count(*) FROM alert WHERE state = 'released'");
    return counts;
}

void add_gauge(prometheus::Registry& registry, const char* name, const char* help, double value,
               const prometheus::Labels& labels = {}) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels).Set(value);
}

std::string metrics_text(const HealthParts& parts, const StoredCounts& counts) {
    prometheus::Registry registry(prometheus::Registry::InsertBehavior::Merge);
    add_gauge(registry, "tocsin_build_info", "Always 1; the label names the version.", 1,
              {{"version", kVersion}});
    add_gauge(registry, "tocsin_ready",
              "1 if mail can be sent. Worry at once when 0: /readyz says why.",
              not_ready_reason(parts).empty() ? 1 : 0);
    add_gauge(registry, "tocsin_subscribers", "Addresses known, confirmed or not.",
              static_cast<double>(counts.subscribers));
    add_gauge(registry, "tocsin_outbox_waiting",
              "Confirmation mails not yet taken by the mail server. Worry when it grows for a "
              "minute: the route is slow or refuses us.",
              static_cast<double>(counts.outbox_waiting));
    add_gauge(registry, "tocsin_alerts_running", "Alerts that are being sent now.",
              static_cast<double>(counts.alerts_running));
    for (const delivery::RouteStatus& route : parts.engine.routes()) {
        const prometheus::Labels labels = {{"route", route.name}};
        add_gauge(registry, "tocsin_route_connections", "Connections open to the mail server.",
                  static_cast<double>(route.connections), labels);
        add_gauge(registry, "tocsin_route_messages_per_second", "Messages accepted lately.",
                  route.rate, labels);
        add_gauge(registry, "tocsin_route_config_error",
                  "1 if an administrator has to change something: the desk and `tocsin doctor` "
                  "say what.",
                  route.config_error ? 1 : 0, labels);
    }
    return prometheus::TextSerializer().Serialize(registry.Collect());
}

Task<net::HttpResponse> answer_metrics(HealthParts parts) {
    Result<StoredCounts> counts = co_await parts.store.read(read_counts);
    if (!counts) {
        co_return web::text_response(503, counts.error().message() + "\n");
    }
    net::HttpResponse response = web::text_response(200, metrics_text(parts, *counts));
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    co_return response;
}

Task<net::HttpResponse> answer_ready(HealthParts parts, HealthDetail detail) {
    const std::string reason = not_ready_reason(parts);
    if (reason.empty()) {
        co_return web::text_response(200, "ready\n");
    }
    const bool tell = detail == HealthDetail::Everything;
    co_return web::text_response(503, tell ? reason + "\n" : std::string("not ready\n"));
}

Task<net::HttpResponse> answer_alive() {
    co_return web::text_response(200, "ok\n");
}

}  // namespace

void add_health_routes(web::Router& router, const HealthParts& parts, HealthDetail detail) {
    router.add("GET", "/healthz", [](const web::Context&) { return answer_alive(); });
    router.add("GET", "/readyz",
               [parts, detail](const web::Context&) { return answer_ready(parts, detail); });
    if (detail == HealthDetail::Everything) {
        router.add("GET", "/metrics",
                   [parts](const web::Context&) { return answer_metrics(parts); });
    }
}

}  // namespace tocsin::app
