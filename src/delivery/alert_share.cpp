#include "delivery/alert_share.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace tocsin::delivery {
namespace {

constexpr std::size_t kFirstBatch = 4;    // the first messages leave as soon as they can
constexpr std::size_t kSignedBatch = 64;  // about 16 ms of RSA
constexpr std::size_t kBlanksMax = 1'024;

}  // namespace

AlertShare::AlertShare(WorkerContext& context, std::shared_ptr<AlertRun> run,
                       std::uint64_t tag_base)
    : context_(context), run_(std::move(run)), tag_base_(tag_base), batch_(kFirstBatch) {}

void AlertShare::pump() {
    if (ended()) {
        close();
        return;
    }
    claim();
    load();
}

void AlertShare::tick() {
    const SteadyTime now = context_.clock.steady();
    if (!ended() && now >= run_->deadline) {
        RunEnd none = RunEnd::None;
        run_->end.compare_exchange_strong(none, RunEnd::TimedOut);
    }
    while (!later_.empty() && later_.top().at <= now) {
        if (!later_.top().attempt.partition->lost) {
            due_.push_back(later_.top().attempt);
        }
        later_.pop();
    }
    if (!ended()) {
        ask_again();
        park_what_waits();
    }
    const auto partitions = partitions_;  // finishing may change the list
    for (const auto& partition : partitions) {
        finish_if_ended(partition);  // one whose end the store was too busy to take
    }
    pump();
}

// --- composing ------------------------------------------------------------------------------

net::OutgoingMessage AlertShare::blank() {
    if (blanks_.empty()) {
        return {};
    }
    net::OutgoingMessage message = std::move(blanks_.back());
    blanks_.pop_back();
    return message;
}

void AlertShare::on_spent(net::OutgoingMessage&& message) {
    if (blanks_.size() < kBlanksMax) {
        blanks_.push_back(std::move(message));
    }
}

void AlertShare::submit(std::vector<Draft> drafts) {
    for (std::size_t from = 0; from < drafts.size();) {
        const std::size_t to = std::min(from + batch_, drafts.size());
        auto batch = std::make_shared<DraftBatch>();
        batch->run = run_;
        batch->drafts.assign(
            std::make_move_iterator(drafts.begin() + static_cast<std::ptrdiff_t>(from)),
            std::make_move_iterator(drafts.begin() + static_cast<std::ptrdiff_t>(to)));
        from = to;
        batch_ = std::min(batch_ * 2, kSignedBatch);
        context_.pool.submit(run_->lane,
                             [this, batch, mailbox = context_.mailbox, ring = context_.ring,
                              &domain = context_.options.bounce_domain](ComposerCache& composers) {
                                 compose(*batch, composers, *ring, domain);
                                 mailbox->post([this, batch] { on_composed(std::move(*batch)); });
                             });
    }
}

void AlertShare::on_composed(DraftBatch batch) {
    const bool intents = run_->order.repeat == model::Repeat::AtMostOnce;
    auto waiting = std::make_shared<std::vector<Draft>>();
    for (Draft& draft : batch.drafts) {
        Attempt& attempt = draft.attempt;
        if (attempt.partition->lost || !hands_out()) {
            queues_.composed(draft.outlet);
            on_spent(std::move(draft.message));
        } else if (!draft.problem.empty()) {
            queues_.composed(draft.outlet);
            end(attempt, RecordKind::Failed, "not sent: " + draft.problem);
        } else if (intents && !attempt.intent) {
            record(attempt, RecordKind::Intent, {});
            ++attempt.partition->in_flight;  // it does not end meanwhile
            waiting->push_back(std::move(draft));
        } else {
            make_ready(std::move(draft));
        }
    }
    if (!waiting->empty()) {
        context_.recorder.when_durable([this, waiting] { on_intents_durable(*waiting); });
    }
    wake_ready();
    pump();
}

void AlertShare::on_intents_durable(std::vector<Draft>& drafts) {
    for (Draft& draft : drafts) {
        --draft.attempt.partition->in_flight;
        if (hands_out()) {
            make_ready(std::move(draft));
        } else {
            queues_.composed(draft.outlet);
            withdraw_intent(draft.attempt);
        }
    }
    wake_ready();
}

void AlertShare::make_ready(Draft draft) {
    if (made_ready_.empty() || made_ready_.back() != draft.outlet) {
        made_ready_.push_back(draft.outlet);
    }
    queues_.composed(draft.outlet);
    queues_.push_ready(draft.outlet,
                       {.attempt = std::move(draft.attempt), .message = std::move(draft.message)},
                       context_.clock.steady());
}

void AlertShare::wake_ready() {
    for (const OutletId outlet : std::exchange(made_ready_, {})) {
        context_.wake(outlet);
    }
}

// --- handing out ----------------------------------------------------------------------------

std::optional<net::OutgoingMessage> AlertShare::take(OutletId outlet) {
    while (!queues_.at(outlet).ready.empty() && !ended()) {
        ReadyMail ready = queues_.pop_ready(outlet);
        const Attempt& attempt = ready.attempt;
        if (attempt.partition->lost) {
            on_spent(std::move(ready.message));
            continue;
        }
        if (context_.exclusions.excludes(attempt.subscriber, attempt.list, run_->released)) {
            end(attempt, RecordKind::Suppressed, "left after the release");
            on_spent(std::move(ready.message));
            continue;
        }
        if (free_slots_.empty()) {
            free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
            slots_.emplace_back();
        }
        const std::uint32_t slot = free_slots_.back();
        free_slots_.pop_back();
        ++attempt.partition->in_flight;
        slots_[slot].address = ready.message.rcpt_to;
        slots_[slot].outlet = outlet;
        slots_[slot].attempt = std::move(ready.attempt);
        queues_.moved(outlet, context_.clock.steady());
        ready.message.tag = tag_base_ | slot;
        if (loading_ == 0 && (may_begin_more() || hungry(outlet))) {
            load();
        }
        return std::move(ready.message);
    }
    return std::nullopt;
}

bool AlertShare::wanted(std::uint32_t slot) const {
    CHECK(slot < slots_.size() && slots_[slot].attempt);
    const Attempt& attempt = *slots_[slot].attempt;
    return !ended() && !attempt.partition->lost && context_.leases.hold() &&
           !context_.exclusions.excludes(attempt.subscriber, attempt.list, run_->released);
}

}  // namespace tocsin::delivery
