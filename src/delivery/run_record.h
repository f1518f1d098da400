// How a run begins and ends in the database. Store thread only.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "delivery/partition_state.h"
#include "delivery/status.h"
#include "model/latency.h"
#include "store/delivery.h"

namespace tocsin::delivery {

// A run as the database has it: the order, and what an earlier process did for it.
struct LoadedRun {
    store::DeliveryOrder order;
    std::uint64_t audience = 0;
    std::vector<PartitionState> done;  // if asked for
};
enum class LoadDone { No, Yes };
Result<LoadedRun> load_run(store::Database& db, AlertId alert, LoadDone load_done);

// Ends the alert if every partition is done: checks the sums (P1; Corrupt if they do not add up),
// writes the clock. `counts` and `clock` are what this process has seen; where others delivered
// too, the clock is computed from the ledger instead.
struct FinishedRun {
    bool finished = false;
    std::uint64_t audience = 0;
};
Result<FinishedRun> finish_run(store::Database& db, AlertId alert, Time now,
                               const OutcomeCounts& counts, model::LatencySummary clock);

}  // namespace tocsin::delivery
