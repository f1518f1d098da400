#include "store/delivery.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/alerts.h"
#include "store/nodes.h"
#include "store/signals.h"
#include "store/sql_lists.h"
#include "store/terms.h"

namespace tocsin::store {
namespace {

// Sorting takes memory: up to so many rows are sorted; more are read in the order of an index.
constexpr std::int64_t kSortedRowsMax = 200'000;
// Reading in index order visits every subscriber: worth it if one in so many is wanted.
constexpr std::int64_t kScanShare = 8;

PartitionCounts read_counts(const Row& row, std::size_t first) {
    const auto number = [&](std::size_t column) {
        return static_cast<std::uint64_t>(row.maybe_integer(first + column).value_or(0));
    };
    return {.delivered = number(0),
            .failed = number(1),
            .expired = number(2),
            .suppressed = number(3),
            .unknown = number(4)};
}

Fence fence(std::int64_t changed) {
    return changed > 0 ? Fence::Held : Fence::Lost;
}

}  // namespace

// --- freezing -------------------------------------------------------------------------------

void insert_partition(Database& db, const NewPartition& partition) {
    db.execute("INSERT INTO audience_chunk (alert_id, partition, recipients) VALUES ($1, $2, $3)",
               {partition.alert, partition.partition, Blob{partition.chunk}});
    db.execute(
        "INSERT INTO partition (alert_id, partition, first_ordinal, recipients, state, owner, "
        "lease_until, generation, outcomes, delivered, failed, expired, suppressed, unknown, "
        "domain) VALUES ($1, $2, $3, $4, 'open', '', 0, 0, NULL, 0, 0, 0, 0, 0, $5)",
        {partition.alert, partition.partition, partition.first_ordinal, partition.recipients,
         partition.domain});
}

void for_each_active(Database& db, const model::AudienceLists& lists,
                     const std::function<void(const ActiveRow&)>& each) {
    std::vector<Param> included;
    append_lists(included, lists.include);
    const std::int64_t active =
        db.query("SELECT COUNT(*) FROM subscription WHERE state = 'active' AND list_id IN (" +
                     placeholders(1, lists.include.size()) + ")",
                 included)[0]
            .integer(0);
    const std::int64_t subscribers =
        db.query("SELECT MAX(id) FROM subscriber")[0].maybe_integer(0).value_or(0);
    // CROSS JOIN fixes the order of the tables; what is joined is the same.
    const bool scan = active > kSortedRowsMax || active * kScanShare > subscribers;
    const std::string from =
        scan ? "subscriber s CROSS JOIN subscription x" : "subscription x CROSS JOIN subscriber s";
    std::vector<Param> params;
    const std::string chosen = in_audience(params, lists);
    db.for_each("SELECT s.id, x.list_id, s.domain FROM " + from +
                    " WHERE s.id = x.subscriber_id AND " + chosen +
                    " ORDER BY s.domain, s.id, x.list_id",
                params, [&](const Row& row) {
                    each({.subscriber = SubscriberId(row.integer(0)),
                          .list = ListId(row.integer(1)),
                          .domain = row.text(2)});
                });
}

std::vector<ListId> missing_lists(Database& db, const std::vector<ListId>& lists) {
    std::vector<ListId> missing;
    for (const ListId list : lists) {
        if (!db.first("SELECT 1 FROM list WHERE id = $1", {list})) {
            missing.push_back(list);
        }
    }
    return missing;
}

// --- recipients -----------------------------------------------------------------------------

std::vector<RecipientRow> load_recipients(Database& db,
                                          const std::vector<SubscriberId>& subscribers,
                                          const model::AudienceLists& lists) {
    std::vector<Param> params = block_params(subscribers);
    const std::string sql =
        "SELECT s.id, s.subject, s.address, s.address_key, s.domain, s.smtputf8, s.locale, "
        "x.list_id, x.frequency, CASE WHEN EXISTS (SELECT 1 FROM suppression) THEN 1 ELSE 0 END, "
        "t.zone, t.daily_max, t.digest_minute, t.quiet_from, t.quiet_to "
        "FROM subscriber s CROSS JOIN subscription x "
        "LEFT JOIN reader_terms t ON t.subscriber_id = s.id WHERE s.id IN (" +
        placeholders(1, kRecipientBlock) + ") AND x.subscriber_id = s.id AND " +
        in_audience(params, lists) + " ORDER BY s.id, x.list_id";
    std::vector<RecipientRow> rows;
    rows.reserve(subscribers.size());
    db.for_each(sql, params, [&](const Row& row) {
        const SubscriberId subscriber(row.integer(0));
        const auto frequency =
            model::parse_frequency(row.text(8)).value_or(model::Frequency::Every);
        if (rows.empty() || rows.back().subscriber != subscriber) {
            rows.push_back(
                {.subscriber = subscriber,
                 .subject = row.blob(1),
                 .address = row.text(2),
                 .address_key = row.text(3),
                 .domain = row.text(4),
                 .smtputf8 = row.boolean(5),
                 .locale = row.text(6),
                 .active = {},
                 .frequencies = {},
                 .terms = row.is_null(10) ? std::nullopt : std::optional(read_terms(row, 10)),
                 .ask_suppression = row.boolean(9)});
        }
        rows.back().active.emplace_back(row.integer(7));
        rows.back().frequencies.add(frequency);
    });
    return rows;
}

std::vector<RecipientRow> load_subscribers(Database& db,
                                           const std::vector<SubscriberId>& subscribers) {
    const std::string sql =
        "SELECT id, subject, address, address_key, domain, smtputf8, locale FROM subscriber "
        "WHERE id IN (" +
        placeholders(1, kRecipientBlock) + ") ORDER BY id";
    std::vector<RecipientRow> rows;
    db.for_each(sql, block_params(subscribers), [&](const Row& row) {
        rows.push_back({.subscriber = SubscriberId(row.integer(0)),
                        .subject = row.blob(1),
                        .address = row.text(2),
                        .address_key = row.text(3),
                        .domain = row.text(4),
                        .smtputf8 = row.boolean(5),
                        .locale = row.text(6),
                        .active = {},
                        .frequencies = {},
                        .terms = std::nullopt,
                        .ask_suppression = false});
    });
    return rows;
}

// --- outcomes -------------------------------------------------------------------------------

std::vector<std::string> load_batches(Database& db, AlertId alert, std::int64_t partition) {
    std::vector<std::string> batches;
    db.for_each(
        "SELECT records FROM outcome_batch WHERE alert_id = $1 AND partition = $2 ORDER BY seq",
        {alert, partition}, [&](const Row& row) { batches.push_back(row.blob(0)); });
    return batches;
}

Fence finish_partition(Database& db, const PartitionKey& key, const std::string& outcomes,
                       const PartitionCounts& counts) {
    const std::int64_t changed = db.execute(
        "UPDATE partition SET state = 'done', outcomes = $4, delivered = $5, failed = $6, "
        "expired = $7, suppressed = $8, unknown = $9 WHERE alert_id = $1 AND partition = $2 AND "
        "generation = $3 AND state = 'leased'",
        {key.alert, key.partition, key.generation, Blob{outcomes}, counts.delivered, counts.failed,
         counts.expired, counts.suppressed, counts.unknown});
    if (changed > 0) {
        db.execute("DELETE FROM outcome_batch WHERE alert_id = $1 AND partition = $2",
                   {key.alert, key.partition});
    }
    return fence(changed);
}

std::optional<PartitionRow> find_partition(Database& db, AlertId alert, std::int64_t partition) {
    const std::optional<Row> row = db.first(
        "SELECT partition, first_ordinal, recipients, state, outcomes, delivered, failed, "
        "expired, suppressed, unknown, doubt, generation FROM partition WHERE alert_id = $1 AND "
        "partition = $2",
        {alert, partition});
    if (!row) {
        return std::nullopt;
    }
    PartitionRow found;
    found.partition = row->integer(0);
    found.first_ordinal = static_cast<std::uint64_t>(row->integer(1));
    found.recipients = static_cast<std::uint64_t>(row->integer(2));
    found.done = row->text(3) == "done";
    if (!row->is_null(4)) {
        found.outcomes = row->blob(4);
    }
    found.counts = read_counts(*row, 5);
    found.in_doubt = row->boolean(10);
    found.generation = row->integer(11);
    return found;
}

std::string load_chunk(Database& db, AlertId alert, std::int64_t partition) {
    const std::optional<Row> row =
        db.first("SELECT recipients FROM audience_chunk WHERE alert_id = $1 AND partition = $2",
                 {alert, partition});
    return row ? row->blob(0) : std::string();
}

PartitionSums sum_partitions(Database& db, AlertId alert) {
    const Row row = db.query(
        "SELECT COUNT(*), SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END), SUM(recipients), "
        "SUM(delivered), SUM(failed), SUM(expired), SUM(suppressed), SUM(unknown) "
        "FROM partition WHERE alert_id = $1",
        {alert})[0];
    return {.partitions = static_cast<std::uint64_t>(row.integer(0)),
            .done = static_cast<std::uint64_t>(row.maybe_integer(1).value_or(0)),
            .audience = static_cast<std::uint64_t>(row.maybe_integer(2).value_or(0)),
            .counts = read_counts(row, 3)};
}

bool has_unfinished_partitions(Database& db, AlertId alert) {
    return db
        .first("SELECT 1 FROM partition WHERE alert_id = $1 AND state <> 'done' LIMIT 1", {alert})
        .has_value();
}

// --- alerts ---------------------------------------------------------------------------------

Result<DeliveryOrder> find_delivery_order(Database& db, AlertId alert) {
    const std::optional<AlertRow> row = find_alert(db, alert);
    if (!row) {
        return not_found(fmt::format("there is no alert {}", alert.value()));
    }
    if (!row->released_at || !row->not_after) {
        return conflict(fmt::format("alert {} was not released", alert.value()));
    }
    DeliveryOrder order;
    order.alert = alert;
    order.kind = row->kind;
    order.of = row->of;
    order.state = row->state;
    order.released_at = *row->released_at;
    order.not_after = *row->not_after;
    order.repeat = row->repeat;
    order.lists.include = row->lists;
    order.story = story_of(db, alert);
    if (const std::optional<RevisionRow> revision = find_revision(db, row->revision)) {
        order.compiled = revision->compiled;
        TRY_AS(const model::AlertContent content, model::parse_content(revision->content));
        order.priority = content.priority;
        order.lists.exclude = content.exclude;
    }
    return order;
}

std::vector<UnfinishedAlert> unfinished_alerts(Database& db) {
    std::vector<UnfinishedAlert> alerts;
    db.for_each(
        "SELECT id, state FROM alert WHERE released_at IS NOT NULL AND finished_at IS NULL "
        "ORDER BY released_at, id",
        {}, [&](const Row& row) {
            alerts.push_back(
                {.alert = AlertId(row.integer(0)), .stopped = row.text(1) == "stopped"});
        });
    return alerts;
}

void finish_delivery(Database& db, AlertId alert, Time at, const ClockRow& clock) {
    const std::int64_t changed = db.execute(
        "UPDATE alert SET finished_at = $2, state = CASE WHEN state = 'released' THEN 'finished' "
        "ELSE state END WHERE id = $1 AND released_at IS NOT NULL AND finished_at IS NULL",
        {alert, at});
    if (changed == 0) {
        return;
    }
    db.execute(
        "INSERT INTO alert_clock (alert_id, audience, first_ms, p50_ms, p90_ms, p99_ms, last_ms) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (alert_id) DO NOTHING",
        {alert, clock.audience, clock.first_ms, clock.p50_ms, clock.p90_ms, clock.p99_ms,
         clock.last_ms});
    delete_alert_progress(db, alert);
    db.signal(topic::kFinished, alert.value());
}

std::optional<ClockRow> find_clock(Database& db, AlertId alert) {
    const std::optional<Row> row = db.first(
        "SELECT audience, first_ms, p50_ms, p90_ms, p99_ms, last_ms FROM alert_clock WHERE "
        "alert_id = $1",
        {alert});
    if (!row) {
        return std::nullopt;
    }
    return ClockRow{.audience = static_cast<std::uint64_t>(row->integer(0)),
                    .first_ms = row->maybe_integer(1),
                    .p50_ms = row->maybe_integer(2),
                    .p90_ms = row->maybe_integer(3),
                    .p99_ms = row->maybe_integer(4),
                    .last_ms = row->maybe_integer(5)};
}

// --- the outbox -----------------------------------------------------------------------------

void hurry_outbox(Database& db, Time now) {
    db.execute("UPDATE outbox SET next_at = $1 WHERE state = 'queued' AND next_at > $1", {now});
}

}  // namespace tocsin::store
