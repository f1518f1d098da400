// The engine's inside, for engine*.cpp only: engine.cpp begins and ends it, engine_runs.cpp follows
// the alerts from their release to their end.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "delivery/alert_run.h"
#include "delivery/engine.h"
#include "delivery/exclusions.h"
#include "delivery/lease_keeper.h"
#include "delivery/peers.h"
#include "delivery/run_record.h"
#include "delivery/worker.h"

namespace tocsin::delivery {

class Engine::Impl {
  public:
    Impl(store::Store& store, const Clock& clock, const mail::KeyRing& ring,
         const mail::DkimKeys* keys, EngineOptions options, EngineHooks hooks);
    ~Impl() { abandon(); }

    Status start();
    void alert_released(AlertId alert);
    void stop_alert(AlertId alert);
    bool is_settled(AlertId alert) const;
    Task<bool> settled_everywhere(AlertId alert);

    // How long a stopped alert may take to settle.
    Milliseconds settling_limit(Milliseconds limit) const;
    bool one_of_several() const { return peers_.has_value(); }

    void exclude(SubscriberId subscriber, std::optional<ListId> list, Milliseconds ago);
    void outbox_ready();
    void prewarm(const std::vector<std::string>& domains);
    std::optional<Progress> progress(AlertId alert) const;
    std::vector<RouteStatus> routes() const;
    void set_shaping(std::shared_ptr<const model::Shaping> shaping);
    std::string halted() const;
    void shutdown(Milliseconds limit);
    void abandon();
    NodeFacts node_facts() const;
    void set_shares(std::map<std::string, store::NodeShare> shares);
    void alert_finished_elsewhere(AlertId alert) { on_all_done(alert); }

    void catch_up();

  private:
    static EngineOptions named(EngineOptions options);
    Peers::Hooks peer_hooks();
    std::vector<std::shared_ptr<AlertRun>> loaded_runs() const;

    // On the first worker's thread.
    void tick();
    void on_leases_lost(std::shared_ptr<const std::vector<store::PartitionKey>> keys);
    void stop_threads();
    void on_loaded(AlertId alert, Result<LoadedRun> loaded);

    // On a worker's thread. May come often: the database decides whether it is true.
    void on_all_done(AlertId alert);
    void read_clock(const std::shared_ptr<AlertRun>& run, std::shared_ptr<LedgerClock> clock);
    void finish(AlertId alert, std::uint64_t delivered, const model::LatencySummary& clock);
    void on_finished(AlertId alert, const Result<FinishedRun>& result);
    void halt(const Error& error);
    store::Store& store_;
    const Clock& clock_;
    EngineOptions options_;
    EngineHooks hooks_;
    Exclusions exclusions_;
    LeaseKeeper leases_;
    mutable std::mutex mutex_;
    std::map<AlertId, std::shared_ptr<AlertRun>> runs_;  // null while it is being loaded
    std::vector<AlertId> stop_when_loaded_;
    std::set<AlertId> reading_clock_;
    bool closing_ = false;
    bool started_ = false;
    mutable std::mutex halt_mutex_;
    std::string halt_reason_;
    std::atomic<bool> halted_{false};
    std::unique_ptr<RouteTable> routes_;
    SigningPool pool_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::optional<Peers> peers_;  // the first worker's
};

}  // namespace tocsin::delivery
