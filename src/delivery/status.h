// What `tocsin alert status`, the API and the desk show of an alert: counts and the clock (P9).
//
// Of a running alert the numbers come from the engine's live Progress, of a finished one from the
// partitions and `alert_clock`. The JSON keys are stable (docs/SURFACES.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "model/latency.h"
#include "store/database.h"

namespace tocsin::delivery {

class Engine;

// Counts of recipients. delivered + failed + expired + suppressed + unknown + deferred + pending
// is the audience, at any moment; at the end deferred and pending are 0 (P1).
struct OutcomeCounts {
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;
    std::uint64_t expired = 0;
    std::uint64_t suppressed = 0;
    std::uint64_t unknown = 0;
    std::uint64_t deferred = 0;  // tried, to be tried again

    std::uint64_t settled() const { return delivered + failed + expired + suppressed + unknown; }
    OutcomeCounts& operator+=(const OutcomeCounts& other);
    friend bool operator==(const OutcomeCounts&, const OutcomeCounts&) = default;
};

// One receiving domain's share. The busiest 200 domains have their own; "other" holds the rest.
struct DomainProgress {
    std::string domain;
    OutcomeCounts counts;
    model::LatencySummary clock;
};

// A running alert, live. Counts are of replies received; the ledger follows within 5 ms.
struct Progress {
    AlertId alert;
    std::uint64_t audience = 0;
    OutcomeCounts counts;
    model::LatencySummary clock;          // release to delivery, of those delivered so far
    double rate = 0;                      // delivered a second, over the last seconds
    std::vector<DomainProgress> domains;  // busiest first
    std::string reason;  // why it is not faster, as a sentence; empty: nothing holds it back
};

// The same of an alert that several nodes send: what each has written down of it, within the last
// two seconds (store/nodes.h). nullopt: the alert is not being sent. Store thread.
std::optional<Progress> merged_progress(store::Database& db, AlertId alert, Time now);

struct AlertStatus {
    AlertId id;
    std::string kind;
    std::string state;
    std::uint64_t audience = 0;
    OutcomeCounts counts;
    std::optional<Time> released_at;
    model::LatencySummary clock;
    double rate = 0;
    std::vector<DomainProgress> domains;
    std::string reason;

    std::uint64_t pending() const { return audience - counts.settled() - counts.deferred; }
    // One JSON object with the keys of docs/SURFACES.md, and `domains` and `reason`.
    std::string json() const;
};

// NotFound if there is no such alert. `live` is Engine::progress(), or merged_progress() where
// other nodes may send, or nullopt. Store thread.
Result<AlertStatus> alert_status(store::Database& db, AlertId alert,
                                 const std::optional<Progress>& live);

}  // namespace tocsin::delivery
