// AlertRun: an alert that is being sent, as all workers share it.
//
// The facts are frozen by the release and do not change; the live parts (how it ends, the counts)
// are thread-safe by themselves. Owner: shared by the engine, the workers and composing jobs.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "delivery/run_stats.h"
#include "mail/message_set.h"
#include "model/lane.h"
#include "store/delivery.h"

namespace tocsin::delivery {

// Why the rest of an alert is not sent any more.
enum class RunEnd : int {
    None,      // it is being sent
    Stopped,   // by a person, or by its correction
    TimedOut,  // not_after has passed
    Broken,    // the frozen message does not verify: sending it would break a promise
};

struct AlertRun {
    AlertRun(store::DeliveryOrder facts, std::uint64_t recipients, const Clock& clock);

    // --- constant after construction ---
    store::DeliveryOrder order;
    std::uint64_t audience;
    model::Lane lane;
    std::optional<mail::MessageSet> message;  // none: broken
    SteadyTime released{};                    // when it was released, on the clock that never steps
    SteadyTime deadline{};                    // not_after on that clock

    // --- live ---
    std::atomic<RunEnd> end{RunEnd::None};
    std::atomic<std::size_t> workers_settled{0};  // shares with nothing left but final dots
    RunStats stats;

    AlertId id() const { return order.alert; }
    std::int64_t after_ms(SteadyTime now) const {
        return std::chrono::duration_cast<Milliseconds>(now - released).count();
    }
    // What the ledger says of those who were not reached.
    Outcome rest_outcome() const {
        return end.load() == RunEnd::Broken ? Outcome::Failed : Outcome::Expired;
    }
    std::string rest_reply() const;
};

}  // namespace tocsin::delivery
