// Signals: what the nodes of one database tell each other, in the order in which it was committed.
//
// A closure calls Database::signal(); the row is written in its commit and every node's listener
// (Store::listen) reads it within milliseconds by NOTIFY, within 500 ms without. A signal is a hint
// to look: whoever gets it reads the tables, so that one too many never harms. Rows are purged
// after an hour; a node that was away for longer is told that there is a gap, and looks at all.
//
// Verbs: in a store closure only. Failure: DatabaseFailure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "store/database.h"

namespace tocsin::store {

struct Signal {
    std::int64_t seq = 0;  // ascending; numbers may be left out
    std::string topic;
    std::int64_t subject = 0;
    std::int64_t detail = 0;
    std::string node;  // whose: StoreOptions::node
    Time at{};         // by the database's clock, when its commit began

    friend bool operator==(const Signal&, const Signal&) = default;
};

namespace topic {

inline constexpr std::string_view kReleased = "released";  // subject: the alert
inline constexpr std::string_view kStopped = "stopped";    // subject: the alert
inline constexpr std::string_view kFinished = "finished";  // subject: the alert
inline constexpr std::string_view kLeft = "left";      // subject: the subscriber; detail: list or 0
inline constexpr std::string_view kOutbox = "outbox";  // mail for single readers is waiting
inline constexpr std::string_view kDraft = "draft";    // connections will be wanted soon
inline constexpr std::string_view kNodes = "nodes";    // a node came or went

}  // namespace topic

// Forgets signals written before that time, but never the newest. Returns how many.
std::int64_t purge_signals(Database& db, Time before);

// The number of the newest that there ever was; 0: none yet.
std::int64_t newest_signal(Database& db);
// Those after `seq`, oldest first, at most `limit`.
std::vector<Signal> signals_after(Database& db, std::int64_t seq, int limit);

}  // namespace tocsin::store
