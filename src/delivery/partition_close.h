// Closing partitions: the store closures that replace a partition's batches by its compact ledger.
//
// Store thread only. Everything is computed from what is durable, never from what a worker
// remembers: so a partition is closed by its records or not at all.
#pragma once

#include <optional>
#include <string>

#include "base/id.h"
#include "base/result.h"
#include "delivery/ledger.h"
#include "delivery/partition_state.h"
#include "store/delivery.h"

namespace tocsin::delivery {

// What becomes of recipients without an end when an alert ends early.
struct Rest {
    Outcome outcome = Outcome::Expired;
    std::int64_t after_ms = 0;
    std::string reply;
    model::Repeat repeat = model::Repeat::Resend;  // at most once: what was sent has a record

    PartitionState::Unrecorded unrecorded(bool in_doubt) const {
        return in_doubt && repeat == model::Repeat::Resend ? PartitionState::Unrecorded::MaybeSent
                                                           : PartitionState::Unrecorded::NotSent;
    }
};

struct Closed {
    store::Fence fence = store::Fence::Held;
    OutcomeCounts before, after;  // before and after the rest got its end
    bool all_done = false;        // no partition of the alert is open any more
};
// Without `rest` every recipient must have an end (Internal if not).
Result<Closed> close_partition(store::Database& db, const store::PartitionKey& key,
                               const std::optional<Rest>& rest);

// Claims the next partition that nobody holds and closes it at once; nullopt: there is none.
struct ClosedUnsent {
    PartitionState state;
    OutcomeCounts before;  // what earlier holders had recorded
    bool all_done = false;
};
Result<std::optional<ClosedUnsent>> close_next_partition(store::Database& db, AlertId alert,
                                                         const store::LeaseTerms& terms,
                                                         const Rest& rest);

}  // namespace tocsin::delivery
