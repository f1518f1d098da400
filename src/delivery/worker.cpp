#include "delivery/worker.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"

namespace tocsin::delivery {
namespace {

constexpr std::chrono::milliseconds kTick{50};
constexpr std::chrono::milliseconds kStatusInterval{200};
constexpr unsigned kSourceShift = 32;

std::uint64_t source_of(std::uint64_t tag) {
    return tag >> kSourceShift;
}
std::uint32_t slot_of(std::uint64_t tag) {
    return static_cast<std::uint32_t>(tag);
}

}  // namespace

Worker::Worker(const Parts& parts, Outbox outbox, WorkerHooks hooks)
    : hooks_(std::move(hooks)),
      clock_(parts.clock),
      store_(parts.store),
      leases_(parts.leases),
      io_(std::make_unique<boost::asio::io_context>(1)),
      mailbox_(std::make_shared<Mailbox>(*io_)),
      timer_(std::make_unique<boost::asio::steady_timer>(*io_)),
      routes_(parts.routes) {
    const auto with_share = [this](auto then) {
        return [this, then](const std::shared_ptr<OpenPartition>& partition) {
            if (AlertShare* share = share_of(partition->key.alert)) {
                (share->*then)(partition);
            }
        };
    };
    recorder_ = std::make_unique<Recorder>(
        Recorder::Parts{.io = *io_,
                        .store = parts.store,
                        .clock = parts.clock,
                        .mailbox = mailbox_,
                        .group_time = parts.options.outcome_group},
        Recorder::Callbacks{.synced = with_share(&AlertShare::on_synced),
                            .lost = with_share(&AlertShare::on_lost),
                            .failed = [this](const Error& error) { hooks_.halt(error); }});
    net::SmtpSessionOptions session{.tls = tls_, .clock = clock_, .times = parts.options.times};
    if (routes_.resolver() != nullptr) {
        mx_.emplace(net::MxSessions{*routes_.resolver(), routes_.memory(), random_});
        session.mx = &*mx_;
    }
    outlets_ = std::make_unique<Outlets>(Connections::Parts{.io = *io_,
                                                            .clock = parts.clock,
                                                            .gate = gate_,
                                                            .budget = routes_.budget(),
                                                            .session = session,
                                                            .source = *this});
    if (routes_.only()) {
        outlets_->of(routes_.only());
    }
    context_ = std::make_unique<WorkerContext>(WorkerContext{
        .store = parts.store,
        .clock = parts.clock,
        .ring = parts.ring,
        .options = parts.options,
        .pool = parts.pool,
        .exclusions = parts.exclusions,
        .mailbox = mailbox_,
        .recorder = *recorder_,
        .io = *io_,
        .gate = gate_,
        .routes = routes_,
        .outlets = *outlets_,
        .leases = parts.leases,
        .wake = [this](OutletId outlet) { outlets_->wake(outlet); },
        .halt = [this](const Error& error) { hooks_.halt(error); },
        .all_done = [this](AlertId alert) { hooks_.all_done(alert); },
    });
    if (outbox == Outbox::Yes) {
        outbox_ = std::make_unique<OutboxShare>(*context_, 0);
    }
    update_status();
}

Worker::~Worker() {
    stop();
    // Timers go before their io_context. Session coroutines that are still suspended go with it:
    // their frames own what they refer to. The shares go last: handlers point at them.
    outlets_.reset();
    context_.reset();
    recorder_.reset();
    timer_.reset();
    io_.reset();
}

void Worker::start() {
    thread_ = std::thread([this] {
        auto work = boost::asio::make_work_guard(*io_);
        tick();
        try {
            io_->run();
        } catch (const std::exception& failure) {
            log_error("a delivery worker ended by an exception: {}", failure.what());
            hooks_.halt(Error(ErrorKind::Internal, failure.what()));
        }
    });
}

void Worker::stop() {
    mailbox_->close();
    io_->stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

// --- alerts ---------------------------------------------------------------------------------

void Worker::begin(const std::shared_ptr<AlertRun>& run) {
    if (share_of(run->id()) != nullptr) {
        return;
    }
    const std::uint64_t source = next_source_++;
    auto share = std::make_unique<AlertShare>(*context_, run, source << kSourceShift);
    AlertShare& begun = *share;
    // Behind those of the same lane that were released before.
    const auto place = std::find_if(shares_.begin(), shares_.end(), [&](const auto& other) {
        return other.second->run().lane > run->lane;
    });
    shares_.insert(place, {source, std::move(share)});
    if (outbox_) {
        outbox_->set_alerts(OutboxShare::Alerts::Begun);
    }
    give_turns();
    begun.pump();
}

OutboxShare::Alerts Worker::alerts() const {
    const bool busy = std::any_of(shares_.begin(), shares_.end(),
                                  [](const auto& share) { return share.second->busy(); });
    return busy ? OutboxShare::Alerts::Begun : OutboxShare::Alerts::None;
}

void Worker::pump(AlertId alert) {
    if (AlertShare* share = share_of(alert)) {
        share->pump();
    }
}

void Worker::forget(AlertId alert) {
    finished_.push_back(alert);
}

AlertShare* Worker::share_of(AlertId alert) {
    for (const auto& [source, share] : shares_) {
        if (share->run().id() == alert) {
            return share.get();
        }
    }
    return nullptr;
}

AlertShare* Worker::share_of(std::uint64_t tag) {
    for (const auto& [source, share] : shares_) {
        if (source == source_of(tag)) {
            return share.get();
        }
    }
    return nullptr;
}

void Worker::call_off_digests() {
    if (outbox_ && !shutting_down_) {
        outbox_->call_off_digests();
    }
}

void Worker::outbox_ready() {
    if (outbox_ && !shutting_down_) {
        outbox_->look();
    }
}

void Worker::route_anew() {
    for (std::size_t i = 0; i < shares_.size() && !shutting_down_; ++i) {
        shares_[i].second->route_anew();
    }
}

void Worker::read_anew() {
    for (std::size_t i = 0; i < shares_.size() && !shutting_down_; ++i) {
        shares_[i].second->read_anew();
    }
}

void Worker::warm(const std::vector<std::string>& domains) {
    if (const auto& only = routes_.only()) {
        outlets_->at(outlets_->of(only)).warm();
        return;
    }
    for (const std::string& domain : domains) {
        spawn(io_->get_executor(), gate_, "prewarm " + domain, warm_domain(this, domain));
    }
}

Task<void> Worker::warm_domain(Worker* self, std::string domain) {
    const net::SiteAnswer site = co_await self->routes_.resolver()->site_of(domain);
    const RouteAnswer answer = self->routes_.from(domain, site);
    if (answer.kind == RouteAnswer::Kind::Found) {
        Outlets& outlets = *self->outlets_;
        outlets.at(outlets.of(answer.route)).warm();
    }
}

// --- mail for the sessions ------------------------------------------------------------------

std::size_t Worker::mail_ready(OutletId outlet) const {
    std::size_t ready = outbox_ ? outbox_->ready(outlet) : 0;
    for (const auto& [source, share] : shares_) {
        ready += share->ready(outlet);
    }
    return ready;
}

std::size_t Worker::mail_coming(OutletId outlet) const {
    std::size_t coming = outbox_ ? outbox_->coming(outlet) : 0;
    for (const auto& [source, share] : shares_) {
        coming += share->coming(outlet);
    }
    return coming;
}

void Worker::on_outlet_open(OutletId) {
    for (std::size_t i = 0; i < shares_.size(); ++i) {
        shares_[i].second->pump();
    }
}

bool Worker::may_send() {
    return !shutting_down_ && !hooks_.halted() && !recorder_->full() && leases_.hold() &&
           !recorder_->stalled() && store_.in_touch();
}

std::optional<net::OutgoingMessage> Worker::take_mail(OutletId outlet) {
    if (outbox_) {
        if (auto message = outbox_->take(outlet)) {
            return message;
        }
    }
    for (const auto& [source, share] : shares_) {
        if (auto message = share->take(outlet)) {
            return message;
        }
    }
    return outbox_ ? outbox_->take_digest(outlet) : std::nullopt;
}

bool Worker::mail_wanted(std::uint64_t tag) {
    if (source_of(tag) == 0) {
        return outbox_->wanted(slot_of(tag));
    }
    const AlertShare* share = share_of(tag);
    CHECK(share != nullptr);  // as in on_mail_outcome()
    return share->wanted(slot_of(tag)) && store_.in_touch();
}

void Worker::on_mail_outcome(const net::SmtpOutcome& outcome) {
    if (source_of(outcome.tag) == 0) {
        outbox_->on_outcome(slot_of(outcome.tag), outcome);
        return;
    }
    AlertShare* share = share_of(outcome.tag);
    CHECK(share != nullptr);  // a share lives until its last message has its outcome
    share->on_outcome(slot_of(outcome.tag), outcome);
}

void Worker::on_mail_spent(net::OutgoingMessage&& message) {
    if (AlertShare* share = share_of(message.tag)) {
        share->on_spent(std::move(message));
    }
}

// --- time -----------------------------------------------------------------------------------

void Worker::tick() {
    if (!hooks_.halted() && !shutting_down_) {
        for (std::size_t i = 0; i < shares_.size(); ++i) {
            shares_[i].second->tick();
        }
        if (outbox_) {
            outbox_->set_alerts(alerts());
            outbox_->tick();
        }
    }
    if (hooks_.tick && !hooks_.halted()) {
        hooks_.tick();  // leases, also while final dots are awaited at the end
    }
    std::erase_if(finished_, [this](AlertId alert) {
        return std::erase_if(shares_, [alert](const auto& share) {
                   return share.second->run().id() == alert && share.second->done();
               }) > 0;
    });
    give_turns();
    outlets_->tick();
    if (shutting_down_ && outlets_->none_open()) {
        recorder_->flush();
        quiet_ = recorder_->idle() || hooks_.halted();
    }
    update_status();
    timer_->expires_after(kTick);
    timer_->async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            tick();
        }
    });
}

// Only the first alert that has mail not begun with composes far ahead: memory does not grow with
// the number of alerts, and the signing pool works for whose turn it is.
void Worker::give_turns() {
    bool taken = false;
    for (const auto& [source, share] : shares_) {
        share->set_turn(taken ? AlertShare::Turn::Later : AlertShare::Turn::Ours);
        taken = taken || share->has_fresh();
    }
}

void Worker::on_leases_lost(const std::vector<store::PartitionKey>& keys) {
    for (std::size_t i = 0; i < shares_.size(); ++i) {
        shares_[i].second->on_leases_lost(keys);
    }
}

void Worker::begin_shutdown() {
    shutting_down_ = true;
    for (const auto& [source, share] : shares_) {
        share->withdraw_intents();
    }
    outlets_->close();
}

void Worker::update_status() {
    const SteadyTime now = clock_.steady();
    if (now - status_at_ < kStatusInterval && !status_.empty()) {
        return;
    }
    status_at_ = now;
    std::vector<OutletStatus> status;
    outlets_->for_each([&](const Connections& connections) {
        status.push_back({.route = connections.shared_route(),
                          .sessions = connections.ready(),
                          .waiting = mail_coming(connections.id())});
    });
    const std::lock_guard lock(status_mutex_);
    status_ = std::move(status);
}

std::vector<OutletStatus> Worker::outlets() const {
    const std::lock_guard lock(status_mutex_);
    return status_;
}

}  // namespace tocsin::delivery
