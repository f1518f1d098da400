#include "delivery/engine.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "delivery/engine_impl.h"
#include "delivery/route_status.h"
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

Engine::Impl::Impl(store::Store& store, const Clock& clock, const mail::KeyRing& ring,
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

Status Engine::Impl::start() {
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

void Engine::Impl::exclude(SubscriberId subscriber, std::optional<ListId> list, Milliseconds ago) {
    exclusions_.add(subscriber, list, clock_.steady() - std::max(ago, Milliseconds(0)));
}

void Engine::Impl::outbox_ready() {
    workers_.front()->post([worker = workers_.front().get()] { worker->outbox_ready(); });
}

void Engine::Impl::prewarm(const std::vector<std::string>& domains) {
    for (const auto& worker : workers_) {
        worker->post([&worker = *worker, domains] { worker.warm(domains); });
    }
}

std::vector<RouteStatus> Engine::Impl::routes() const {
    std::vector<std::vector<OutletStatus>> outlets;
    for (const auto& worker : workers_) {
        outlets.push_back(worker->outlets());
    }
    return route_statuses(*routes_, outlets, clock_);
}

void Engine::Impl::set_shaping(std::shared_ptr<const model::Shaping> shaping) {
    routes_->set_shaping(std::move(shaping));
    for (const auto& worker : workers_) {
        worker->post([&worker = *worker] { worker.route_anew(); });
    }
}

std::string Engine::Impl::halted() const {
    const std::lock_guard lock(halt_mutex_);
    return halt_reason_;
}

void Engine::Impl::shutdown(Milliseconds limit) {
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
    bool clean = false;  // nothing is on the wire, everything is durable
    while (!(clean = std::all_of(workers_.begin(), workers_.end(), quiet)) &&
           std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    clean = clean && !halted_;
    // A failed store has told so already; the leases run out by themselves.
    (void)store_.run_fenced([this, clean](store::Database& db) -> Status {
        clean ? store::release_leases(db, options_.node) : store::abandon_leases(db, options_.node);
        return {};
    });
    stop_threads();
}

void Engine::Impl::abandon() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    stop_threads();
}

NodeFacts Engine::Impl::node_facts() const {
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

void Engine::Impl::set_shares(std::map<std::string, store::NodeShare> shares) {
    // Where there are more nodes than connections to a site, each has its turn: its mail may be in
    // any partition. With a smarthost who has none leaves the partitions to the others.
    const auto turn =
        options_.mx ? static_cast<std::size_t>(to_ms(clock_.now()) / kTurn.count()) : 0;
    for (auto& [group, share] : shares) {
        share.rank = (share.rank + turn) % std::max<std::size_t>(share.nodes, 1);
    }
    routes_->set_shares(std::move(shares));
}

void Engine::Impl::catch_up() {
    if (peers_) {
        workers_.front()->post([this] { peers_->look_soon(); });
        for (const auto& worker : workers_) {
            worker->post([&worker = *worker] { worker.read_anew(); });
        }
    }
}

EngineOptions Engine::Impl::named(EngineOptions options) {
    if (options.node.empty()) {
        SecureRandom random;
        options.node = fmt::format("local-{:08x}", random.next_u64() >> 32);
    }
    return options;
}

void Engine::Impl::tick() {
    leases_.tick(loaded_runs().empty() ? LeaseKeeper::Work::None : LeaseKeeper::Work::Busy);
    if (peers_) {
        peers_->tick();
    }
}

void Engine::Impl::on_leases_lost(std::shared_ptr<const std::vector<store::PartitionKey>> keys) {
    for (const auto& worker : workers_) {
        worker->post([&worker = *worker, keys] { worker.on_leases_lost(*keys); });
    }
}

void Engine::Impl::stop_threads() {
    for (const auto& worker : workers_) {
        worker->stop();
    }
    pool_.close();
}

void Engine::Impl::halt(const Error& error) {
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

void Engine::exclude(SubscriberId subscriber, std::optional<ListId> list, Milliseconds ago) {
    impl_->exclude(subscriber, list, ago);
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
