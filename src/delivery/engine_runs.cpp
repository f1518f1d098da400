#include <algorithm>

#include "base/log.h"
#include "delivery/engine_impl.h"

namespace tocsin::delivery {

void Engine::Impl::alert_released(AlertId alert) {
    {
        const std::lock_guard lock(mutex_);
        if (closing_ || !runs_.emplace(alert, nullptr).second) {
            return;
        }
    }
    const LoadDone done_too = options_.leases == Leases::Shared ? LoadDone::No : LoadDone::Yes;
    auto load = [alert, done_too](store::Database& db) { return load_run(db, alert, done_too); };
    // The template is decoded on a worker, not on the store's thread.
    auto done = [this, alert, mailbox = workers_.front()->mailbox()](Result<LoadedRun> loaded) {
        mailbox->post([this, alert, loaded = std::move(loaded)]() mutable {
            on_loaded(alert, std::move(loaded));
        });
    };
    store_.post_read(std::move(load), std::move(done));
}

void Engine::Impl::stop_alert(AlertId alert) {
    const std::lock_guard lock(mutex_);
    workers_.front()->post([worker = workers_.front().get()] { worker->call_off_digests(); });
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

bool Engine::Impl::is_settled(AlertId alert) const {
    const std::lock_guard lock(mutex_);
    const auto found = runs_.find(alert);
    if (found == runs_.end() || halted_) {
        return true;
    }
    return found->second && found->second->workers_settled.load() >= workers_.size();
}

Task<bool> Engine::Impl::settled_everywhere(AlertId alert) {
    auto ask = [alert, now = clock_.now()](store::Database& db) -> Result<bool> {
        return store::is_settled(db, alert, now);
    };
    const Result<bool> settled = co_await store_.read(std::move(ask));
    co_return settled && *settled;
}

Milliseconds Engine::Impl::settling_limit(Milliseconds limit) const {
    constexpr Seconds kMore{2};
    return options_.leases == Leases::Shared
               ? std::max<Milliseconds>(limit, store::kNodeSilence + options_.lease + kMore)
               : limit;
}

std::optional<Progress> Engine::Impl::progress(AlertId alert) const {
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

Peers::Hooks Engine::Impl::peer_hooks() {
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

std::vector<std::shared_ptr<AlertRun>> Engine::Impl::loaded_runs() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<AlertRun>> runs;
    for (const auto& [alert, run] : runs_) {
        if (run) {
            runs.push_back(run);
        }
    }
    return runs;
}

void Engine::Impl::on_loaded(AlertId alert, Result<LoadedRun> loaded) {
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

void Engine::Impl::on_all_done(AlertId alert) {
    std::shared_ptr<AlertRun> run;
    {
        const std::lock_guard lock(mutex_);
        const auto found = runs_.find(alert);
        if (found == runs_.end() || !found->second) {
            return;
        }
        run = found->second;
        if (one_of_several() && !reading_clock_.insert(alert).second) {
            return;
        }
    }
    if (one_of_several()) {
        read_clock(run, std::make_shared<LedgerClock>());
    } else {
        finish(alert, run->stats.counts().delivered, run->stats.clock());
    }
}

// What all nodes have delivered, from the ledger, step by step.
void Engine::Impl::read_clock(const std::shared_ptr<AlertRun>& run,
                              std::shared_ptr<LedgerClock> clock) {
    auto read = [alert = run->id(), clock](store::Database& db) -> Status {
        return read_ledger_clock(db, alert, *clock);
    };
    auto done = [this, run, clock, mailbox = workers_.front()->mailbox()](const Status& result) {
        mailbox->post([this, run, clock, result] {
            if (result && clock->state == LedgerClock::State::Reading) {
                read_clock(run, clock);
                return;
            }
            {
                const std::lock_guard lock(mutex_);
                reading_clock_.erase(run->id());
            }
            if (result && clock->state != LedgerClock::State::Unfinished) {
                finish(run->id(), clock->delivered, clock->clock.summary());
            } else if (!result && !passing(result.error())) {
                halt(result.error());
            }
        });
    };
    store_.post_read(std::move(read), std::move(done));
}

void Engine::Impl::finish(AlertId alert, std::uint64_t delivered,
                          const model::LatencySummary& clock) {
    auto write = [alert, now = clock_.now(), delivered, clock](store::Database& db) {
        return finish_run(db, alert, now, delivered, clock);
    };
    auto done = [this, alert, mailbox = workers_.front()->mailbox()](Result<FinishedRun> result) {
        mailbox->post([this, alert, result = std::move(result)] { on_finished(alert, result); });
    };
    store_.post_fenced(std::move(write), std::move(done));
}

void Engine::Impl::on_finished(AlertId alert, const Result<FinishedRun>& result) {
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
            exclusions_.forget_before(clock_.steady() - OutboxShare::kClaimTime);
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

}  // namespace tocsin::delivery
