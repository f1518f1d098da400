// The frozen audience of an alert: who is to get it, decided once, in the transaction that releases
// it.
//
// What is frozen is the order of the recipients, as subscriber ids, in chunks of
// limits::kPartitionRecipients (audience_chunk.h draws the format: about two bytes a recipient).
// Addresses are not copied: they are read from `subscriber` block by block while sending, in the
// same query that checks that the reader is still subscribed. So a release writes little, a reader
// who is erased leaves no trace here, and nobody who left is written to.
//
// Recipients are sorted by domain, then id: one provider's readers are neighbours, in partitions of
// their own if they are many (audience_cutter.h), and each address is there once however many lists
// it is on (the smallest matching list id is the one named in its unsubscribe link). An audience
// that was prepared before the release (prepared_audience.h) has those who joined since at its end.
//
// Suppression. Whoever suppresses an address that belongs to a subscriber ends its subscriptions in
// the same transaction; sign-up and import refuse suppressed addresses. Hence "active" implies "not
// suppressed" and a release computes no HMAC. The engine checks the suppression list once more
// before composing (eligibility.h), on its own threads.
//
// Store thread only. Bounded memory: rows are streamed. Failure: Invalid for an audience without
// recipients (naming the lists), NotFound for lists or originals that do not exist. Never "all".
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "delivery/audience_cutter.h"
#include "model/alert.h"
#include "store/database.h"

namespace tocsin::delivery {

struct FreezeRequest {
    AlertId alert;
    model::AlertKind kind = model::AlertKind::Alert;
    AlertId of;                  // the original, for corrections and retractions
    model::AudienceLists lists;  // for alerts and updates
};

// Writes the chunks and partitions of the alert; returns how many recipients there are. Alerts and
// updates go to the active subscribers of the lists; corrections and retractions to the recipients
// of the original whose outcome is delivered or unknown, less those who left since.
Result<std::uint64_t> freeze_audience(store::Database& db, const FreezeRequest& request);

// The second half of it: writes an audience that was cut already. Invalid if there is nobody in it.
Result<std::uint64_t> insert_audience(store::Database& db, const FreezeRequest& request,
                                      const std::vector<CutPartition>& partitions);

// How many freeze_audience() would find now; 0 is no error. Writes nothing.
Result<std::uint64_t> count_audience(store::Database& db, const FreezeRequest& request);

}  // namespace tocsin::delivery
