// Reading the ledger: one line a recipient, and the proof that the sums are right.
//
// Streams partition by partition: memory does not grow with the audience. A caller outside the
// store thread asks for one partition per store closure, so that an export of a million lines
// does not hold up the store.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "delivery/ledger.h"
#include "store/database.h"

namespace tocsin::delivery {

// The columns of `tocsin alert ledger` (docs/SURFACES.md).
struct LedgerLine {
    std::uint64_t ordinal = 0;
    std::string address;     // "" once the reader was erased
    std::string outcome;     // of Outcome, or "deferred" or "pending" while the alert runs
    std::optional<Time> at;  // to the tick of the compact ledger (at most 64 ms); none: nothing yet
    std::string message_id;  // without <>; "" once the reader was erased
    std::string reply;
};

// The header line and one line as CSV (RFC 4180, CRLF).
std::string ledger_csv_header();
std::string ledger_csv(const LedgerLine& line);

// The lines of one partition, appended to `out`; false after the last partition. NotFound if the
// alert has no audience. Store thread.
Result<bool> read_ledger_partition(store::Database& db, AlertId alert, std::int64_t partition,
                                   std::string_view message_id_domain,
                                   std::vector<LedgerLine>& out);

// All lines in order. Store thread; for the command line and tests.
Status for_each_ledger_line(store::Database& db, AlertId alert, std::string_view message_id_domain,
                            const std::function<void(const LedgerLine&)>& each);

struct LedgerCheck {
    std::uint64_t audience = 0;
    OutcomeCounts counts;       // from the records themselves, not from the partitions' sums
    std::uint64_t pending = 0;  // recipients without a record
    std::vector<std::string> problems;  // what does not add up; empty: all is well
};
// Decodes every record of the alert and compares with what the partitions and the clock say.
Result<LedgerCheck> verify_ledger(store::Database& db, AlertId alert);

}  // namespace tocsin::delivery
