#include <algorithm>

#include "base/log.h"
#include "delivery/alert_share.h"
#include "model/retry.h"

namespace tocsin::delivery {
namespace {

constexpr std::size_t kRetriesMax = 100'000;     // recipients in the retry queue: about 8 MB
constexpr std::size_t kPartitionsHeldMax = 256;  // with mail not begun with: 14 kB each
constexpr Seconds kClaimAgain{1};                // while this share has nothing else to do ...
constexpr Seconds kClaimAgainBusy{10};           // ... and while it has

}  // namespace

// Its mail leaves by a route that has more than it can take, or which is not known yet.
bool AlertShare::held_back(const OpenPartition& partition) const {
    if (partition.domain.empty()) {
        return false;
    }
    const auto way = partition.way ? context_.outlets.find(*partition.way) : std::nullopt;
    return (way && !queues_.at(*way).parked.empty()) || looked_up_.contains(partition.domain);
}

std::size_t AlertShare::fresh_left() const {
    std::size_t left = 0;
    for (const auto& partition : partitions_) {
        left += held_back(*partition) ? 0 : partition->fresh_left();
    }
    return left;
}

void AlertShare::claim() {
    if (claiming_ || context_.routes.left_to_others() || !context_.leases.hold() ||
        context_.clock.steady() < claim_at_ || later_.size() > kRetriesMax ||
        fresh_left() > store::kRecipientBlock) {
        return;
    }
    std::vector<std::string> full;  // domains whose mail can wait where it is
    std::size_t held = 0;
    for (const auto& partition : partitions_) {
        held += partition->fresh ? 1 : 0;
        if (partition->fresh && held_back(*partition)) {
            full.push_back(partition->domain);
        }
    }
    if (held >= kPartitionsHeldMax) {
        return;
    }
    claiming_ = true;
    claim_held_back_ = !full.empty();
    using Claim = Result<std::optional<store::ClaimedPartition>>;
    auto take = [alert = run_->id(), terms = context_.leases.terms(),
                 full = std::move(full)](store::Database& db) -> Claim {
        return store::claim_partition(db, alert, terms, full);
    };
    auto done = [this, mailbox = context_.mailbox](Claim result) {
        mailbox->post(
            [this, result = std::move(result)]() mutable { on_claimed(std::move(result)); });
    };
    context_.store.post_fenced(std::move(take), std::move(done));
}

void AlertShare::on_claimed(Result<std::optional<store::ClaimedPartition>> result) {
    claiming_ = false;
    if (!result) {
        if (!passing(result.error())) {
            context_.halt(result.error());
        }
        claim_at_ = context_.clock.steady() + kClaimAgain;
        return;
    }
    none_to_claim_ = !*result;
    if (none_to_claim_) {
        // All are held, done, or for routes that have enough. If the holders are others, their
        // leases may run out one day.
        const bool waits = std::any_of(partitions_.begin(), partitions_.end(),
                                       [this](const auto& one) { return held_back(*one); });
        const bool busy = !partitions_.empty() && !waits;
        claim_at_ = context_.clock.steady() + (busy ? kClaimAgainBusy : kClaimAgain);
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
    partition->domain = std::move(claimed.domain);
    // At most once, what was sent has a record.
    partition->in_doubt = claimed.in_doubt && run_->order.repeat == model::Repeat::Resend;
    TRY_AS(ChunkReader chunk, ChunkReader::open(std::move(claimed.chunk)));
    if (chunk.size() != claimed.recipients) {
        return Error(ErrorKind::Corrupt,
                     "an audience chunk is of another length than its partition");
    }
    PartitionState state(claimed.recipients);
    TRY(state.apply(claimed.batches));
    partition->open = claimed.recipients - state.counts().settled();
    partitions_.push_back(partition);
    context_.leases.adopted(partition->key);
    if (!claimed.batches.empty()) {
        if (context_.options.leases == Leases::Shared) {
            run_->stats.add_deferred(state);
        } else {
            run_->stats.add(state);
        }
        partition->skip.resize(claimed.recipients);
        ChunkReader all = chunk;
        for (const RecipientState& recipient : state.recipients()) {
            const auto index = static_cast<std::uint32_t>(all.position());
            adopt_recipient(partition, index, all.next(), recipient);
        }
    }
    partition->fresh.emplace(std::move(chunk));
    finish_if_ended(partition);
    return {};
}

// A recipient that an earlier lease had begun with.
void AlertShare::adopt_recipient(const std::shared_ptr<OpenPartition>& partition,
                                 std::uint32_t index, const ChunkRecipient& recipient,
                                 const RecipientState& state) {
    if (!state.kind) {
        return;
    }
    partition->skip[index] = true;
    if (state.ended()) {
        return;
    }
    Attempt attempt{.partition = partition,
                    .index = index,
                    .subscriber = recipient.subscriber,
                    .list = recipient.list,
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

void AlertShare::on_leases_lost(const std::vector<store::PartitionKey>& keys) {
    const auto partitions = partitions_;
    for (const auto& partition : partitions) {
        const bool lost = std::any_of(keys.begin(), keys.end(), [&](const auto& key) {
            return key.alert == partition->key.alert && key.partition == partition->key.partition &&
                   key.generation == partition->key.generation;
        });
        if (lost && !partition->finishing) {
            on_lost(partition);
        }
    }
}

void AlertShare::drop(const std::shared_ptr<OpenPartition>& partition) {
    std::erase(partitions_, partition);
    context_.leases.dropped(partition->key);
}

// Another worker has the lease, and with it what happens to these recipients.
void AlertShare::on_lost(const std::shared_ptr<OpenPartition>& partition) {
    if (!partition->lost) {
        partition->lost = true;
        log_warning("alert {}: partition {} was taken over by another node",
                    partition->key.alert.value(), partition->key.partition);
    }
    drop(partition);
    settle_if_closed();
}

}  // namespace tocsin::delivery
