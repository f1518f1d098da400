// The verbs of delivery.h that decide who may write to a partition.
//
// On PostgreSQL several nodes run them at once, each in transactions of its own:
//   claim against claim     SKIP LOCKED: each finds another row, nobody waits
//   claim against append    the append holds the partition's row (FOR SHARE) until its commit: a
//                           claim passes it over meanwhile, or raised the generation before, and
//                           the append, having waited for that, matches nothing
//   finish against claim    both change the row: the later one sees the earlier one's generation
#include <fmt/format.h>

#include "store/delivery.h"
#include "store/dialect.h"

namespace tocsin::store {

namespace {

// So many batches a statement: their number is part of its text, and texts are kept prepared.
constexpr std::size_t kBatchesMax = 16;

bool is_stored(Database& db, const OutcomeBatchRow& batch) {
    return db
        .first(
            "SELECT 1 FROM partition p JOIN outcome_batch b ON b.alert_id = p.alert_id AND "
            "b.partition = p.partition WHERE p.alert_id = $1 AND p.partition = $2 AND "
            "p.generation = $3 AND p.state = 'leased' AND b.seq = $4",
            {batch.key.alert, batch.key.partition, batch.key.generation, batch.seq})
        .has_value();
}

std::string append_sql(const Database& db, std::size_t batches) {
    std::string values;
    for (std::size_t i = 0; i < batches; ++i) {
        const std::size_t at = 5 * i;
        values += fmt::format(
            "{}(CAST(${} AS BIGINT), CAST(${} AS BIGINT), CAST(${} AS BIGINT), CAST(${} AS BIGINT),"
            " CAST(${} AS BLOB))",
            i == 0 ? "" : ", ", at + 1, at + 2, at + 3, at + 4, at + 5);
    }
    return fmt::format(
        "WITH v (alert_id, partition, generation, seq, records) AS (VALUES {}) "
        "INSERT INTO outcome_batch (alert_id, partition, seq, records) "
        "SELECT p.alert_id, p.partition, v.seq, v.records FROM v JOIN partition p ON "
        "p.alert_id = v.alert_id AND p.partition = v.partition AND p.generation = v.generation "
        "WHERE p.state = 'leased'{} "
        "ON CONFLICT DO NOTHING RETURNING alert_id, partition",
        values, hold_rows(db.engine()));
}

// `fences` of `count` batches from `first` on.
void append_some(Database& db, const std::vector<OutcomeBatchRow>& batches, std::size_t first,
                 std::size_t count, std::vector<Fence>& fences) {
    std::vector<Param> params;
    for (std::size_t i = first; i < first + count; ++i) {
        const OutcomeBatchRow& batch = batches[i];
        params.insert(params.end(), {batch.key.alert, batch.key.partition, batch.key.generation,
                                     batch.seq, Blob{batch.records}});
    }
    const std::vector<Row> stored = db.query(append_sql(db, count), params);
    for (std::size_t i = first; i < first + count; ++i) {
        const OutcomeBatchRow& batch = batches[i];
        bool held = false;
        for (const Row& row : stored) {
            held = held || (AlertId(row.integer(0)) == batch.key.alert &&
                            row.integer(1) == batch.key.partition);
        }
        fences.push_back(held || is_stored(db, batch) ? Fence::Held : Fence::Lost);
    }
}

}  // namespace

std::optional<ClaimedPartition> claim_partition(Database& db, AlertId alert,
                                                const LeaseTerms& terms,
                                                const std::vector<std::string>& excluded_domains) {
    std::vector<Param> params = {alert, terms.owner, terms.until, terms.now};
    std::string but;
    for (const std::string& domain : excluded_domains) {
        params.emplace_back(domain);
        but += fmt::format("{}${}", but.empty() ? " AND domain NOT IN (" : ", ", params.size());
    }
    but += but.empty() ? "" : ")";
    const std::vector<Row> rows = db.query(
        "UPDATE partition SET state = 'leased', owner = $2, lease_until = $3, "
        "generation = generation + 1, doubt = CASE WHEN owner = '' THEN doubt ELSE 1 END WHERE "
        "alert_id = $1 AND partition = ("
        "SELECT partition FROM partition WHERE alert_id = $1 AND state <> 'done' AND "
        "(state = 'open' OR (lease_until < $4 AND owner <> $2))" +
            but + " ORDER BY partition LIMIT 1" + std::string(skip_locked(db.engine())) +
            ") RETURNING partition, generation, first_ordinal, recipients, domain, doubt, "
            "(SELECT c.recipients FROM audience_chunk c WHERE c.alert_id = partition.alert_id AND "
            "c.partition = partition.partition)",
        params);
    if (rows.empty()) {
        return std::nullopt;
    }
    ClaimedPartition claimed;
    claimed.key = {
        .alert = alert, .partition = rows[0].integer(0), .generation = rows[0].integer(1)};
    claimed.first_ordinal = static_cast<std::uint64_t>(rows[0].integer(2));
    claimed.recipients = static_cast<std::uint64_t>(rows[0].integer(3));
    claimed.domain = rows[0].text(4);
    claimed.in_doubt = rows[0].boolean(5);
    claimed.chunk = rows[0].is_null(6) ? std::string() : rows[0].blob(6);
    if (claimed.key.generation > 1) {
        db.for_each(
            "SELECT records, seq FROM outcome_batch WHERE alert_id = $1 AND partition = $2 "
            "ORDER BY seq",
            {alert, claimed.key.partition}, [&](const Row& row) {
                claimed.batches.push_back(row.blob(0));
                claimed.next_seq = row.integer(1) + 1;
            });
    }
    return claimed;
}

std::vector<PartitionKey> renew_leases(Database& db, const LeaseTerms& terms) {
    std::vector<PartitionKey> held;
    for (const Row& row :
         db.query("UPDATE partition SET lease_until = $2 WHERE state = 'leased' AND owner = $1 "
                  "RETURNING alert_id, partition, generation",
                  {terms.owner, terms.until})) {
        held.push_back({.alert = AlertId(row.integer(0)),
                        .partition = row.integer(1),
                        .generation = row.integer(2)});
    }
    return held;
}

void release_leases(Database& db, const std::string& owner) {
    db.execute(
        "UPDATE partition SET state = 'open', owner = '' WHERE state = 'leased' AND owner = $1",
        {owner});
}

void abandon_leases(Database& db, const std::string& owner) {
    db.execute("UPDATE partition SET state = 'open' WHERE state = 'leased' AND owner = $1",
               {owner});
}

void release_all_leases(Database& db) {
    db.execute("UPDATE partition SET state = 'open' WHERE state = 'leased'");
}

void release_lease(Database& db, const PartitionKey& key) {
    db.execute(
        "UPDATE partition SET state = 'open', owner = '' WHERE alert_id = $1 AND partition = $2 "
        "AND generation = $3 AND state = 'leased'",
        {key.alert, key.partition, key.generation});
}

std::vector<Fence> append_outcomes(Database& db, const std::vector<OutcomeBatchRow>& batches) {
    std::vector<Fence> fences;
    fences.reserve(batches.size());
    for (std::size_t first = 0; first < batches.size(); first += kBatchesMax) {
        append_some(db, batches, first, std::min(kBatchesMax, batches.size() - first), fences);
    }
    return fences;
}

}  // namespace tocsin::store
