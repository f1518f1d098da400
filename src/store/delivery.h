// Verbs of the frozen audience, its partitions and the ledger. Store thread only (see database.h).
//
// A partition is the unit of lease. Claiming it raises its generation; every verb that writes to it
// names the generation it believes in, and a stale one changes nothing (Fence::Lost): whoever lost
// the lease can commit nothing more, however late it wakes up. What the blobs hold is
// delivery/'s business.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "model/alert.h"
#include "model/terms.h"
#include "store/database.h"
#include "store/sql_lists.h"

namespace tocsin::store {

struct PartitionKey {
    AlertId alert;
    std::int64_t partition = 0;
    std::int64_t generation = 0;
};

enum class Fence { Held, Lost };

// --- freezing ---
struct NewPartition {
    AlertId alert;
    std::int64_t partition = 0;
    std::uint64_t first_ordinal = 0;
    std::uint64_t recipients = 0;
    std::string chunk;
    std::string domain;  // of all its recipients; empty: they are of several, or of a small one
};
void insert_partition(Database& db, const NewPartition& partition);
struct ActiveRow {
    SubscriberId subscriber;
    ListId list;
    std::string_view domain;  // only during the call
};
// Streams the active subscriptions, sorted by the subscriber's domain, then id, then list: a
// subscriber of several lists comes several times in a row. Who has one of the lists that are left
// out does not come.
void for_each_active(Database& db, const model::AudienceLists& lists,
                     const std::function<void(const ActiveRow&)>& each);
std::vector<ListId> missing_lists(Database& db, const std::vector<ListId>& lists);

// --- recipients ---
struct RecipientRow {
    SubscriberId subscriber;
    std::string subject;  // 16 bytes
    std::string address;
    std::string address_key;
    std::string domain;
    bool smtputf8 = false;
    std::string locale;
    std::vector<ListId> active;               // of the lists asked for; ascending
    model::Frequencies frequencies;           // of these
    std::optional<model::ReaderTerms> terms;  // the reader's own, if there are any
    bool ask_suppression =
        false;  // there are suppressed addresses; whether this one is, is not said
};
// Those of at most kRecipientBlock subscribers who exist and have an active subscription to at
// least one of the lists, and to none that is left out; in no order.
std::vector<RecipientRow> load_recipients(Database& db,
                                          const std::vector<SubscriberId>& subscribers,
                                          const model::AudienceLists& lists);
// Address, and subject, of subscribers whatever their subscriptions are.
std::vector<RecipientRow> load_subscribers(Database& db,
                                           const std::vector<SubscriberId>& subscribers);
// --- leases ---
struct LeaseTerms {
    std::string owner;  // the node (store/nodes.h)
    Time now{};
    Time until{};
};
struct ClaimedPartition {
    PartitionKey key;
    std::uint64_t first_ordinal = 0;
    std::uint64_t recipients = 0;
    std::string domain;  // of all its recipients when it was frozen; empty: mixed
    std::string chunk;
    std::vector<std::string> batches;  // of earlier leases, in order
    std::int64_t next_seq = 1;         // of the next outcome batch
    bool in_doubt = false;             // an earlier holder was lost, with mail on its way perhaps
};
// The first partition of the alert that nobody holds, open or with its lease run out, and that is
// not of one of these domains (whose routes have enough to do). The owner's own leases never count
// as run out: whoever sets the clock would make a node take its partitions from itself.
std::optional<ClaimedPartition> claim_partition(
    Database& db, AlertId alert, const LeaseTerms& terms,
    const std::vector<std::string>& excluded_domains = {});
// Prolongs all leases of the owner; returns those that it still has.
std::vector<PartitionKey> renew_leases(Database& db, const LeaseTerms& terms);
// Makes all leases of the owner, whose outcomes are on the disk, open again; or those of everyone,
// of whom that is not known.
void release_leases(Database& db, const std::string& owner);
// The same where mail may be on the wire, or outcomes are not on the disk: that is in doubt.
void abandon_leases(Database& db, const std::string& owner);
void release_all_leases(Database& db);
// Gives back a partition that was claimed and never begun with (the answer to the claim was lost).
void release_lease(Database& db, const PartitionKey& key);

// --- outcomes ---
struct OutcomeBatchRow {
    PartitionKey key;
    std::int64_t seq = 0;
    std::string records;
};
// One statement for all of them, whose partitions differ. May be repeated with the same rows when
// nobody knows whether it was committed. What it relies on, the lease, cannot change before the
// commit: whoever claims the partition next sees these rows or keeps them out.
std::vector<Fence> append_outcomes(Database& db, const std::vector<OutcomeBatchRow>& batches);
std::vector<std::string> load_batches(Database& db, AlertId alert, std::int64_t partition);
struct PartitionCounts {
    std::uint64_t delivered = 0, failed = 0, expired = 0, suppressed = 0, unknown = 0;
};
// Replaces the batches by the compact outcomes; the partition is done.
Fence finish_partition(Database& db, const PartitionKey& key, const std::string& outcomes,
                       const PartitionCounts& counts);

struct PartitionRow {
    std::int64_t partition = 0;
    std::uint64_t first_ordinal = 0;
    std::uint64_t recipients = 0;
    std::int64_t generation = 0;
    bool done = false;
    std::optional<std::string> outcomes;  // when done
    PartitionCounts counts;               // when done
    bool in_doubt = false;                // as in ClaimedPartition
};
std::optional<PartitionRow> find_partition(Database& db, AlertId alert, std::int64_t partition);
std::string load_chunk(Database& db, AlertId alert, std::int64_t partition);

struct PartitionSums {
    std::uint64_t partitions = 0, done = 0;
    std::uint64_t audience = 0;
    PartitionCounts counts;  // of those done
};
PartitionSums sum_partitions(Database& db, AlertId alert);
// Quick, however many partitions there are.
bool has_unfinished_partitions(Database& db, AlertId alert);

// --- alerts, as delivery sees them ---
struct DeliveryOrder {
    AlertId alert;
    model::AlertKind kind = model::AlertKind::Alert;
    AlertId of;
    model::AlertState state = model::AlertState::Released;
    Time released_at{};
    Time not_after{};
    model::Repeat repeat = model::Repeat::Resend;
    model::Priority priority = model::Priority::Normal;
    model::AudienceLists lists;
    AlertId story;                        // the alert that it began with
    std::optional<std::string> compiled;  // mail::MessageTemplate::encode()
};
// NotFound if there is no such alert, Conflict if it was never released.
Result<DeliveryOrder> find_delivery_order(Database& db, AlertId alert);
// Alerts that were released and have partitions that are not done, or no finishing time; in the
// order of their release.
struct UnfinishedAlert {
    AlertId alert;
    bool stopped = false;

    friend bool operator==(const UnfinishedAlert&, const UnfinishedAlert&) = default;
};
std::vector<UnfinishedAlert> unfinished_alerts(Database& db);

struct ClockRow {
    std::uint64_t audience = 0;
    std::optional<std::int64_t> first_ms, p50_ms, p90_ms, p99_ms, last_ms;
};
// Writes the clock and the finishing time; a released alert becomes finished, a stopped one stays
// stopped. Once only: later calls change nothing.
void finish_delivery(Database& db, AlertId alert, Time at, const ClockRow& clock);
std::optional<ClockRow> find_clock(Database& db, AlertId alert);

// --- the outbox (store/outbox.h has the rest) ---
// After a restart: what an earlier process had claimed or deferred is due at once.
void hurry_outbox(Database& db, Time now);

}  // namespace tocsin::store
