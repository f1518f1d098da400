// StoredPartition: a partition as the database has it, decoded. Store thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "delivery/audience_chunk.h"
#include "delivery/partition_state.h"
#include "store/delivery.h"

namespace tocsin::delivery {

struct StoredPartition {
    store::PartitionRow row;
    std::vector<ChunkRecipient> recipients;
    PartitionState state;
};

// nullopt: the alert has no such partition. Corrupt if what is stored does not fit together.
Result<std::optional<StoredPartition>> load_partition(store::Database& db, AlertId alert,
                                                      std::int64_t partition);
// The ledger part alone.
Result<PartitionState> load_partition_state(store::Database& db, AlertId alert,
                                            const store::PartitionRow& row);

}  // namespace tocsin::delivery
