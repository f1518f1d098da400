#include "delivery/alert_share.h"

#include <algorithm>
#include <unordered_map>

#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "mail/token.h"
#include "model/retry.h"
#include "store/suppression.h"

namespace tocsin::delivery {
namespace {

constexpr std::size_t kRetriesMax = 100'000;  // recipients in the retry queue: about 8 MB
constexpr std::size_t kAheadMin = 32;         // messages, however large they are
constexpr std::size_t kAheadAtMostOnce = 64;  // a crash leaves so many unknown
constexpr std::size_t kFirstBatch = 4;        // the first messages leave as soon as they can
constexpr std::size_t kSignedBatch = 32;      // about 10 ms of RSA
constexpr std::size_t kBlanksMax = 1'024;
constexpr Seconds kClaimAgain{1};       // while this share has nothing else to do ...
constexpr Seconds kClaimAgainBusy{10};  // ... and while it has

// Those of the block who may still be written to.
Result<std::vector<store::RecipientRow>> load_block(store::Database& db, const mail::KeyRing& ring,
                                                    const std::vector<SubscriberId>& subscribers,
                                                    const std::vector<ListId>& lists) {
    std::vector<store::RecipientRow> rows = store::load_recipients(db, subscribers, lists);
    if (store::any_suppression(db)) {
        std::erase_if(rows, [&](const store::RecipientRow& row) {
            const std::string hmac = mail::suppression_hmac(ring, row.address_key);
            return store::suppression_reason(db, hmac).has_value();
        });
    }
    return rows;
}

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
    const auto partitions = partitions_;  // finishing may change the list
    for (const auto& partition : partitions) {
        finish_if_ended(partition);  // one whose end the store was too busy to take
    }
    pump();
}

// --- claiming -------------------------------------------------------------------------------

std::size_t AlertShare::fresh_left() const {
    std::size_t left = 0;
    for (const auto& partition : partitions_) {
        left += partition->chunk.size() - partition->cursor;
    }
    return left;
}

void AlertShare::claim() {
    if (claiming_ || !context_.leases_hold() || context_.clock.steady() < claim_at_ ||
        later_.size() > kRetriesMax || fresh_left() > store::kRecipientBlock) {
        return;
    }
    claiming_ = true;
    using Claim = Result<std::optional<store::ClaimedPartition>>;
    auto take = [alert = run_->id(), terms = context_.lease_terms()](store::Database& db) -> Claim {
        return store::claim_partition(db, alert, terms);
    };
    auto done = [this, mailbox = context_.mailbox](Claim result) {
        mailbox->post(
            [this, result = std::move(result)]() mutable { on_claimed(std::move(result)); });
    };
    context_.store.post(std::move(take), std::move(done));
}

void AlertShare::on_claimed(Result<std::optional<store::ClaimedPartition>> result) {
    claiming_ = false;
    if (!result) {
        if (result.error().kind() != ErrorKind::Limited) {
            context_.halt(result.error());
        }
        claim_at_ = context_.clock.steady() + kClaimAgain;
        return;
    }
    if (!*result) {
        // All are held or done. If the holders are others, their leases may run out one day.
        claim_at_ = context_.clock.steady() + (partitions_.empty() ? kClaimAgain : kClaimAgainBusy);
        if (partitions_.empty()) {
            context_.all_done(run_->id());  // is asked of the database there
        }
        return;
    }
    if (const Status adopted = adopt(std::move(**result)); !adopted) {
        context_.halt(adopted.error());
        return;
    }
    pump();
}

Status AlertShare::adopt(store::ClaimedPartition claimed) {
    auto partition = std::make_shared<OpenPartition>();
    partition->key = claimed.key;
    partition->first_ordinal = claimed.first_ordinal;
    partition->recipients = claimed.recipients;
    partition->next_seq = claimed.next_seq;
    TRY_AS(partition->chunk, decode_chunk(claimed.chunk));
    if (partition->chunk.size() != claimed.recipients) {
        return Error(ErrorKind::Corrupt,
                     "an audience chunk is of another length than its partition");
    }
    PartitionState state(claimed.recipients);
    TRY(state.apply(claimed.batches));
    partition->open = claimed.recipients - state.counts().settled();
    partitions_.push_back(partition);
    if (!claimed.batches.empty()) {
        run_->stats.add(state);
        partition->skip.resize(claimed.recipients);
        for (std::uint32_t i = 0; i < state.size(); ++i) {
            adopt_recipient(partition, i, state.recipients()[i]);
        }
    }
    finish_if_ended(partition);
    return {};
}

// A recipient that an earlier lease had begun with.
void AlertShare::adopt_recipient(const std::shared_ptr<OpenPartition>& partition,
                                 std::uint32_t index, const RecipientState& state) {
    if (!state.kind) {
        return;
    }
    partition->skip[index] = true;
    if (state.ended()) {
        return;
    }
    Attempt attempt{.partition = partition,
                    .index = index,
                    .subscriber = partition->chunk[index].subscriber,
                    .list = partition->chunk[index].list,
                    .domain = RunStats::kOther,
                    .attempts = state.attempts,
                    .slips = 0,
                    .deferred = state.kind != RecordKind::Intent,
                    .maybe_delivered = state.maybe_delivered,
                    .intent = false};
    if (state.kind == RecordKind::Intent) {
        end(attempt, RecordKind::Unknown, "the service ended while this was being sent");
        return;
    }
    SteadyTime at = run_->released + Milliseconds(state.after_ms);
    if (state.kind == RecordKind::Deferred && state.attempts > 0) {
        at += model::retry_delay(state.attempts);
    }
    later_.push({.at = at, .attempt = std::move(attempt)});
}

// --- loading --------------------------------------------------------------------------------

std::size_t AlertShare::ahead_max() const {
    const std::size_t size = std::max<std::size_t>(run_->message->size_hint(), 1);
    const std::size_t ahead = std::max(kAheadMin, context_.options.ready_bytes / size);
    return run_->order.repeat == model::Repeat::AtMostOnce ? std::min(ahead, kAheadAtMostOnce)
                                                           : ahead;
}

void AlertShare::load() {
    const std::size_t ahead = ready_.size() + composing_;
    if (loading_ > 0 || ahead > ahead_max() / 2) {
        return;
    }
    std::vector<Attempt> attempts = gather(std::min(ahead_max() - ahead, store::kRecipientBlock));
    if (attempts.empty()) {
        return;
    }
    loading_ = attempts.size();
    std::vector<SubscriberId> subscribers;
    std::vector<ListId> lists;
    for (const Attempt& attempt : attempts) {
        subscribers.push_back(attempt.subscriber);
        if (std::find(lists.begin(), lists.end(), attempt.list) == lists.end()) {
            lists.push_back(attempt.list);
        }
    }
    using Rows = Result<std::vector<store::RecipientRow>>;
    auto read = [subscribers = std::move(subscribers), lists = std::move(lists),
                 ring = context_.ring](store::Database& db) -> Rows {
        return load_block(db, *ring, subscribers, lists);
    };
    auto done = [this, mailbox = context_.mailbox,
                 attempts = std::move(attempts)](Rows rows) mutable {
        mailbox->post([this, attempts = std::move(attempts), rows = std::move(rows)]() mutable {
            on_loaded(std::move(attempts), std::move(rows));
        });
    };
    context_.store.post_read(std::move(read), std::move(done));
}

// Retries first: they are few, and their time has come.
std::vector<Attempt> AlertShare::gather(std::size_t most) {
    std::vector<Attempt> attempts;
    while (attempts.size() < most && !due_.empty()) {
        if (!due_.front().partition->lost) {
            attempts.push_back(std::move(due_.front()));
        }
        due_.pop_front();
    }
    for (const auto& partition : partitions_) {
        while (attempts.size() < most && partition->cursor < partition->chunk.size()) {
            const auto index = static_cast<std::uint32_t>(partition->cursor++);
            if (partition->skip.empty() || !partition->skip[index]) {
                attempts.push_back({.partition = partition,
                                    .index = index,
                                    .subscriber = partition->chunk[index].subscriber,
                                    .list = partition->chunk[index].list});
            }
        }
        if (partition->cursor == partition->chunk.size() && partition->cursor > 0) {
            partition->chunk = {};
            partition->skip = {};
            partition->cursor = 0;
        }
    }
    return attempts;
}

void AlertShare::on_loaded(std::vector<Attempt> attempts,
                           Result<std::vector<store::RecipientRow>> rows) {
    loading_ = 0;
    if (!rows) {
        if (rows.error().kind() != ErrorKind::Limited) {
            context_.halt(rows.error());
        }
        due_.insert(due_.end(), attempts.begin(), attempts.end());
        return;  // the next tick tries again
    }
    if (ended()) {
        pump();
        return;
    }
    std::unordered_map<SubscriberId, store::RecipientRow*> by_id;
    for (store::RecipientRow& row : *rows) {
        by_id.emplace(row.subscriber, &row);
    }
    std::vector<Draft> drafts;
    drafts.reserve(attempts.size());
    for (Attempt& attempt : attempts) {
        const auto found = by_id.find(attempt.subscriber);
        if (attempt.partition->lost) {
            continue;
        }
        if (found == by_id.end() ||
            !std::binary_search(found->second->active.begin(), found->second->active.end(),
                                attempt.list)) {
            end(attempt, RecordKind::Suppressed, "left after the release");
            continue;
        }
        store::RecipientRow& row = *found->second;
        attempt.domain = run_->stats.domain(row.domain);
        Draft draft{.attempt = std::move(attempt),
                    .subject = std::move(row.subject),
                    .message = blank(),
                    .problem = {}};
        draft.message.rcpt_to = std::move(row.address);
        draft.message.smtputf8 = row.smtputf8;
        drafts.push_back(std::move(draft));
    }
    submit(std::move(drafts));
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
        composing_ += to - from;
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
    const bool intents = run_->order.repeat == model::Repeat::AtMostOnce && !ended();
    auto waiting = std::make_shared<std::vector<Draft>>();
    for (Draft& draft : batch.drafts) {
        Attempt& attempt = draft.attempt;
        if (attempt.partition->lost || ended()) {
            --composing_;
            on_spent(std::move(draft.message));
        } else if (!draft.problem.empty()) {
            --composing_;
            end(attempt, RecordKind::Failed, "not sent: " + draft.problem);
        } else if (intents && !attempt.intent) {
            attempt.intent = true;
            record(attempt, RecordKind::Intent, {});
            waiting->push_back(std::move(draft));
        } else {
            make_ready(std::move(draft));
        }
    }
    if (!waiting->empty()) {
        context_.recorder.when_durable([this, waiting] {
            for (Draft& draft : *waiting) {
                make_ready(std::move(draft));
            }
            context_.wake();
        });
    }
    context_.wake();
    pump();
}

void AlertShare::make_ready(Draft draft) {
    --composing_;
    ready_.push_back({.attempt = std::move(draft.attempt), .message = std::move(draft.message)});
}

// --- handing out ----------------------------------------------------------------------------

std::optional<net::OutgoingMessage> AlertShare::take() {
    while (!ready_.empty() && !ended()) {
        Ready ready = std::move(ready_.front());
        ready_.pop_front();
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
        slots_[slot].attempt = std::move(ready.attempt);
        ready.message.tag = tag_base_ | slot;
        load();
        return std::move(ready.message);
    }
    return std::nullopt;
}

bool AlertShare::wanted(std::uint32_t slot) const {
    CHECK(slot < slots_.size() && slots_[slot].attempt);
    const Attempt& attempt = *slots_[slot].attempt;
    return !ended() && !attempt.partition->lost &&
           !context_.exclusions.excludes(attempt.subscriber, attempt.list, run_->released);
}

}  // namespace tocsin::delivery
