#include "delivery/partition_close.h"

#include <fmt/format.h>

#include "delivery/ledger_compact.h"
#include "delivery/stored_partition.h"

namespace tocsin::delivery {
namespace {

store::Fence finish(store::Database& db, const store::PartitionKey& key,
                    const PartitionState& state) {
    const OutcomeCounts counts = state.counts();
    return store::finish_partition(db, key, encode_compact(state),
                                   {.delivered = counts.delivered,
                                    .failed = counts.failed,
                                    .expired = counts.expired,
                                    .suppressed = counts.suppressed,
                                    .unknown = counts.unknown});
}

}  // namespace

Result<Closed> close_partition(store::Database& db, const store::PartitionKey& key,
                               const std::optional<Rest>& rest) {
    const auto row = store::find_partition(db, key.alert, key.partition);
    if (!row) {
        return Error(ErrorKind::Corrupt, "a partition that was being sent is gone");
    }
    Closed closed;
    if (row->done) {  // by another holder of the lease, or by us, and the answer was lost
        closed.fence = row->generation == key.generation ? store::Fence::Held : store::Fence::Lost;
        closed.all_done = !store::has_unfinished_partitions(db, key.alert);
        return closed;
    }
    if (row->generation != key.generation) {
        closed.fence = store::Fence::Lost;
        return closed;
    }
    TRY_AS(PartitionState state, load_partition_state(db, key.alert, *row));
    closed.before = state.counts();
    if (rest) {
        state.close(rest->outcome, rest->after_ms, rest->reply, rest->unrecorded(row->in_doubt));
    }
    if (!state.all_ended()) {
        return Error(ErrorKind::Internal,
                     fmt::format("partition {} of alert {} was to be closed, but not all of its "
                                 "recipients have an outcome",
                                 key.partition, key.alert.value()));
    }
    closed.after = state.counts();
    closed.fence = finish(db, key, state);
    closed.all_done = !store::has_unfinished_partitions(db, key.alert);
    return closed;
}

Result<std::optional<ClosedUnsent>> close_next_partition(store::Database& db, AlertId alert,
                                                         const store::LeaseTerms& terms,
                                                         const Rest& rest) {
    const auto claimed = store::claim_partition(db, alert, terms);
    if (!claimed) {
        return std::optional<ClosedUnsent>();
    }
    PartitionState state(claimed->recipients);
    TRY(state.apply(claimed->batches));
    const OutcomeCounts before = state.counts();
    state.close(rest.outcome, rest.after_ms, rest.reply, rest.unrecorded(claimed->in_doubt));
    finish(db, claimed->key, state);
    return std::optional<ClosedUnsent>(
        ClosedUnsent{.state = std::move(state),
                     .before = before,
                     .all_done = !store::has_unfinished_partitions(db, alert)});
}

}  // namespace tocsin::delivery
