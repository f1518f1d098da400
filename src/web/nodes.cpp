#include "web/nodes.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "web/api_support.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

json::object node_json(const store::NodeView& node, const std::string& self) {
    const store::NodeRow& row = node.row;
    json::object out;
    out["id"] = json_text(row.id);
    out["name"] = json_text(row.name);
    out["role"] = json_text(row.role);
    out["alive"] = node.alive;
    out["self"] = row.id == self;
    out["version"] = json_text(row.version);
    out["schema_version"] = row.schema_version;
    out["started_at"] = json_time(row.started_at);
    out["seen_at"] = json_time(row.seen_at);
    out["skew_ms"] = row.skew_ms;
    out["rate"] = row.rate;
    out["connections"] = row.connections;
    out["partitions"] = node.partitions;
    json::array routes;
    for (const std::string& route : node.routes) {
        routes.push_back(json_text(route));
    }
    out["routes"] = std::move(routes);
    out["trouble"] = json_text(row.trouble);
    return out;
}

}  // namespace

Task<Result<Nodes>> read_nodes(const NewsroomServices& services) {
    const Time now = services.clock.now();
    auto look = [now](store::Database& db) -> Result<std::vector<store::NodeView>> {
        return store::load_nodes(db, now);
    };
    Nodes nodes;
    CO_TRY_AS(nodes.all, co_await services.store.read(std::move(look)));
    nodes.self = services.node;
    nodes.read_at = now;
    co_return nodes;
}

std::string skew_text(std::int64_t skew_ms) {
    return skew_ms > -1'000 && skew_ms < 1'000
               ? fmt::format("{:+} ms", skew_ms)
               : fmt::format("{:+.1f} s", static_cast<double>(skew_ms) / 1000.0);
}

json::object nodes_json(const Nodes& nodes) {
    json::array all;
    for (const store::NodeView& node : nodes.all) {
        all.push_back(node_json(node, nodes.self));
    }
    json::object out;
    out["nodes"] = std::move(all);
    return out;
}

}  // namespace tocsin::web
