#include "delivery/run_record.h"

#include <fmt/format.h>

#include "delivery/stored_partition.h"

namespace tocsin::delivery {
namespace {

constexpr std::int64_t kStep = 32;  // partitions: some ten milliseconds

// False: there is no such partition.
Result<bool> add_partition(store::Database& db, AlertId alert, std::int64_t partition,
                           LedgerClock& clock) {
    const auto row = store::find_partition(db, alert, partition);
    if (!row) {
        return false;
    }
    TRY_AS(const PartitionState state, load_partition_state(db, alert, *row));
    for (const RecipientState& recipient : state.recipients()) {
        if (recipient.kind == RecordKind::Delivered) {
            clock.clock.add(recipient.after_ms);
            ++clock.delivered;
        }
    }
    return true;
}

}  // namespace

Status read_ledger_clock(store::Database& db, AlertId alert, LedgerClock& clock) {
    if (store::has_unfinished_partitions(db, alert)) {
        clock.state = LedgerClock::State::Unfinished;
        return {};
    }
    if (store::find_clock(db, alert)) {
        clock.state = LedgerClock::State::Finished;
        return {};
    }
    for (const std::int64_t until = clock.next + kStep; clock.next < until; ++clock.next) {
        TRY_AS(const bool there, add_partition(db, alert, clock.next, clock));
        if (!there) {
            clock.state = LedgerClock::State::Complete;
            return {};
        }
    }
    return {};
}

Result<LoadedRun> load_run(store::Database& db, AlertId alert, LoadDone load_done) {
    LoadedRun run;
    TRY_AS(run.order, store::find_delivery_order(db, alert));
    const store::PartitionSums sums = store::sum_partitions(db, alert);
    run.audience = sums.audience;
    const bool wanted = load_done == LoadDone::Yes && sums.done > 0;
    for (std::uint64_t i = 0; i < sums.partitions && wanted; ++i) {
        const auto row = store::find_partition(db, alert, static_cast<std::int64_t>(i));
        if (row && row->done) {
            TRY_AS(PartitionState state, load_partition_state(db, alert, *row));
            run.done.push_back(std::move(state));
        }
    }
    return run;
}

Result<FinishedRun> finish_run(store::Database& db, AlertId alert, Time now,
                               std::uint64_t delivered, model::LatencySummary clock) {
    if (store::has_unfinished_partitions(db, alert)) {
        return FinishedRun{};
    }
    const store::PartitionSums sums = store::sum_partitions(db, alert);
    if (store::find_clock(db, alert)) {  // another node was quicker
        return FinishedRun{.finished = true, .audience = sums.audience};
    }
    const store::PartitionCounts& ends = sums.counts;
    const std::uint64_t settled =
        ends.delivered + ends.failed + ends.expired + ends.suppressed + ends.unknown;
    if (settled != sums.audience) {
        return Error(
            ErrorKind::Corrupt,
            fmt::format("alert {}: {} recipients, but {} outcomes (tocsin alert verify {})",
                        alert.value(), sums.audience, settled, alert.value()));
    }
    if (delivered != ends.delivered) {
        LedgerClock ledger;
        for (bool there = true; there; ++ledger.next) {
            TRY_AS(there, add_partition(db, alert, ledger.next, ledger));
        }
        clock = ledger.clock.summary();
    }
    store::finish_delivery(db, alert, now,
                           {.audience = sums.audience,
                            .first_ms = clock.first_ms,
                            .p50_ms = clock.p50_ms,
                            .p90_ms = clock.p90_ms,
                            .p99_ms = clock.p99_ms,
                            .last_ms = clock.last_ms});
    return FinishedRun{.finished = true, .audience = sums.audience};
}

}  // namespace tocsin::delivery
