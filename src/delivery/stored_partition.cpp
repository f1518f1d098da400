#include "delivery/stored_partition.h"

#include <fmt/format.h>

#include "delivery/ledger_compact.h"

namespace tocsin::delivery {
namespace {

Error damaged(AlertId alert, std::int64_t partition) {
    return Error(ErrorKind::Corrupt,
                 fmt::format("partition {} of alert {} is damaged: audience and ledger are of "
                             "different lengths",
                             partition, alert.value()));
}

}  // namespace

Result<PartitionState> load_partition_state(store::Database& db, AlertId alert,
                                            const store::PartitionRow& row) {
    PartitionState state(row.recipients);
    if (row.outcomes) {
        TRY_AS(state, decode_compact(*row.outcomes));
    } else {
        TRY(state.apply(store::load_batches(db, alert, row.partition)));
        // Another node may have finished it between the two statements: then its batches are gone.
        const auto now = store::find_partition(db, alert, row.partition);
        if (now && now->outcomes) {
            TRY_AS(state, decode_compact(*now->outcomes));
        }
    }
    if (state.size() != row.recipients) {
        return damaged(alert, row.partition);
    }
    return state;
}

Result<std::optional<StoredPartition>> load_partition(store::Database& db, AlertId alert,
                                                      std::int64_t partition) {
    auto row = store::find_partition(db, alert, partition);
    if (!row) {
        return std::optional<StoredPartition>();
    }
    TRY_AS(PartitionState state, load_partition_state(db, alert, *row));
    TRY_AS(std::vector<ChunkRecipient> recipients,
           decode_chunk(store::load_chunk(db, alert, partition)));
    if (recipients.size() != row->recipients) {
        return damaged(alert, partition);
    }
    return std::optional<StoredPartition>(StoredPartition{
        .row = std::move(*row), .recipients = std::move(recipients), .state = std::move(state)});
}

}  // namespace tocsin::delivery
