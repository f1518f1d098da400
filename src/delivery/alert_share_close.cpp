#include <algorithm>

#include "base/log.h"
#include "delivery/alert_share.h"

namespace tocsin::delivery {
namespace {

// How long final replies are awaited before the ledger says "maybe delivered", so that a
// correction need not wait for them.
constexpr Milliseconds kAwaitFinalReplies{1'000};
constexpr Seconds kLookForUnclaimed{1};

}  // namespace

Rest AlertShare::rest() const {
    return {.outcome = run_->rest_outcome(),
            .after_ms = run_->after_ms(context_.clock.steady()),
            .reply = run_->rest_reply(),
            .repeat = run_->order.repeat};
}

void AlertShare::close() {
    if (!closed_) {
        closed_ = true;
        closed_at_ = context_.clock.steady();
        drop_unsent();
    }
    const auto partitions = partitions_;  // finishing may change the list
    for (const auto& partition : partitions) {
        finish_if_ended(partition);
    }
    close_unclaimed();
    if (awaited_ == Awaited::Unmarked &&
        context_.clock.steady() - closed_at_ >= kAwaitFinalReplies) {
        mark_awaited();
    }
    settle_if_closed();
}

// Time ran out because their server could not be reached: the ledger says so.
void AlertShare::expire_what_is_blocked() {
    for (OutletId outlet = 0; outlet < queues_.size(); ++outlet) {
        if (queues_.at(outlet).parked.empty()) {
            continue;
        }
        const std::string error = context_.outlets.at(outlet).route().connect_error();
        while (!error.empty() && !queues_.at(outlet).parked.empty()) {
            const Attempt attempt = queues_.unpark(outlet);
            if (!attempt.partition->lost) {
                end(attempt, attempt.reached() ? RecordKind::Unknown : RecordKind::Expired,
                    "not sent: " + error);
            }
        }
    }
}

void AlertShare::drop_unsent() {
    if (run_->end.load() == RunEnd::TimedOut) {
        expire_what_is_blocked();
    }
    withdraw_intents();
    queues_.drain([this](ReadyMail mail) { on_spent(std::move(mail.message)); });
    due_.clear();
    staged_.clear();
    later_ = {};
    looked_up_.clear();
    waiting_for_route_ = 0;
    for (const auto& partition : partitions_) {
        partition->fresh.reset();
        partition->skip = {};
    }
}

void AlertShare::withdraw_intents() {
    handing_out_ = false;
    queues_.for_each_ready([this](ReadyMail& mail) { withdraw_intent(mail.attempt); });
}

// At most once: it was not handed out after all.
void AlertShare::withdraw_intent(Attempt& attempt) {
    if (attempt.intent && !attempt.partition->lost) {
        record(attempt, RecordKind::Deferred, "not sent");
        attempt.deferred = true;
    }
}

// One partition after the other: each is one short transaction. It is asked again until the alert
// is finished: what a dead node holds comes free one day, and an answer may have been lost.
void AlertShare::close_unclaimed() {
    const SteadyTime now = context_.clock.steady();
    if (closing_next_ || (none_unclaimed_ && now < unclaimed_at_)) {
        return;
    }
    unclaimed_at_ = now + kLookForUnclaimed;
    closing_next_ = true;
    using Next = Result<std::optional<ClosedUnsent>>;
    auto next = [alert = run_->id(), terms = context_.leases.terms(),
                 unsent = rest()](store::Database& db) -> Next {
        return close_next_partition(db, alert, terms, unsent);
    };
    auto done = [this, mailbox = context_.mailbox](Next result) {
        mailbox->post([this, result = std::move(result)]() mutable {
            closing_next_ = false;
            if (!result) {
                if (!passing(result.error())) {
                    context_.halt(result.error());
                }
                return;
            }
            if (!*result) {
                none_unclaimed_ = true;
                settle_if_closed();
                if (partitions_.empty()) {
                    context_.all_done(run_->id());  // is asked of the database there
                }
                return;
            }
            if (context_.options.leases == Leases::Shared) {
                OutcomeCounts before = (*result)->before;
                before.deferred = 0;  // counted by who deferred them
                run_->stats.replace(before, (*result)->state.counts());
            } else {
                run_->stats.add((*result)->state);
            }
            if ((*result)->all_done) {
                context_.all_done(run_->id());
            }
            close_unclaimed();
        });
    };
    context_.store.post_fenced(std::move(next), std::move(done));
}

void AlertShare::mark_awaited() {
    awaited_ = Awaited::Marking;
    for (Slot& slot : slots_) {
        if (slot.attempt && !slot.attempt->partition->lost) {
            record(*slot.attempt, RecordKind::MaybeDelivered, "the final reply is awaited");
            slot.attempt->deferred = true;
        }
    }
    context_.recorder.when_durable([this] {
        awaited_ = Awaited::Marked;
        settle_if_closed();
    });
}

void AlertShare::settle_if_closed() {
    if (closed_ && !settled_ && none_unclaimed_ && !claiming_ &&
        (partitions_.empty() || awaited_ == Awaited::Marked)) {
        settled_ = true;
        ++run_->workers_settled;
    }
}

bool AlertShare::done() const {
    return partitions_.empty() && loading_ == 0 && queues_.composing() == 0 && look_ups_ == 0 &&
           finishing_ == 0 && !claiming_ && !closing_next_ && free_slots_.size() == slots_.size() &&
           awaited_ != Awaited::Marking;
}

}  // namespace tocsin::delivery
