#include "delivery/engine.h"

#include <algorithm>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "base/log.h"
#include "delivery/alert_run.h"
#include "delivery/exclusions.h"
#include "delivery/lease_keeper.h"
#include "delivery/peers.h"
#include "delivery/route_status.h"
#include "delivery/run_record.h"
#include "delivery/worker.h"
#include "store/outbox.h"

namespace tocsin::delivery {
namespace {

constexpr Milliseconds kTurn{60'000};  // for the connections of which there are too few

std::unique_ptr<RouteTable> make_routes(const Clock& clock, const EngineOptions& options) {
    auto shaping = options.shaping
                       ? options.shaping
                       : std::make_shared<const model::Shaping>(model::Shaping::shipped());
    return options.mx ? std::make_unique<RouteTable>(clock, *options.mx, std::move(shaping))
                      : std::make_unique<RouteTable>(clock, options.relay, options.limits,
                                                     std::move(shaping));
}

}  // namespace

class Engine::Impl {
  public:
    Impl(store::Store& store, const Clock& clock, const mail::KeyRing& ring,
         const mail::DkimKeys* keys, EngineOptions options, EngineHooks hooks)
        : store_(store),
          clock_(clock),
          options_(named(std::move(options))),
          hooks_(std::move(hooks)),
          leases_(store, clock, options_.node, options_.lease),
          routes_(make_routes(clock, options_)),
          pool_(options_.signers > 0 ? options_.signers : usable_cores(), keys) {
        const Worker::Parts parts{.store = store,
                                  .clock = clock,
                                  .ring = std::make_shared<const mail::KeyRing>(ring),
                                  .options = options_,
                                  .pool = pool_,
                                  .exclusions = exclusions_,
                                  .routes = *routes_,
                                  .leases = leases_};
        const std::size_t count = std::max<std::size_t>(1, options_.workers);
        for (std::size_t i = 0; i < count; ++i) {
            WorkerHooks worker{.halt = [this](const Error& error) { halt(error); },
                               .all_done = [this](AlertId alert) { on_all_done(alert); },
                               .halted = [this] { return halted_.load(); },
                               .tick = {}};
            if (i == 0) {
                worker.tick = [this] { tick(); };
            }
            workers_.push_back(std::make_unique<Worker>(
                parts, i == 0 ? Worker::Outbox::Yes : Worker::Outbox::No, std::move(worker)));
        }
        if (options_.leases == Leases::Shared) {
            peers_.emplace(store, clock, options_.node, workers_.front()->mailbox(), peer_hooks());
        }
    }

    ~Impl() { abandon(); }

    Status start() {
        using Alerts = Result<std::vector<store::UnfinishedAlert>>;
        TRY_AS(const std::vector<store::UnfinishedAlert> unfinished,
               store_.run([this](store::Database& db) -> Alerts {
                   if (options_.leases == Leases::Ours) {
                       store::release_all_leases(db);
                       store::hurry_outbox(db, clock_.now());
                   }
                   return store::unfinished_alerts(db);
               }));
        started_ = true;
        leases_.start(workers_.front()->mailbox(),
                      {.lost = [this](auto keys) { on_leases_lost(std::move(keys)); },
                       .halt = [this](const Error& error) { halt(error); }});
        for (const auto& worker : workers_) {
            worker->start();
        }
        for (const store::UnfinishedAlert& one : unfinished) {
            alert_released(one.alert);
        }
        outbox_ready();
        return {};
    }

    void alert_released(AlertId alert) {
        {
            const std::lock_guard lock(mutex_);
            if (closing_ || !runs_.emplace(alert, nullptr).second) {
                return;
            }
        }
        const LoadDone done_too = options_.leases == Leases::Shared ? LoadDone::No : LoadDone::Yes;
        auto load = [alert, done_too](store::Database& db) {
            return load_run(db, alert, done_too);
        };
        // The template is decoded on a worker, not on the store's thread.
        auto done = [this, alert, mailbox = workers_.front()->mailbox()](Result<LoadedRun> loaded) {
            mailbox->post([this, alert, loaded = std::move(loaded)]() mutable {
                on_loaded(alert, std::move(loaded));
            });
        };
        store_.post_read(std::move(load), std::move(done));
    }

    void stop_alert(AlertId alert) {
        const std::lock_guard lock(mutex_);
        const auto found = runs_.find(alert);
        if (found == runs_.end()) {
            return;
        }
        if (!found->second) {
            stop_when_loaded_.push_back(alert);
            return;
        }
        RunEnd none = RunEnd::None;
        found->second->end.compare_exchange_strong(none, RunEnd::Stopped);
        for (const auto& worker : workers_) {
            worker->post([&worker = *worker, alert] { worker.pump(alert); });
        }
    }

    bool is_settled(AlertId alert) const {
        const std::lock_guard lock(mutex_);
        const auto found = runs_.find(alert);
        if (found == runs_.end() || halted_) {
            return true;
        }
        return found->second && found->second->workers_settled.load() >= workers_.size();
    }

    Task<bool> settled_everywhere(AlertId alert) {
        auto ask = [alert, now = clock_.now()](store::Database& db) -> Result<bool> {
            return store::is_settled(db, alert, now);
        };
        const Result<bool> settled = co_await store_.read(std::move(ask));
        co_return settled && *settled;
    }

    // How long a stopped alert may take to settle.
    Milliseconds settling_limit(Milliseconds limit) const {
        constexpr Seconds kMore{2};
        return options_.leases == Leases::Shared
                   ? std::max<Milliseconds>(limit, store::kNodeSilence + options_.lease + kMore)
                   : limit;
    }
    bool one_of_several() const { return peers_.has_value(); }

    void exclude(SubscriberId subscriber, std::optional<ListId> list) {
        exclusions_.add(subscriber, list, clock_.steady());
    }

    void outbox_ready() {
        workers_.front()->post([worker = workers_.front().get()] { worker->outbox_ready(); });
    }

    void prewarm(const std::vector<std::string>& domains) {
        for (const auto& worker : workers_) {
            worker->post([&worker = *worker, domains] { worker.warm(domains); });
        }
    }

    std::optional<Progress> progress(AlertId alert) const {
        std::shared_ptr<AlertRun> run;
        {
            const std::lock_guard lock(mutex_);
            const auto found = runs_.find(alert);
            if (found == runs_.end() || !found->second) {
                return std::nullopt;
            }
            run = found->second;
        }
        Progress progress;
        progress.alert = alert;
        progress.audience = run->audience;
        run->stats.fill(clock_.steady(), progress);
        progress.reason = halted();
        if (progress.reason.empty()) {
            for (const RouteStatus& route : routes()) {
                if (!route.reason.empty()) {
                    progress.reason = route.name + ": " + route.reason;
                    break;
                }
            }
        }
        return progress;
    }

    std::vector<RouteStatus> routes() const {
        std::vector<std::vector<OutletStatus>> outlets;
        for (const auto& worker : workers_) {
            outlets.push_back(worker->outlets());
        }
        return route_statuses(*routes_, outlets, clock_);
    }

    void set_shaping(std::shared_ptr<const model::Shaping> shaping) {
        routes_->set_shaping(std::move(shaping));
        for (const auto& worker : workers_) {
            worker->post([&worker = *worker] { worker.route_anew(); });
        }
    }

    std::string halted() const {
        const std::lock_guard lock(halt_mutex_);
        return halt_reason_;
    }

    void shutdown(Milliseconds limit) {
        {
            const std::lock_guard lock(mutex_);
            if (closing_) {
                return;
            }
            closing_ = true;
        }
        if (!started_) {
            return;
        }
        for (const auto& worker : workers_) {
            worker->post([&worker = *worker] { worker.begin_shutdown(); });
        }
        const auto until = std::chrono::steady_clock::now() + limit;
        const auto quiet = [](const std::unique_ptr<Worker>& worker) { return worker->quiet(); };
        while (!std::all_of(workers_.begin(), workers_.end(), quiet) &&
               std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        // A failed store has told so already; the leases run out by themselves.
        (void)store_.run_fenced([this](store::Database& db) -> Status {
            store::release_leases(db, options_.node);
            return {};
        });
        stop_threads();
    }

    void abandon() {
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
        }
        stop_threads();
    }

    NodeFacts node_facts() const {
        NodeFacts facts;
        for (const RouteStatus& route : routes()) {
            facts.rate += route.rate;
            facts.connections += route.connections;
            if (route.connections > 0 || route.waiting > 0) {
                facts.groups.insert(route.name);
            }
        }
        facts.trouble = halted();
        return facts;
    }

    void set_shares(std::map<std::string, store::NodeShare> shares) {
        // Where there are more nodes than connections, each has its turn.
        const auto turn = static_cast<std::size_t>(to_ms(clock_.now()) / kTurn.count());
        for (auto& [group, share] : shares) {
            share.rank = (share.rank + turn) % std::max<std::size_t>(share.nodes, 1);
        }
        routes_->set_shares(std::move(shares));
    }

    void alert_finished_elsewhere(AlertId alert) { on_all_done(alert); }

    void catch_up() {
        if (peers_) {
            workers_.front()->post([this] { peers_->look_soon(); });
        }
    }

  private:
    static EngineOptions named(EngineOptions options) {
        if (options.node.empty()) {
            SecureRandom random;
            options.node = fmt::format("local-{:08x}", random.next_u64() >> 32);
        }
        return options;
    }

    Peers::Hooks peer_hooks() {
        return {.runs = [this] { return loaded_runs(); },
                .progress = [this](AlertId alert) { return progress(alert); },
                .settled =
                    [this](const AlertRun& run) {
                        return run.end.load() != RunEnd::None &&
                               run.workers_settled.load() >= workers_.size();
                    },
                .released = [this](AlertId alert) { alert_released(alert); },
                .stopped = [this](AlertId alert) { stop_alert(alert); },
                .finished = [this](AlertId alert) { on_all_done(alert); }};
    }

    std::vector<std::shared_ptr<AlertRun>> loaded_runs() const {
        const std::lock_guard lock(mutex_);
        std::vector<std::shared_ptr<AlertRun>> runs;
        for (const auto& [alert, run] : runs_) {
            if (run) {
                runs.push_back(run);
            }
        }
        return runs;
    }

    // On the first worker's thread.
    void tick() {
        leases_.tick();
        if (peers_) {
            peers_->tick();
        }
    }

    void on_leases_lost(std::shared_ptr<const std::vector<store::PartitionKey>> keys) {
        for (const auto& worker : workers_) {
            worker->post([&worker = *worker, keys] { worker.on_leases_lost(*keys); });
        }
    }

    void stop_threads() {
        for (const auto& worker : workers_) {
            worker->stop();
        }
        pool_.close();
    }

    void on_loaded(AlertId alert, Result<LoadedRun> loaded) {
        if (!loaded) {
            log_error("alert {} cannot be sent: {}", alert.value(), loaded.error().message());
            const std::lock_guard lock(mutex_);
            runs_.erase(alert);
            return;  // where it is passing, the peers look again
        }
        auto run = std::make_shared<AlertRun>(std::move(loaded->order), loaded->audience, clock_);
        for (const PartitionState& state : loaded->done) {
            run->stats.add(state);
        }
        const std::lock_guard lock(mutex_);
        if (std::erase(stop_when_loaded_, alert) > 0) {
            RunEnd none = RunEnd::None;
            run->end.compare_exchange_strong(none, RunEnd::Stopped);
        }
        runs_[alert] = run;
        for (const auto& worker : workers_) {
            worker->post([&worker = *worker, run] { worker.begin(run); });
        }
    }

    // On a worker's thread. May come often: the database decides whether it is true.
    void on_all_done(AlertId alert) {
        std::shared_ptr<AlertRun> run;
        {
            const std::lock_guard lock(mutex_);
            const auto found = runs_.find(alert);
            if (found == runs_.end() || !found->second) {
                return;
            }
            run = found->second;
        }
        auto finish = [alert, now = clock_.now(), counts = run->stats.counts(),
                       clock = run->stats.clock()](store::Database& db) {
            return finish_run(db, alert, now, counts, clock);
        };
        auto done = [this, alert,
                     mailbox = workers_.front()->mailbox()](Result<FinishedRun> result) {
            mailbox->post(
                [this, alert, result = std::move(result)] { on_finished(alert, result); });
        };
        store_.post_fenced(std::move(finish), std::move(done));
    }

    void on_finished(AlertId alert, const Result<FinishedRun>& result) {
        if (!result) {
            if (!passing(result.error())) {
                halt(result.error());
            }
            return;
        }
        if (!result->finished) {
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            if (runs_.erase(alert) == 0) {
                return;  // told before
            }
            if (runs_.empty()) {
                exclusions_.clear();
            }
            for (const auto& worker : workers_) {
                worker->post([&worker = *worker, alert] { worker.forget(alert); });
            }
        }
        log_info("alert {} is finished: {} recipients, every one accounted for", alert.value(),
                 result->audience);
        if (hooks_.finished) {
            hooks_.finished(alert);
        }
    }

    void halt(const Error& error) {
        const std::lock_guard lock(halt_mutex_);
        if (halt_reason_.empty()) {
            halt_reason_ = error.message();
            halted_ = true;
            log_error(
                "sending has stopped: {}. Nothing is lost: what was sent but not recorded is sent "
                "again after a restart",
                error.message());
        }
    }

    store::Store& store_;
    const Clock& clock_;
    EngineOptions options_;
    EngineHooks hooks_;
    Exclusions exclusions_;
    LeaseKeeper leases_;

    mutable std::mutex mutex_;
    std::map<AlertId, std::shared_ptr<AlertRun>> runs_;  // null while it is being loaded
    std::vector<AlertId> stop_when_loaded_;
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

Engine::Engine(store::Store& store, const Clock& clock, const mail::KeyRing& ring,
               const mail::DkimKeys* keys, EngineOptions options, EngineHooks hooks)
    : impl_(
          std::make_unique<Impl>(store, clock, ring, keys, std::move(options), std::move(hooks))) {}

Engine::~Engine() {
    shutdown();
}

Status Engine::start() {
    return impl_->start();
}
void Engine::alert_released(AlertId alert) {
    impl_->alert_released(alert);
}
void Engine::stop_alert(AlertId alert) {
    impl_->stop_alert(alert);
}

Task<void> Engine::settled(AlertId alert, Milliseconds limit) {
    constexpr Milliseconds kStep{10};
    limit = impl_->settling_limit(limit);
    for (Milliseconds waited{0}; waited < limit; waited += kStep) {
        bool settled = impl_->is_settled(alert);
        if (settled && impl_->one_of_several()) {
            settled = co_await impl_->settled_everywhere(alert);
        }
        if (settled) {
            co_return;
        }
        co_await sleep_for(kStep);
    }
}

void Engine::exclude(SubscriberId subscriber, std::optional<ListId> list) {
    impl_->exclude(subscriber, list);
}
void Engine::outbox_ready() {
    impl_->outbox_ready();
}
void Engine::prewarm(const std::vector<std::string>& domains) {
    impl_->prewarm(domains);
}
std::optional<Progress> Engine::progress(AlertId alert) const {
    return impl_->progress(alert);
}
std::vector<RouteStatus> Engine::routes() const {
    return impl_->routes();
}
void Engine::set_shaping(std::shared_ptr<const model::Shaping> shaping) {
    impl_->set_shaping(std::move(shaping));
}
NodeFacts Engine::node_facts() const {
    return impl_->node_facts();
}
void Engine::set_shares(std::map<std::string, store::NodeShare> shares) {
    impl_->set_shares(std::move(shares));
}
void Engine::alert_finished_elsewhere(AlertId alert) {
    impl_->alert_finished_elsewhere(alert);
}
void Engine::catch_up() {
    impl_->catch_up();
}
std::string Engine::halted() const {
    return impl_->halted();
}
void Engine::shutdown(Milliseconds limit) {
    impl_->shutdown(limit);
}
void Engine::abandon() {
    impl_->abandon();
}

}  // namespace tocsin::delivery
