// OpenPartition and Attempt: what a worker knows of a partition that it holds, and of one recipient
// on the way. Plain values of one worker thread.
//
// A recipient of a held partition is in exactly one place: not yet read from `fresh`, in an Attempt
// (being loaded, waiting for a route, parked, composed, ready, handed to a session, or waiting in
// the retry queue), or ended.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "delivery/audience_chunk.h"
#include "delivery/run_stats.h"
#include "store/delivery.h"

namespace tocsin::delivery {

// A worker's end of a route (outlets.h); dense, used again when the route is let go.
using OutletId = std::uint32_t;

class Route;

struct OpenPartition {
    store::PartitionKey key;
    std::uint64_t first_ordinal = 0;
    std::uint64_t recipients = 0;
    std::int64_t next_seq = 1;  // of the next outcome batch
    // The only domain of its recipients, if it is a big one: then they all leave the same way.
    std::string domain;
    std::shared_ptr<Route> way;        // ... which is this, once it is known
    std::optional<ChunkReader> fresh;  // who has not been tried; none: all have
    std::vector<bool> skip;            // ended or deferred under an earlier lease
    std::uint64_t open = 0;            // recipients without an end
    std::uint64_t in_flight = 0;       // handed to a session, no outcome yet
    std::uint64_t unsynced = 0;        // records on their way to the disk
    bool in_doubt = false;             // an earlier holder was lost with mail on its way, perhaps
    bool finishing = false;            // its end is being written
    bool lost = false;                 // another worker has the lease: touch nothing

    std::size_t fresh_left() const { return fresh ? fresh->size() - fresh->position() : 0; }
};

struct Attempt {
    std::shared_ptr<OpenPartition> partition;
    std::uint32_t index = 0;  // within the partition
    SubscriberId subscriber;
    ListId list;
    RunStats::DomainSlot domain = RunStats::kOther;
    std::uint32_t attempts = 0;  // made so far
    std::uint8_t slips = 0;      // times that a connection ended under it before the final dot
    bool deferred = false;       // its last record is Deferred or MaybeDelivered
    bool maybe_delivered = false;
    bool in_doubt = false;  // no record of it, but an earlier holder was lost: sent, perhaps
    bool intent = false;    // at most once: its intent is durable

    // May have reached them: then they end as unknown, not as expired.
    bool reached() const { return maybe_delivered || in_doubt; }
    std::uint64_t ordinal() const { return partition->first_ordinal + index; }
};

}  // namespace tocsin::delivery
