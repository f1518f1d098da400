// Engine: sends released alerts and transactional mail, and writes the ledger.
//
// delivery/README.md tells the whole journey. In short: per worker thread an io_context that leases
// partitions, reads recipients block by block, has messages composed and signed ahead by the
// signing pool, hands them to SMTP sessions by lane, and commits outcomes in groups. Nothing grows
// with the audience.
//
// Owner: app, one per process. Everything passed by reference must outlive it. Thread: every member
// function may be called from any thread and none blocks, except start(), shutdown() and abandon().
// Failure: what goes wrong with a recipient is an outcome in the ledger; what goes wrong with a
// route is told by routes(); a store that fails for good (SQLite's disk) halts the engine
// (halted()), because what is sent without a record would be sent again; one that is out of reach
// (PostgreSQL) holds it back until it is there again. Not here: bounces and complaints.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "delivery/route_table.h"
#include "delivery/status.h"
#include "mail/dkim.h"
#include "mail/token.h"
#include "model/shaping.h"
#include "net/smtp_session.h"
#include "store/nodes.h"
#include "store/store.h"

namespace tocsin::delivery {

// Who else may hold leases on partitions when the engine starts.
enum class Leases {
    Ours,    // nobody: this process has the database to itself (SQLite), so break what is left
    Shared,  // others may be alive (PostgreSQL): wait until their leases expire; write down for
             // them what is seen here, and look at what they release and stop
};

struct EngineOptions {
    net::SmtpRoute relay;          // the smarthost, unless there is `mx`
    model::RouteLimits limits;     // of the smarthost, over all workers: at most these
    std::optional<MxDelivery> mx;  // straight to the recipients' servers
    std::shared_ptr<const model::Shaping> shaping;  // null: the rules that ship
    net::SmtpTimes times;
    std::string bounce_domain;  // envelope senders are b+...@bounce_domain
    std::size_t workers = 1;    // threads with sessions
    std::size_t signers = 0;    // threads that compose and sign; 0: one a core
    std::string node;  // this process, in leases (store/nodes.h); empty: "local-" and chance
    Leases leases = Leases::Ours;
    Seconds lease{30};  // with Shared 15 s serve better: a dead node's mail waits so long
    // How long outcomes gather before they are committed. Longer ones cost the database less; after
    // a kill -9 so much more is sent twice.
    Milliseconds outcome_group = limits::kOutcomeGroupTime;
    std::size_t ready_bytes = 2 * 1024 * 1024;  // composed ahead, a worker and lane
};

struct EngineHooks {
    // Every recipient of the alert has its end, durably. On a worker thread; must not block.
    std::function<void(AlertId)> finished;
};

// A route, or the routes that share their limits, as `tocsin routes` and the desk show it.
struct RouteStatus {
    enum class Kind { Smarthost, Site };
    Kind kind = Kind::Smarthost;
    std::string name;                 // "Google"; of a smarthost its name or host and port
    std::vector<std::string> sites;   // that have mail or connections
    std::size_t connections = 0;      // open now
    std::size_t connections_max = 0;  // allowed now
    double rate = 0;                  // messages a second, lately
    double rate_max = 0;              // allowed now; 0: no limit
    std::size_t waiting = 0;          // messages that are known to leave there
    model::PaceReason why;            // why it is as fast as it is ...
    std::string reason;               // ... or has no connection, as a sentence; empty: it is free
    bool config_error = false;        // an administrator has to change something
};

// What a node tells the others about itself.
struct NodeFacts {
    double rate = 0;               // messages accepted a second, lately
    std::size_t connections = 0;   // SMTP sessions open
    std::set<std::string> groups;  // whose limits it uses now
    std::string trouble;           // why it does not send; empty: it does
};

class Engine {
  public:
    // `keys` may be null: then nothing is signed.
    Engine(store::Store& store, const Clock& clock, const mail::KeyRing& ring,
           const mail::DkimKeys* keys, EngineOptions options, EngineHooks hooks = {});
    ~Engine();  // shutdown()
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Starts the threads and takes up what an earlier process left: released alerts whose
    // partitions are not done, stopped ones to be closed, mail in the outbox.
    Status start();

    // After the commit of a release. Idempotent.
    void alert_released(AlertId alert);
    // No new transaction of the alert begins after this returns. Recipients not on the wire end as
    // expired, with the reply "stopped"; those on the wire as their reply says, or unknown.
    void stop_alert(AlertId alert);
    // After stop_alert(): until every recipient is settled in the ledger, on every node, or marked
    // there as "maybe delivered" because its final reply is awaited; or until the limit, which is
    // prolonged where a dead node's leases have to run out first.
    Task<void> settled(AlertId alert, Milliseconds limit = Milliseconds(10'000));
    // The reader left the list, or everything: no message that is not yet on the wire goes to them
    // once this returns. Call after the commit and before the reader is answered.
    // `ago`: how long since, if another node tells so.
    void exclude(SubscriberId subscriber, std::optional<ListId> list = std::nullopt,
                 Milliseconds ago = Milliseconds(0));
    // A transactional mail was put into the outbox. Call after the commit.
    void outbox_ready();
    // A draft was saved: opens connections and keeps them for a while, so that a release finds them
    // ready. To the smarthost, whatever the domains are; else to the sites of these domains.
    void prewarm(const std::vector<std::string>& domains = {});

    // Of an alert that this engine is sending; nullopt of others.
    std::optional<Progress> progress(AlertId alert) const;
    // The smarthost; else the sites with mail or connections, and those that are held up.
    std::vector<RouteStatus> routes() const;
    // New rules: limits at once, replies from the next one on.
    void set_shaping(std::shared_ptr<const model::Shaping> shaping);
    // The store failed: nothing is sent any more. The sentence to show, or empty.
    std::string halted() const;

    // --- one of several nodes (Leases::Shared) ---
    // For its heartbeat.
    NodeFacts node_facts() const;
    // By limit group: the part of its limits that is this node's (store::load_shares).
    void set_shares(std::map<std::string, store::NodeShare> shares);
    // Another node said that the alert is finished: the database is asked.
    void alert_finished_elsewhere(AlertId alert);
    // Signals were missed: looks at everything at once, and reads anew whom it is about to write
    // to.
    void catch_up();

    // Ends new transactions, waits for the final dots within the limit, commits, ends the threads.
    // What is left goes on at the next start. Idempotent.
    void shutdown(Milliseconds limit = Milliseconds(10'000));
    // Ends the threads at once, without committing what is not yet committed, as kill -9 would.
    void abandon();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin::delivery
