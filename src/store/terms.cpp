#include "store/terms.h"

#include <fmt/format.h>

#include "store/alerts.h"
#include "store/sql_lists.h"

namespace tocsin::store {

namespace {

constexpr int kStoryDepthMax = 32;
constexpr int kMutedShownMax = 100;
constexpr int kTidyRows = 10'000;
constexpr std::chrono::hours kStoriesLife{30 * 24};

std::int64_t day_number(Time time) {
    return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

HeldAlert read_held(const Row& row) {
    return {SubscriberId(row.integer(0)), AlertId(row.integer(1)), ListId(row.integer(2)),
            row.time(3)};
}

constexpr int kExpiredAtOnce = 100;
constexpr int kFamilyMax = 1'000;

// Its stories are due again, and it is gone.
void hold_again(Database& db, OutboxId digest, Time now) {
    db.execute(
        "INSERT INTO held_alert (subscriber_id, alert_id, list_id, due_at) "
        "SELECT subscriber_id, alert_id, list_id, CAST($2 AS BIGINT) FROM digest_story "
        "WHERE outbox_id = $1 ON CONFLICT (subscriber_id, alert_id) DO NOTHING",
        {digest, now});
    db.execute("DELETE FROM digest_story WHERE outbox_id = $1", {digest});
}

// `which` says of which digests, with the parameters.
void take_back(Database& db, const std::string& which, std::vector<Param> params, Time now) {
    const std::vector<Row> waiting = db.query(
        "SELECT id FROM outbox WHERE state = 'queued' AND subscriber_id <> 0 AND " + which, params);
    for (const Row& row : waiting) {
        const OutboxId digest(row.integer(0));
        const std::int64_t untouched = db.execute(
            "DELETE FROM outbox WHERE id = $1 AND state = 'queued' AND node_id = '' AND "
            "maybe_sent = 0",
            {digest});
        if (untouched > 0) {
            hold_again(db, digest, now);
        } else {
            db.execute("UPDATE outbox SET not_after = $2 WHERE id = $1 AND state = 'queued'",
                       {digest, now});
        }
    }
}

// The alert and all that go on with it, however far.
std::vector<AlertId> family_of(Database& db, AlertId alert) {
    std::vector<AlertId> family = {alert};
    for (std::size_t i = 0; i < family.size() && family.size() < kFamilyMax; ++i) {
        for (const Row& row : db.query("SELECT id FROM alert WHERE of_alert = $1 ORDER BY id "
                                       "LIMIT 100",
                                       {family[i]})) {
            family.emplace_back(row.integer(0));
        }
    }
    return family;
}

}  // namespace

// --- what the reader chose --------------------------------------------------------------------

std::optional<model::ReaderTerms> find_terms(Database& db, SubscriberId subscriber) {
    const auto row = db.first(
        "SELECT zone, daily_max, digest_minute, quiet_from, quiet_to FROM reader_terms "
        "WHERE subscriber_id = $1",
        {subscriber});
    if (!row) {
        return std::nullopt;
    }
    return read_terms(*row, 0);
}

model::ReaderTerms read_terms(const Row& row, std::size_t first) {
    model::ReaderTerms terms;
    terms.zone = row.text(first);
    terms.daily_max = static_cast<int>(row.integer(first + 1));
    terms.digest_minute = static_cast<int>(row.integer(first + 2));
    if (!row.is_null(first + 3) && !row.is_null(first + 4)) {
        terms.quiet = model::QuietHours{static_cast<int>(row.integer(first + 3)),
                                        static_cast<int>(row.integer(first + 4))};
    }
    return terms;
}

void set_terms(Database& db, SubscriberId subscriber, const model::ReaderTerms& terms) {
    const auto from = terms.quiet ? std::optional(terms.quiet->from) : std::nullopt;
    const auto to = terms.quiet ? std::optional(terms.quiet->to) : std::nullopt;
    db.execute(
        "INSERT INTO reader_terms (subscriber_id, zone, daily_max, digest_minute, quiet_from, "
        "quiet_to) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (subscriber_id) DO UPDATE SET "
        "zone = $2, daily_max = $3, digest_minute = $4, quiet_from = $5, quiet_to = $6",
        {subscriber, terms.zone, terms.daily_max, terms.digest_minute, from, to});
}

void set_frequency(Database& db, SubscriberId subscriber, ListId list, model::Frequency frequency) {
    db.execute("UPDATE subscription SET frequency = $3 WHERE subscriber_id = $1 AND list_id = $2",
               {subscriber, list, to_string(frequency)});
}

AlertId story_of(Database& db, AlertId alert) {
    AlertId story = alert;
    for (int depth = 0; depth < kStoryDepthMax; ++depth) {
        const auto row = db.first("SELECT of_alert FROM alert WHERE id = $1", {story});
        if (!row || row->is_null(0)) {
            break;
        }
        story = AlertId(row->integer(0));
    }
    return story;
}

bool is_retracted(Database& db, AlertId alert) {
    AlertId at = alert;
    for (int depth = 0; depth < kStoryDepthMax; ++depth) {
        const bool retracted =
            db.first(
                  "SELECT 1 FROM alert r, alert a WHERE r.of_alert = $1 AND a.id = $2 AND "
                  "r.kind = 'retraction' AND r.released_at >= a.released_at LIMIT 1",
                  {at, alert})
                .has_value();
        if (retracted) {
            return true;
        }
        const auto row = db.first("SELECT of_alert FROM alert WHERE id = $1", {at});
        if (!row || row->is_null(0)) {
            return false;
        }
        at = AlertId(row->integer(0));
    }
    return false;
}

std::vector<MutedStory> muted_stories(Database& db, SubscriberId subscriber) {
    std::vector<MutedStory> out;
    for (const Row& row :
         db.query("SELECT story_id, muted_at FROM muted_story WHERE subscriber_id = $1 "
                  "ORDER BY muted_at DESC, story_id DESC LIMIT $2",
                  {subscriber, kMutedShownMax})) {
        const AlertId story(row.integer(0));
        if (const auto alert = find_full_alert(db, story)) {
            out.push_back({story, alert->content.headline, row.time(1)});
        }
    }
    return out;
}

void set_muted(Database& db, SubscriberId subscriber, AlertId story, Mute mute, Time now) {
    if (mute == Mute::Off) {
        db.execute("DELETE FROM muted_story WHERE subscriber_id = $1 AND story_id = $2",
                   {subscriber, story});
        return;
    }
    db.execute(
        "INSERT INTO muted_story (subscriber_id, story_id, muted_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (subscriber_id, story_id) DO NOTHING",
        {subscriber, story, now});
}

void forget_terms(Database& db, SubscriberId subscriber) {
    for (const char* table :
         {"reader_terms", "muted_story", "reader_day", "held_alert", "digest_story"}) {
        db.execute(fmt::format("DELETE FROM {} WHERE subscriber_id = $1", table), {subscriber});
    }
    db.execute("DELETE FROM outbox WHERE subscriber_id = $1 AND subscriber_id <> 0", {subscriber});
}

// --- sending an alert -------------------------------------------------------------------------

void hold_terms(Database& db, const std::vector<SubscriberId>& subscribers) {
    db.execute(
        "UPDATE reader_terms SET used = used + 1 WHERE daily_max > 0 AND subscriber_id IN (" +
            placeholders(1, kRecipientBlock) + ")",
        block_params(subscribers));
}

std::vector<SubscriberId> muted_by(Database& db, AlertId story,
                                   const std::vector<SubscriberId>& subscribers) {
    std::vector<Param> params = block_params(subscribers);
    params.emplace_back(story);
    std::vector<SubscriberId> out;
    for (const Row& row : db.query(
             fmt::format("SELECT subscriber_id FROM muted_story WHERE subscriber_id IN ({}) AND "
                         "story_id = ${}",
                         placeholders(1, kRecipientBlock), kRecipientBlock + 1),
             params)) {
        out.emplace_back(row.integer(0));
    }
    return out;
}

int sent_on(Database& db, SubscriberId subscriber, std::int64_t day, AlertId but) {
    return static_cast<int>(db.first("SELECT COUNT(*) FROM reader_day WHERE subscriber_id = $1 AND "
                                     "day = $2 AND alert_id <> $3",
                                     {subscriber, day, but})
                                ->integer(0));
}

void note_sent(Database& db, SubscriberId subscriber, std::int64_t day, AlertId alert) {
    db.execute(
        "INSERT INTO reader_day (subscriber_id, day, alert_id) VALUES ($1, $2, $3) "
        "ON CONFLICT (subscriber_id, day, alert_id) DO NOTHING",
        {subscriber, day, alert});
}

void hold_alerts(Database& db, const std::vector<HeldAlert>& held) {
    for (const HeldAlert& one : held) {
        db.execute(
            "INSERT INTO held_alert (subscriber_id, alert_id, list_id, due_at) "
            "SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), "
            "CAST($4 AS BIGINT) WHERE NOT EXISTS (SELECT 1 FROM digest_story "
            "WHERE subscriber_id = $1 AND alert_id = $2) "
            "ON CONFLICT (subscriber_id, alert_id) DO NOTHING",
            {one.subscriber, one.alert, one.list, one.due_at});
    }
}

std::int64_t count_held(Database& db, AlertId alert) {
    return db
        .first(
            "SELECT (SELECT COUNT(*) FROM held_alert WHERE alert_id = $1) + "
            "(SELECT COUNT(*) FROM digest_story WHERE alert_id = $1)",
            {alert})
        ->integer(0);
}

void tidy_terms(Database& db, Time now) {
    const std::int64_t day = day_number(now);
    db.execute(
        "DELETE FROM reader_day WHERE subscriber_id IN (SELECT subscriber_id FROM reader_day "
        "WHERE day < $1 LIMIT $2) AND day < $1",
        {day - 2, kTidyRows});
    db.execute(
        "DELETE FROM digest_story WHERE subscriber_id IN (SELECT subscriber_id FROM digest_story "
        "WHERE sent_at < $1 LIMIT $2) AND sent_at < $1",
        {now - kStoriesLife, kTidyRows});
}

// --- digests ----------------------------------------------------------------------------------

std::vector<SubscriberId> due_digests(Database& db, Time now, int limit) {
    std::vector<SubscriberId> out;
    for (const Row& row : db.query(
             "SELECT DISTINCT subscriber_id FROM (SELECT subscriber_id FROM held_alert "
             "WHERE due_at <= $1 ORDER BY due_at, subscriber_id LIMIT $2) d ORDER BY subscriber_id",
             {now, limit})) {
        out.emplace_back(row.integer(0));
    }
    return out;
}

std::vector<HeldAlert> due_alerts(Database& db, SubscriberId subscriber, Time now) {
    std::vector<HeldAlert> out;
    for (const Row& row :
         db.query("SELECT h.subscriber_id, h.alert_id, h.list_id, h.due_at FROM held_alert h "
                  "LEFT JOIN alert a ON a.id = h.alert_id WHERE h.subscriber_id = $1 AND "
                  "h.due_at <= $2 ORDER BY a.released_at, h.alert_id",
                  {subscriber, now})) {
        out.push_back(read_held(row));
    }
    return out;
}

void forget_held(Database& db, SubscriberId subscriber, const std::vector<HeldAlert>& held) {
    for (const HeldAlert& one : held) {
        db.execute("DELETE FROM held_alert WHERE subscriber_id = $1 AND alert_id = $2",
                   {subscriber, one.alert});
    }
}

void note_digest(Database& db, const std::vector<HeldAlert>& stories, OutboxId outbox, Time now) {
    for (const HeldAlert& story : stories) {
        db.execute(
            "INSERT INTO digest_story (subscriber_id, alert_id, list_id, outbox_id, sent_at) "
            "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (subscriber_id, alert_id) DO UPDATE SET "
            "outbox_id = $4, sent_at = $5",
            {story.subscriber, story.alert, story.list, outbox, now});
    }
}

std::int64_t count_digests_queued(Database& db) {
    return db.first("SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND subscriber_id <> 0")
        ->integer(0);
}

void take_back_digests_of(Database& db, SubscriberId subscriber, Time now) {
    take_back(db, "subscriber_id = $1", {subscriber}, now);
}

void take_back_digests_with(Database& db, AlertId alert, Time now) {
    for (const AlertId one : family_of(db, alert)) {
        take_back(db, "id IN (SELECT outbox_id FROM digest_story WHERE alert_id = $1)", {one}, now);
    }
}

void return_digest(Database& db, OutboxId digest, Time now) {
    const std::int64_t untouched = db.execute(
        "DELETE FROM outbox WHERE id = $1 AND state = 'queued' AND maybe_sent = 0", {digest});
    if (untouched > 0) {
        return hold_again(db, digest, now);
    }
    db.execute("UPDATE outbox SET next_at = $2, node_id = '' WHERE id = $1 AND state = 'queued'",
               {digest, now});
}

void return_expired_digests(Database& db, Time now) {
    const std::vector<Row> expired = db.query(
        "SELECT id FROM outbox WHERE state = 'queued' AND not_after <= $1 AND subscriber_id <> 0 "
        "AND attempts = 0 AND maybe_sent = 0 LIMIT $2",
        {now, kExpiredAtOnce});
    for (const Row& row : expired) {
        return_digest(db, OutboxId(row.integer(0)), now);
    }
}

std::vector<DigestReader> digest_readers(Database& db, AlertId alert) {
    std::vector<DigestReader> out;
    db.for_each(
        "SELECT d.subscriber_id, d.list_id, s.domain FROM digest_story d "
        "JOIN subscriber s ON s.id = d.subscriber_id "
        "LEFT JOIN outbox o ON o.id = d.outbox_id "
        "WHERE d.alert_id = $1 AND (o.id IS NULL OR o.state NOT IN ('failed', 'expired') OR "
        "o.maybe_sent = 1) "
        "ORDER BY s.domain, s.id",
        {alert}, [&](const Row& row) {
            out.push_back({SubscriberId(row.integer(0)), ListId(row.integer(1)), row.text(2)});
        });
    return out;
}

}  // namespace tocsin::store
