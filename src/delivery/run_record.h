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

// The final clock from the ledger, for alerts whose deliveries were not all ours: read in steps,
// each a read of its own, so that nothing waits for it however many partitions there are.
struct LedgerClock {
    std::int64_t next = 0;  // partition
    enum class State {
        Reading,
        Complete,
        Unfinished,  // not every partition is done
        Finished,    // another node has written it
    };
    State state = State::Reading;
    std::uint64_t delivered = 0;
    model::LatencyHistogram clock;
};
Status read_ledger_clock(store::Database& db, AlertId alert, LedgerClock& clock);

// Ends the alert if every partition is done: checks the sums (P1; Corrupt if they do not add up),
// writes the clock. `delivered` and `clock` are what this process has seen, or has read from the
// ledger: where that is not all, the ledger is read here.
struct FinishedRun {
    bool finished = false;
    std::uint64_t audience = 0;
};
Result<FinishedRun> finish_run(store::Database& db, AlertId alert, Time now,
                               std::uint64_t delivered, model::LatencySummary clock);

}  // namespace tocsin::delivery
