// RunStats: the live counts and the clock of an alert that is being sent (P9).
//
// Shared by the workers that send it and by whoever looks. Thread-safe (one short lock). Bounded:
// 200 domains have counts of their own.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "delivery/ledger.h"
#include "delivery/partition_state.h"
#include "delivery/progress_record.h"
#include "delivery/status.h"
#include "model/latency.h"

namespace tocsin::delivery {

class RunStats {
  public:
    using DomainSlot = std::uint16_t;
    static constexpr DomainSlot kOther = 0;

    RunStats();

    // The slot of a domain; kOther when there are too many.
    DomainSlot domain(std::string_view name);

    enum class Before { Untouched, Deferred };
    // A recipient got a record; `before` is how it stood until then.
    void record(DomainSlot domain, Before before, RecordKind kind, std::int64_t after_ms);
    // What an earlier process had recorded; domains are not known any more.
    void add(const PartitionState& state);

    // The same where that process counted for itself: only what is left to do.
    void add_deferred(const PartitionState& state);

    // Part of the recipients went from these counts to those at once.
    void replace(const OutcomeCounts& before, const OutcomeCounts& after);

    void fill(SteadyTime now, Progress& progress) const;
    // For other nodes to add to theirs.
    NodeProgress for_others() const;
    OutcomeCounts counts() const;
    model::LatencySummary clock() const;

  private:
    struct Domain {
        std::string name;
        OutcomeCounts counts;
        model::LatencyHistogram clock{model::LatencyHistogram::Detail::Coarse};
    };
    static void change(OutcomeCounts& counts, Before before, RecordKind kind);

    mutable std::mutex mutex_;
    OutcomeCounts counts_;
    model::LatencyHistogram clock_;
    std::vector<Domain> domains_;
    std::unordered_map<std::string, DomainSlot> slots_;
    // (when, delivered until then) of the last seconds, for the rate; written by fill().
    struct Sample {
        SteadyTime at{};
        std::uint64_t delivered = 0;
    };
    mutable std::array<Sample, 2> samples_{};
};

}  // namespace tocsin::delivery
