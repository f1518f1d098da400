#include "store/prepared_audience.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "store/nodes.h"
#include "store/sql_lists.h"

namespace tocsin::store {
namespace {

constexpr auto kChangesMax = static_cast<std::int64_t>(limits::kAudienceChangesMax);

// Which subscribers a step reads, of `subscriber` in order of domain, then id.
struct Range {
    std::string_view where;  // its parameters are $1 ...
    std::vector<Param> params;
};

// Streams the range, at most so many subscribers, and moves the place on; returns how many.
std::int64_t step(Database& db, Range range, const model::AudienceLists& lists,
                  AudiencePlace& place, std::int64_t subscribers,
                  const std::function<void(const ActiveRow&)>& each) {
    std::vector<Param>& params = range.params;
    params.emplace_back(subscribers);
    const std::size_t limit = params.size();
    const std::string chosen = in_audience(params, lists);
    std::int64_t seen = 0;
    db.for_each(fmt::format("SELECT t.id, t.domain, x.list_id FROM (SELECT domain, id FROM "
                            "subscriber WHERE {} ORDER BY domain, id LIMIT ${}) t "
                            "LEFT JOIN subscription x ON x.subscriber_id = t.id AND {} "
                            "ORDER BY t.domain, t.id, x.list_id",
                            range.where, limit, chosen),
                params, [&](const Row& row) {
                    const SubscriberId subscriber(row.integer(0));
                    if (seen == 0 || subscriber != place.subscriber) {
                        ++seen;
                        place.subscriber = subscriber;
                        place.domain = row.text(1);
                    }
                    if (!row.is_null(2)) {
                        each({.subscriber = subscriber,
                              .list = ListId(row.integer(2)),
                              .domain = row.text(1)});
                    }
                });
    return seen;
}

}  // namespace

// --- the watch ------------------------------------------------------------------------------

AudienceWatch open_audience_watch(Database& db, const std::string& node, Time now) {
    AudienceWatch watch;
    watch.first_change =
        db.query("INSERT INTO audience_change (subscriber_id) VALUES (0) RETURNING seq")[0].integer(
            0);
    watch.id = db.query(
                     "INSERT INTO audience_watch (first_change, created_at, node_id) "
                     "VALUES ($1, $2, $3) RETURNING id",
                     {watch.first_change, now, node})[0]
                   .integer(0);
    return watch;
}

namespace {

// The mark of the oldest watch stays, so numbers of the log are not given twice while one is open.
void forget_old_changes(Database& db) {
    db.execute(
        "DELETE FROM audience_change WHERE NOT EXISTS (SELECT 1 FROM audience_watch "
        "WHERE first_change <= audience_change.seq)");
}

}  // namespace

void close_audience_watch(Database& db, const AudienceWatch& watch) {
    db.execute("DELETE FROM audience_watch WHERE id = $1 AND first_change = $2",
               {watch.id, watch.first_change});
    forget_old_changes(db);
}

void close_lost_audience_watches(Database& db, Time now) {
    // SQLite's one node is not seen again and again, it is there.
    const Time seen = db.engine() == Engine::Sqlite ? Time{} : now - kNodeSilence;
    const std::int64_t closed = db.execute(
        "DELETE FROM audience_watch WHERE node_id NOT IN (SELECT id FROM node WHERE seen_at > $1)",
        {seen});
    if (closed > 0) {
        forget_old_changes(db);
    }
}

void note_audience_change(Database& db, SubscriberId subscriber) {
    db.execute(
        "INSERT INTO audience_change (subscriber_id) SELECT CAST($1 AS BIGINT) "
        "WHERE (SELECT MAX(seq) FROM audience_change) < "
        "(SELECT MAX(first_change) + $2 FROM audience_watch)",
        {subscriber, kChangesMax});
}

std::optional<std::int64_t> count_audience_changes(Database& db, const AudienceWatch& watch) {
    const auto row = db.first(
        "SELECT (SELECT MAX(seq) FROM audience_change) - first_change FROM audience_watch "
        "WHERE id = $1 AND first_change = $2",
        {watch.id, watch.first_change});
    if (!row || row->integer(0) >= kChangesMax) {
        return std::nullopt;
    }
    return row->integer(0);
}

std::optional<std::vector<SubscriberId>> audience_changes(Database& db,
                                                          const AudienceWatch& watch) {
    if (!count_audience_changes(db, watch)) {
        return std::nullopt;
    }
    std::vector<SubscriberId> changed;
    db.for_each(
        "SELECT DISTINCT subscriber_id FROM audience_change WHERE seq > $1 AND "
        "subscriber_id <> 0 ORDER BY subscriber_id",
        {watch.first_change}, [&](const Row& row) { changed.emplace_back(row.integer(0)); });
    return changed;
}

// --- reading --------------------------------------------------------------------------------

bool has_active(Database& db, const std::vector<ListId>& lists, std::int64_t count) {
    std::vector<Param> params = {count - 1};
    append_lists(params, lists);
    return db
        .first(fmt::format("SELECT 1 FROM subscription WHERE state = 'active' AND list_id IN ({}) "
                           "LIMIT 1 OFFSET $1",
                           placeholders(2, lists.size())),
               params)
        .has_value();
}

// Two statements, because a comparison of (domain, id) as a pair would read a large domain from its
// beginning at every step.
void for_each_active_after(Database& db, const model::AudienceLists& lists, AudiencePlace& place,
                           std::int64_t subscribers,
                           const std::function<void(const ActiveRow&)>& each) {
    std::int64_t seen = 0;
    if (place.subscriber.valid()) {
        const Range rest{"domain = $1 AND id > $2", {place.domain, place.subscriber}};
        seen = step(db, rest, lists, place, subscribers, each);
    }
    if (seen < subscribers) {
        const Range next{"domain > $1", {place.domain}};
        seen += step(db, next, lists, place, subscribers - seen, each);
    }
    place.at_end = seen < subscribers;
}

}  // namespace tocsin::store
