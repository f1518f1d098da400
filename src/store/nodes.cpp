#include "store/nodes.h"

#include <algorithm>

#include "store/delivery.h"
#include "store/dialect.h"
#include "store/outbox.h"
#include "store/prepared_audience.h"

namespace tocsin::store {

namespace {

NodeRow row_of(const Row& row) {
    NodeRow node;
    node.id = row.text(0);
    node.name = row.text(1);
    node.place = row.text(2);
    node.role = row.text(3);
    node.version = row.text(4);
    node.schema_version = row.integer(5);
    node.started_at = row.time(6);
    node.seen_at = row.time(7);
    node.skew_ms = row.integer(8);
    node.rate = row.integer(9);
    node.connections = row.integer(10);
    node.trouble = row.text(11);
    return node;
}

}  // namespace

Time database_now(Database& db, Time own) {
    const std::string_view sql = database_clock(db.engine());
    return sql.empty() ? own : db.first(sql)->time(0);
}

void write_node(Database& db, const NodeRow& node) {
    db.execute(
        "INSERT INTO node (id, name, place, role, version, schema_version, started_at, seen_at, "
        "skew_ms, rate, connections, trouble) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
        "ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, skew_ms = excluded.skew_ms, "
        "rate = excluded.rate, connections = excluded.connections, trouble = excluded.trouble",
        {node.id, node.name, node.place, node.role, node.version, node.schema_version,
         node.started_at, node.seen_at, node.skew_ms, node.rate, node.connections, node.trouble});
}

void change_node_routes(Database& db, const std::string& node, const RouteChanges& changes) {
    for (const std::string& route : changes.removed) {
        db.execute("DELETE FROM node_route WHERE route = $1 AND node_id = $2", {route, node});
    }
    for (const std::string& route : changes.added) {
        db.execute("INSERT INTO node_route (route, node_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                   {route, node});
    }
}

std::optional<Time> predecessor_seen_at(Database& db, const NodeRow& node) {
    return db
        .first("SELECT MAX(seen_at) FROM node WHERE place = $1 AND id <> $2", {node.place, node.id})
        ->maybe_time(0);
}

void replace_node(Database& db, const NodeRow& node) {
    for (const Row& row :
         db.query("SELECT id FROM node WHERE place = $1 AND id <> $2", {node.place, node.id})) {
        const std::string& before = row.text(0);
        // The owner stays in the row: it tells the next one that a holder was lost.
        abandon_leases(db, before);
        remove_node(db, before);
    }
}

void remove_node(Database& db, const std::string& node) {
    free_outbox_claims(db, node);
    db.execute("DELETE FROM node_route WHERE node_id = $1", {node});
    db.execute("DELETE FROM node WHERE id = $1", {node});
}

void tidy_nodes(Database& db, Time now) {
    for (const Row& row :
         db.query("SELECT id FROM node WHERE seen_at < $1 LIMIT 1000", {now - kNodeForgotten})) {
        remove_node(db, row.text(0));
    }
    close_lost_audience_watches(db, now);
    db.execute(
        "DELETE FROM node_route WHERE node_id NOT IN (SELECT id FROM node WHERE seen_at > $1)",
        {now - kNodeSilence});
    db.execute(
        "DELETE FROM alert_progress WHERE alert_id IN "
        "(SELECT id FROM alert WHERE finished_at IS NOT NULL)");
}

std::vector<NodeView> load_nodes(Database& db, Time now) {
    std::vector<NodeView> nodes;
    std::map<std::string, std::size_t> index;
    for (const Row& row :
         db.query("SELECT id, name, place, role, version, schema_version, started_at, seen_at, "
                  "skew_ms, rate, connections, trouble FROM node ORDER BY name, started_at, id")) {
        NodeView view;
        view.row = row_of(row);
        view.alive = view.row.seen_at > now - kNodeSilence;
        index.emplace(view.row.id, nodes.size());
        nodes.push_back(std::move(view));
    }
    if (db.engine() == Engine::Sqlite && nodes.size() == 1) {
        nodes.front().alive = true;
    }
    for (const Row& row :
         db.query("SELECT owner, COUNT(*) FROM partition WHERE state = 'leased' GROUP BY owner")) {
        if (const auto found = index.find(row.text(0)); found != index.end()) {
            nodes[found->second].partitions += static_cast<std::uint64_t>(row.integer(1));
        }
    }
    for (const Row& row : db.query("SELECT node_id, route FROM node_route ORDER BY route")) {
        if (const auto found = index.find(row.text(0)); found != index.end()) {
            nodes[found->second].routes.push_back(row.text(1));
        }
    }
    return nodes;
}

std::map<std::string, NodeShare> load_shares(Database& db, const std::string& node, Time now) {
    std::map<std::string, NodeShare> shares;
    for (const Row& row :
         db.query("SELECT r.route, COUNT(*), SUM(CASE WHEN r.node_id < $1 THEN 1 ELSE 0 END) "
                  "FROM node_route r JOIN node n ON n.id = r.node_id "
                  "WHERE (n.seen_at > $2 OR n.id = $1) AND r.route IN "
                  "(SELECT route FROM node_route WHERE node_id = $1) GROUP BY r.route",
                  {node, now - kNodeSilence})) {
        shares[row.text(0)] = {.nodes = static_cast<std::size_t>(row.integer(1)),
                               .rank = static_cast<std::size_t>(row.integer(2))};
    }
    const Row all = *db.first(
        "SELECT COUNT(*), SUM(CASE WHEN id < $1 THEN 1 ELSE 0 END) FROM node "
        "WHERE role <> 'web' AND (seen_at > $2 OR id = $1)",
        {node, now - kNodeSilence});
    shares[""] = {.nodes = std::max<std::size_t>(1, static_cast<std::size_t>(all.integer(0))),
                  .rank = static_cast<std::size_t>(all.maybe_integer(1).value_or(0))};
    return shares;
}

void write_alert_progress(Database& db, AlertId alert, const std::string& node, Time now,
                          bool settled, const std::string& progress) {
    db.execute(
        "INSERT INTO alert_progress (alert_id, node_id, at, settled, progress) "
        "SELECT id, $2, $3, $4, $5 FROM alert WHERE id = $1 AND finished_at IS NULL "
        "ON CONFLICT (alert_id, node_id) DO UPDATE SET at = excluded.at, "
        "settled = excluded.settled, progress = excluded.progress",
        {alert, node, now, settled, Blob{progress}});
}

std::vector<AlertProgressRow> load_alert_progress(Database& db, AlertId alert, Time now) {
    std::vector<AlertProgressRow> rows;
    for (const Row& row :
         db.query("SELECT p.node_id, n.seen_at, p.settled, p.progress FROM alert_progress p "
                  "LEFT JOIN node n ON n.id = p.node_id WHERE p.alert_id = $1 ORDER BY p.node_id",
                  {alert})) {
        rows.push_back({.node = row.text(0),
                        .alive = !row.is_null(1) && row.time(1) > now - kNodeSilence,
                        .settled = row.boolean(2),
                        .progress = row.blob(3)});
    }
    return rows;
}

void delete_alert_progress(Database& db, AlertId alert) {
    db.execute("DELETE FROM alert_progress WHERE alert_id = $1", {alert});
}

bool is_settled(Database& db, AlertId alert, Time now) {
    return !db.first(
        "SELECT 1 FROM partition x WHERE x.alert_id = $1 AND x.state <> 'done' AND NOT EXISTS ("
        "SELECT 1 FROM alert_progress p JOIN node n ON n.id = p.node_id "
        "WHERE p.alert_id = $1 AND p.settled = 1 AND n.seen_at > $2 AND x.state = 'leased' "
        "AND x.owner = n.id) LIMIT 1",
        {alert, now - kNodeSilence});
}

std::set<std::int64_t> load_doubtful_partitions(Database& db, AlertId alert) {
    std::set<std::int64_t> doubtful;
    const auto read = [&](const std::string& which, std::vector<Param> params) {
        params.insert(params.begin(), alert);
        for (const Row& row : db.query(
                 "SELECT partition FROM partition WHERE alert_id = $1 AND state <> 'done' AND " +
                     which,
                 params)) {
            doubtful.insert(row.integer(0));
        }
    };
    read("(doubt = 1 OR (state = 'open' AND owner <> ''))", {});
    if (db.engine() == Engine::Postgres) {  // SQLite's only process holds what is held
        read("state = 'leased' AND owner NOT IN (SELECT id FROM node WHERE seen_at > $2)",
             {database_now(db, Time{}) - kNodeSilence});
    }
    return doubtful;
}

}  // namespace tocsin::store
