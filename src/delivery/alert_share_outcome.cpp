#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "delivery/alert_share.h"
#include "delivery/refusal.h"
#include "mail/smtp_reply.h"
#include "model/retry.h"

namespace tocsin::delivery {
namespace {

constexpr std::uint8_t kSlipsMax = 3;
constexpr Milliseconds kAfterLostReply{1'000};

}  // namespace

void AlertShare::on_outcome(std::uint32_t slot, const net::SmtpOutcome& outcome) {
    CHECK(slot < slots_.size() && slots_[slot].attempt);
    Attempt attempt = std::move(*slots_[slot].attempt);
    slots_[slot].attempt.reset();
    const std::shared_ptr<OpenPartition> partition = attempt.partition;
    --partition->in_flight;
    if (!partition->lost) {
        reply_address_ = std::move(slots_[slot].address);
        switch (outcome.kind) {
            case net::SmtpOutcome::Kind::Replied:
                on_reply(std::move(attempt), outcome, slots_[slot].outlet);
                break;
            case net::SmtpOutcome::Kind::NotSent:
                on_not_sent(std::move(attempt), outcome);
                break;
            case net::SmtpOutcome::Kind::Unknown:
                on_reply_lost(std::move(attempt), outcome);
                break;
        }
        slots_[slot].address = std::move(reply_address_);
    }
    free_slots_.push_back(slot);
    finish_if_ended(partition);
}

void AlertShare::on_reply(Attempt attempt, const net::SmtpOutcome& outcome, OutletId outlet) {
    if (!outcome.reply.positive()) {
        return on_refusal(std::move(attempt), outcome, outlet);
    }
    ++attempt.attempts;
    context_.outlets.at(outlet).route().group().on_accepted(context_.clock.steady());
    end(attempt, RecordKind::Delivered,
        tidy_reply(mail::to_line(outcome.reply), reply_address_, ReplyDetail::WithoutQueueIds));
}

void AlertShare::on_refusal(Attempt attempt, const net::SmtpOutcome& outcome, OutletId outlet) {
    const mail::Reply& reply = outcome.reply;
    const std::string text = tidy_reply(mail::to_line(reply), reply_address_, ReplyDetail::Full);
    switch (learn_from_refusal(context_, outcome, outlet, text).action) {
        case model::ReplyAction::Fail:
            ++attempt.attempts;
            return end(attempt, attempt.maybe_delivered ? RecordKind::Unknown : RecordKind::Failed,
                       text);
        case model::ReplyAction::Accepted:
        case model::ReplyAction::Retry:
            ++attempt.attempts;
            return retry_or_expire(std::move(attempt), text);
        case model::ReplyAction::Throttle:
        case model::ReplyAction::Suspend:
        case model::ReplyAction::Config:
            return defer(std::move(attempt), RecordKind::Deferred, model::kThrottleDelay, text);
    }
}

// The connection ended before the message was complete: certainly not accepted. That is nobody's
// refusal, so the message goes back at once; one under which connections keep ending is retried by
// the clock.
void AlertShare::on_not_sent(Attempt attempt, const net::SmtpOutcome& outcome) {
    const std::string text =
        tidy_reply("not sent: " + outcome.reply.text, reply_address_, ReplyDetail::Full);
    withdraw_intent(attempt);
    if (attempt.slips < kSlipsMax && !ended()) {
        ++attempt.slips;
        later_.push({.at = context_.clock.steady(), .attempt = std::move(attempt)});
        return;
    }
    attempt.slips = 0;
    ++attempt.attempts;
    retry_or_expire(std::move(attempt), text);
}

// The connection was lost after the final dot: accepted or not, nobody knows.
void AlertShare::on_reply_lost(Attempt attempt, const net::SmtpOutcome& outcome) {
    const std::string text =
        tidy_reply("final reply lost: " + outcome.reply.text, reply_address_, ReplyDetail::Full);
    ++attempt.attempts;
    if (run_->order.repeat == model::Repeat::AtMostOnce) {
        return end(attempt, RecordKind::Unknown, text);
    }
    attempt.maybe_delivered = true;
    const Milliseconds delay =
        attempt.attempts == 1 ? kAfterLostReply : model::retry_delay(attempt.attempts - 1);
    defer(std::move(attempt), RecordKind::MaybeDelivered, delay, text);
}

void AlertShare::retry_or_expire(Attempt attempt, const std::string& reply) {
    const SteadyTime now = context_.clock.steady();
    const Time wall = run_->order.released_at + Milliseconds(run_->after_ms(now));
    const auto next = model::next_attempt(
        {.attempts = attempt.attempts, .now = wall, .not_after = run_->order.not_after});
    if (!next) {
        return end(attempt, attempt.reached() ? RecordKind::Unknown : RecordKind::Expired, reply);
    }
    defer(std::move(attempt), RecordKind::Deferred, *next - wall, reply);
}

void AlertShare::defer(Attempt attempt, RecordKind kind, Milliseconds delay,
                       const std::string& reply) {
    if (attempt.in_doubt) {
        kind = RecordKind::MaybeDelivered;  // the first record of it: the doubt must not end here
        attempt.in_doubt = false;
        attempt.maybe_delivered = true;
    }
    record(attempt, kind, reply);
    if (ended()) {
        return;  // its partition is closed from the records
    }
    attempt.deferred = true;
    later_.push({.at = context_.clock.steady() + delay, .attempt = std::move(attempt)});
}

void AlertShare::end(const Attempt& attempt, RecordKind kind, const std::string& reply) {
    Attempt ended = attempt;
    record(ended, kind, reply);
    --attempt.partition->open;
}

void AlertShare::record(Attempt& attempt, RecordKind kind, const std::string& reply) {
    const std::int64_t after_ms = run_->after_ms(context_.clock.steady());
    // Any record after it settles an intent: the next attempt needs one of its own.
    attempt.intent = kind == RecordKind::Intent;
    run_->stats.record(attempt.domain,
                       attempt.deferred ? RunStats::Before::Deferred : RunStats::Before::Untouched,
                       kind, after_ms);
    context_.recorder.add(attempt.partition, {.index = attempt.index,
                                              .kind = kind,
                                              .attempts = attempt.attempts,
                                              .after_ms = after_ms,
                                              .reply = reply});
}

// --- the end of a partition -----------------------------------------------------------------

void AlertShare::on_synced(const std::shared_ptr<OpenPartition>& partition) {
    finish_if_ended(partition);
}

void AlertShare::finish_if_ended(const std::shared_ptr<OpenPartition>& partition) {
    if (partition->finishing || partition->lost || partition->in_flight > 0 ||
        partition->unsynced > 0 || (partition->open > 0 && !closed_)) {
        return;
    }
    partition->finishing = true;
    ++finishing_;
    std::optional<Rest> rest_of_it;
    if (partition->open > 0) {
        rest_of_it = rest();
    }
    auto finish = [key = partition->key, rest_of_it](store::Database& db) -> Result<Closed> {
        return close_partition(db, key, rest_of_it);
    };
    auto done = [this, mailbox = context_.mailbox, partition](Result<Closed> result) {
        mailbox->post([this, partition, result = std::move(result)]() mutable {
            on_closed(partition, std::move(result));
        });
    };
    context_.store.post_fenced(std::move(finish), std::move(done));
}

void AlertShare::on_closed(const std::shared_ptr<OpenPartition>& partition, Result<Closed> result) {
    partition->finishing = false;
    --finishing_;
    if (!result) {
        if (passing(result.error())) {
            return;  // the next tick tries again
        }
        context_.halt(result.error());
        return;
    }
    if (result->fence == store::Fence::Lost) {
        on_lost(partition);
    } else {
        run_->stats.replace(result->before, result->after);
        drop(partition);
    }
    if (result->all_done) {
        context_.all_done(run_->id());
    }
    settle_if_closed();
    pump();
}

}  // namespace tocsin::delivery
