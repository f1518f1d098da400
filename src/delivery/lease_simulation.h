// LeaseSimulation: a thousand nodes that share an alert, in a second, with the leases as they are.
//
// The nodes are made up: a rate, a lifetime, a chance to be suspended instead of killed. What they
// do to the database is not: every claim, renewal, outcome and end is the verb that the engine uses
// (store/delivery.h), on a SQLite database in memory, under a clock that jumps from event to event.
// So what it shows of who waits for whom, and how often the database is asked, is the real thing;
// how long a statement takes it does not know (bench/cluster measures that).
//
// Pure but for its database; one thread. The same seed gives the same run.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/result.h"

namespace tocsin::delivery {

struct LeaseSimulation {
    std::uint64_t recipients = 1'000'000;
    std::size_t nodes = 10;
    double rate = 4'000;           // messages a second of a node; each partition 20 % more or less
    Seconds lease{15};             // renewed every third of it
    Seconds lifetime{0};           // of a node, on average; 0: they live for ever
    double suspended_share = 0.3;  // of those that "die": stopped for twice a lease, then go on
    Seconds restart{20};           // after a death, under a new name
    std::uint64_t seed = 1;
};

struct LeaseSimulationResult {
    double seconds = 0;        // until every partition was done
    double ideal_seconds = 0;  // recipients / (nodes * rate)
    double idle_share = 0;     // of the living nodes' time: nothing to claim, but not at the end
    std::uint64_t partitions = 0;
    std::uint64_t deaths = 0, suspensions = 0;
    std::uint64_t taken_over = 0;  // partitions whose holder was lost
    std::uint64_t fenced = 0;      // writes of who had lost the lease: refused
    std::uint64_t sent_twice = 0;  // recipients; at most what a dead node had not yet committed
    std::uint64_t claims = 0, empty_claims = 0, renewals = 0, appends = 0, ends = 0;
    double statements_per_1000 = 0;  // of leases: claims, renewals, ends
    double statements_per_second = 0;
};

// Corrupt if a recipient was left out or committed twice: it never is.
Result<LeaseSimulationResult> simulate_leases(const LeaseSimulation& options);

}  // namespace tocsin::delivery
