// NodeService: this process among those that share its database.
//
// At the start it takes the place of an earlier process that died here and enters the register;
// every two seconds it says that it lives, what it sends and how fast, learns who else does, and
// sets the shared clock by the database's; at a clean end it leaves no row. On SQLite it is the one
// entry of the register, written once a minute while it changes (an idle service leaves the disk
// alone), and the clock stays the machine's.
//
// Owner: Service. Thread: enter() and leave() block and are called before the web's io thread runs
// and after it has ended; run() is a coroutine of that thread; nudge() any thread.
// Failure: a heartbeat that cannot be written is told once and tried again: the others take this
// process for dead after store::kNodeSilence, and its leases run out by themselves.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/clock_setter.h"
#include "app/config.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "delivery/engine.h"
#include "store/nodes.h"
#include "store/store.h"

namespace tocsin::app {

// Who this process is, decided before the database is opened. The id begins the owners of its
// leases; the place is the machine (as it was booted) and the control socket's folder and path.
struct NodeIdentity {
    std::string id, name, place;
};
NodeIdentity node_identity(const Config& config, Random& random);

struct NodeHooks {
    std::function<delivery::NodeFacts()> facts;  // of a node that sends nothing, empty ones
    std::function<void(std::map<std::string, store::NodeShare>)> set_shares;
    // A newer program has changed the database so that this one must not go on.
    std::function<void()> outdated;
};

// Of nodes, signals and paces. Any node does it, now and then.
Status forget_what_has_had_its_time(store::Database& db, Time now);

class NodeService {
  public:
    // How long enter() waits: one heartbeat and a half.
    static constexpr Milliseconds kPlaceWait{3'000};
    NodeService(boost::asio::io_context& io, store::Store& store, SharedClock& clock,
                const Config& config, NodeIdentity identity, Milliseconds place_wait = kPlaceWait);
    NodeService(const NodeService&) = delete;
    NodeService& operator=(const NodeService&) = delete;

    // Before anything is sent, once the control socket is ours. Waits for a process that was seen
    // here a moment ago: if it is seen again, it lives, and its place is not taken.
    Status enter();
    // Heartbeats, until the io_context stops.
    Task<void> run(NodeHooks hooks);
    // Somebody came, went, or sends elsewhere: the next heartbeat is now.
    void nudge();
    // After the engine has released its leases.
    void leave();

    const std::string& id() const { return row_.id; }

  private:
    struct Heard {
        std::map<std::string, store::NodeShare> shares;
        std::int64_t floor = 0;  // the oldest version that may use the database
    };
    Task<void> beat(const NodeHooks& hooks);
    Task<Status> set_clock();
    Status check_place();
    store::RouteChanges route_changes(const std::set<std::string>& used);
    bool worth_writing(const store::RouteChanges& changes) const;
    void note(const Status& heard);
    void check_version(std::int64_t floor, const NodeHooks& hooks);

    boost::asio::io_context& io_;
    store::Store& store_;
    SharedClock& clock_;
    ClockSetter setter_;
    const bool shared_;  // the database has a clock that others go by
    const Milliseconds place_wait_;
    store::NodeRow row_;
    std::map<std::string, SteadyTime> busy_;  // groups, and when they were used last
    std::set<std::string> written_;           // groups, in the register
    store::NodeRow written_row_;
    SteadyTime written_at_{};
    boost::asio::steady_timer pause_;
    bool nudged_ = false;
    bool told_ = false;      // that heartbeats fail
    bool outdated_ = false;  // and it was said
};

}  // namespace tocsin::app
