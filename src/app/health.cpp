#include "app/health.h"

#include <algorithm>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "app/version.h"
#include "store/nodes.h"
#include "web/page.h"

namespace tocsin::app {

namespace {

std::string not_ready_reason(const HealthParts& parts) {
    if (parts.store.failed()) {
        return "the database failed; free the disk or mend it, then restart";
    }
    if (std::string trouble = parts.store.trouble(); !trouble.empty()) {
        return trouble;
    }
    return parts.engine != nullptr ? parts.engine->halted() : std::string();
}

// The subscribers, recipients and mails that the database counts.
struct StoredCounts {
    std::int64_t subscribers = 0;
    std::int64_t outbox_waiting = 0;
    std::int64_t alerts_running = 0;
    std::int64_t nodes_alive = 0;
};

Result<StoredCounts> read_counts(store::Database& db, Time now) {
    const auto count = [&db](std::string_view sql) { return db.first(sql)->integer(0); };
    StoredCounts counts;
    counts.subscribers = count("SELECT count(*) FROM subscriber");
    counts.outbox_waiting = count("SELECT count(*) FROM outbox WHERE state = 'queued'");
    counts.alerts_running = count("SELECT count(*) FROM alert WHERE state = 'released'");
    const std::vector<store::NodeView> nodes = store::load_nodes(db, now);
    counts.nodes_alive = std::ranges::count_if(nodes, &store::NodeView::alive);
    return counts;
}

void add_gauge(prometheus::Registry& registry, const char* name, const char* help, double value,
               const prometheus::Labels& labels = {}) {
    prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels).Set(value);
}

void add_counter(prometheus::Registry& registry, const char* name, const char* help,
                 std::uint64_t value) {
    prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({}).Increment(
        static_cast<double>(value));
}

void add_node_metrics(prometheus::Registry& registry, const store::Store& store,
                      const StoredCounts& counts) {
    add_gauge(registry, "tocsin_nodes_alive",
              "Machines of this database that were heard from within 10 s. Worry when it is less "
              "than you run: `tocsin nodes` names them.",
              static_cast<double>(counts.nodes_alive));
    add_gauge(registry, "tocsin_store_in_touch",
              "1 if the database was heard from within the last second. Worry when 0: this node "
              "begins no new mail.",
              store.in_touch() ? 1 : 0);
    const store::StoreCounters counters = store.counters();
    add_counter(registry, "tocsin_store_statements_total",
                "Statements sent to PostgreSQL, those of transactions among them.",
                counters.statements + counters.controls);
    add_counter(registry, "tocsin_store_round_trips_total",
                "Waits for PostgreSQL's answer: what a slow network multiplies.",
                counters.round_trips);
    add_counter(registry, "tocsin_store_groups_total", "Transactions committed.", counters.groups);
    add_counter(registry, "tocsin_store_connections_total",
                "Connections made to PostgreSQL, a handful at the start. Worry when it grows: they "
                "are being lost.",
                counters.connections);
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
    add_node_metrics(registry, parts.store, counts);
    for (const delivery::RouteStatus& route :
         parts.engine != nullptr ? parts.engine->routes() : std::vector<delivery::RouteStatus>()) {
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
    auto look = [now = parts.clock.now()](store::Database& db) { return read_counts(db, now); };
    Result<StoredCounts> counts = co_await parts.store.read(std::move(look));
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
