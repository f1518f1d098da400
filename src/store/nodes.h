// Verbs of the node register: the processes that share one database, which limits they share, and
// what each has seen of the alerts that are being sent. Store thread only (see database.h).
//
// Every time here is the database's own (clock.h, SharedClock), so that nodes whose clocks differ
// agree on who is alive. A node that was not seen for kNodeSilence counts as dead: its share of
// limits goes to the others. Its leases are another matter, they run out by themselves.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "store/database.h"

namespace tocsin::store {

inline constexpr Milliseconds kNodeSilence{10'000};
// A dead node is forgotten after a day: until then `tocsin nodes` shows when it was last seen.
inline constexpr Milliseconds kNodeForgotten{24 * 3600 * 1000};

struct NodeRow {
    std::string id;     // the owner of its leases
    std::string name;   // configured
    std::string place;  // machine and control socket: two living processes cannot share it
    std::string role;   // web | send | all
    std::string version;
    std::int64_t schema_version = 0;
    Time started_at{};
    Time seen_at{};
    std::int64_t skew_ms = 0;      // its own wall clock minus the database's
    std::int64_t rate = 0;         // messages accepted a second, lately
    std::int64_t connections = 0;  // SMTP sessions open
    std::string trouble;           // why it does not send; empty: it does
};

struct NodeView {
    NodeRow row;
    bool alive = false;
    std::uint64_t partitions = 0;     // leased
    std::vector<std::string> routes;  // limit groups that it sends to
};

// The database's time: of the statement, not of the transaction. SQLite: `own`.
Time database_now(Database& db, Time own);

// Enters or renews the node's row; `node.seen_at` is now.
void write_node(Database& db, const NodeRow& node);
// The groups that the node has begun to send to, and those that it sends to no more.
struct RouteChanges {
    std::vector<std::string> added, removed;
};
void change_node_routes(Database& db, const std::string& node, const RouteChanges& changes);
// When a process at this place was seen last, other than this node; nullopt: there is none.
std::optional<Time> predecessor_seen_at(Database& db, const NodeRow& node);
// What an earlier process at the same place left: its leases are open again (and in doubt), its
// rows are gone. Call it once the place is surely ours (its control socket is).
void replace_node(Database& db, const NodeRow& node);
// A clean end: no row is left. Its leases were released before.
void remove_node(Database& db, const std::string& node);
// The rows of the forgotten; what the dead had in node_route, and their watches of audiences;
// progress of alerts that are finished.
void tidy_nodes(Database& db, Time now);

// All that are known, by name, then start. The only one on SQLite is who asks, and alive.
std::vector<NodeView> load_nodes(Database& db, Time now);

// Of how many living nodes that send to a group this one is which (0-based, by id).
struct NodeShare {
    std::size_t nodes = 1;
    std::size_t rank = 0;

    friend bool operator==(const NodeShare&, const NodeShare&) = default;
};
// The empty name stands for all groups that it does not send to yet: of all nodes that may send.
std::map<std::string, NodeShare> load_shares(Database& db, const std::string& node, Time now);

// What a node has seen of an alert (delivery/progress_record.h says how it is written).
struct AlertProgressRow {
    std::string node;
    bool alive = false;
    bool settled = false;
    std::string progress;
};
void write_alert_progress(Database& db, AlertId alert, const std::string& node, Time now,
                          bool settled, const std::string& progress);
std::vector<AlertProgressRow> load_alert_progress(Database& db, AlertId alert, Time now);
// When the alert is finished.
void delete_alert_progress(Database& db, AlertId alert);

// A stopped alert: no living node has anything of it on the wire without a mark in the ledger, and
// no dead one holds a lease that has not run out.
bool is_settled(Database& db, AlertId alert, Time now);

// Partitions of which a holder was lost, taken over since or not: whoever has no record of theirs
// may have been sent to.
std::set<std::int64_t> load_doubtful_partitions(Database& db, AlertId alert);

}  // namespace tocsin::store
