#include "store/alerts.h"

#include <utility>

#include <fmt/format.h>

#include "store/signals.h"
#include "store/sql_lists.h"

namespace tocsin::store {

namespace {

constexpr std::string_view kAlertColumns =
    "a.id, a.slug, a.kind, a.of_alert, a.state, a.revision_id, a.lists, a.not_after_seconds, "
    "a.at_most_once, a.created_by, a.created_at, a.approved_at, a.released_at, a.stopped_at, "
    "a.finished_at, a.not_after";
constexpr std::size_t kAlertColumnCount = 16;
constexpr std::string_view kRevisionColumns =
    "r.id, r.alert_id, r.number, r.content, r.hash, r.compiled, r.created_by, r.created_at";

// The row's own words for the enums and ids; anything else was not written by Tocsin.
[[noreturn]] void broken(std::string_view what, AlertId id) {
    throw DatabaseFailure(DatabaseFailure::Scope::Statement,
                          fmt::format("alert {} has a broken {}", id.value(), what));
}

std::string lists_json(const std::vector<ListId>& lists) {
    std::string out = "[";
    for (const ListId list : lists) {
        out += (out.size() > 1 ? "," : "") + std::to_string(list.value());
    }
    return out + "]";
}

// "[1,2,3]", as lists_json() writes it.
std::vector<ListId> parse_lists(std::string_view text, AlertId id) {
    std::vector<ListId> lists;
    std::int64_t number = 0;
    for (const char c : text) {
        if (c >= '0' && c <= '9') {
            number = number * 10 + (c - '0');
        } else if (c == ',' || c == ']') {
            if (number > 0) {
                lists.emplace_back(number);
            }
            number = 0;
        } else if (c != '[') {
            broken("list of lists", id);
        }
    }
    return lists;
}

AlertRow read_alert(const Row& row) {
    AlertRow alert;
    alert.id = AlertId(row.integer(0));
    alert.slug = row.text(1);
    const auto kind = model::parse_alert_kind(row.text(2));
    const auto state = model::parse_alert_state(row.text(4));
    if (!kind || !state) {
        broken("kind or state", alert.id);
    }
    alert.kind = *kind;
    alert.of = AlertId(row.maybe_integer(3).value_or(0));
    alert.state = *state;
    alert.revision = RevisionId(row.integer(5));
    alert.lists = parse_lists(row.text(6), alert.id);
    alert.not_after_seconds = Seconds(row.integer(7));
    alert.repeat = row.boolean(8) ? model::Repeat::AtMostOnce : model::Repeat::Resend;
    alert.created_by = row.text(9);
    alert.created_at = row.time(10);
    alert.approved_at = row.maybe_time(11);
    alert.released_at = row.maybe_time(12);
    alert.stopped_at = row.maybe_time(13);
    alert.finished_at = row.maybe_time(14);
    alert.not_after = row.maybe_time(15);
    return alert;
}

RevisionRow read_revision(const Row& row, std::size_t first) {
    RevisionRow revision;
    revision.id = RevisionId(row.integer(first));
    revision.alert = AlertId(row.integer(first + 1));
    revision.number = row.integer(first + 2);
    revision.content = row.text(first + 3);
    revision.hash = row.blob(first + 4);
    if (!row.is_null(first + 5)) {
        revision.compiled = row.blob(first + 5);
    }
    revision.created_by = row.text(first + 6);
    revision.created_at = row.time(first + 7);
    return revision;
}

std::vector<FullAlert> select_full(Database& db, std::string_view rest,
                                   const std::vector<Param>& params) {
    const std::string sql =
        fmt::format("SELECT {}, {} FROM alert a JOIN revision r ON r.id = a.revision_id {}",
                    kAlertColumns, kRevisionColumns, rest);
    std::vector<FullAlert> found;
    for (const Row& row : db.query(sql, params)) {
        FullAlert full;
        full.alert = read_alert(row);
        full.revision = read_revision(row, kAlertColumnCount);
        Result<model::AlertContent> content = model::parse_content(full.revision.content);
        if (!content || model::content_hash(full.revision.content) != full.revision.hash) {
            broken("revision", full.alert.id);
        }
        full.content = std::move(*content);
        found.push_back(std::move(full));
    }
    return found;
}

std::optional<FullAlert> first_full(Database& db, std::string_view rest,
                                    const std::vector<Param>& params) {
    std::vector<FullAlert> found = select_full(db, rest, params);
    if (found.empty()) {
        return std::nullopt;
    }
    return std::move(found.front());
}

std::string free_slug(Database& db, std::string_view headline, AlertId own) {
    const std::string base = model::slug_of(headline);
    std::string slug = base;
    // Every taken name raises the number; the loop ends because alerts are finite.
    for (int number = 2;; ++number) {
        const auto taken = db.first("SELECT id FROM alert WHERE slug = $1", {slug});
        if (!taken || taken->integer(0) == own.value()) {
            return slug;
        }
        slug = fmt::format("{}-{}", base, number);
    }
}

RevisionId add_revision(Database& db, AlertId id, const NewRevision& revision) {
    const std::string content = model::canonical_json(revision.content);
    const auto row = db.first(
        "INSERT INTO revision (alert_id, number, content, hash, created_by, created_at) "
        "SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4, $5 FROM revision WHERE alert_id = $1 "
        "RETURNING id",
        {id, content, Blob{model::content_hash(content)}, revision.created_by, revision.at});
    return RevisionId(row->integer(0));
}

Param optional_id(AlertId id) {
    return id.valid() ? Param(id) : Param(nullptr);
}

// Copies what the alert row repeats of its newest revision.
void point_alert_at(Database& db, AlertId id, RevisionId revision,
                    const model::AlertContent& content) {
    db.execute(
        "UPDATE alert SET revision_id = $2, slug = $3, kind = $4, of_alert = $5, lists = $6, "
        "not_after_seconds = $7, at_most_once = $8, state = $9, approved_at = NULL WHERE id = $1",
        {id, revision, free_slug(db, content.headline, id), model::to_string(content.kind),
         optional_id(content.of), lists_json(content.lists), content.not_after.count(),
         content.repeat == model::Repeat::AtMostOnce, model::to_string(model::AlertState::Draft)});
}

}  // namespace

std::optional<AlertRow> find_alert(Database& db, AlertId id) {
    const auto row =
        db.first(fmt::format("SELECT {} FROM alert a WHERE a.id = $1", kAlertColumns), {id});
    if (!row) {
        return std::nullopt;
    }
    return read_alert(*row);
}

std::optional<FullAlert> find_full_alert(Database& db, AlertId id) {
    return first_full(db, "WHERE a.id = $1", {id});
}

std::optional<RevisionRow> find_revision(Database& db, RevisionId id) {
    const auto row =
        db.first(fmt::format("SELECT {} FROM revision r WHERE r.id = $1", kRevisionColumns), {id});
    if (!row) {
        return std::nullopt;
    }
    return read_revision(*row, 0);
}

std::optional<FullAlert> find_public_alert(Database& db, std::string_view slug) {
    return first_full(db, "WHERE a.slug = $1 AND a.released_at IS NOT NULL", {slug});
}

std::vector<FullAlert> list_released(Database& db, std::size_t limit) {
    return select_full(db,
                       "WHERE a.released_at IS NOT NULL "
                       "ORDER BY a.released_at DESC, a.id DESC LIMIT $1",
                       {static_cast<std::uint64_t>(limit)});
}

std::vector<FullAlert> list_followers(Database& db, AlertId id) {
    return select_full(db,
                       "WHERE a.of_alert = $1 AND a.released_at IS NOT NULL "
                       "ORDER BY a.released_at, a.id",
                       {id});
}

std::vector<FullAlert> list_alerts(Database& db, AlertId before, std::size_t limit) {
    const auto count = static_cast<std::uint64_t>(limit);
    if (!before.valid()) {
        return select_full(db, "ORDER BY a.id DESC LIMIT $1", {count});
    }
    return select_full(db, "WHERE a.id < $1 ORDER BY a.id DESC LIMIT $2", {before, count});
}

std::vector<AlertRow> list_alerts_in_state(Database& db, model::AlertState state) {
    std::vector<AlertRow> found;
    const std::string sql =
        fmt::format("SELECT {} FROM alert a WHERE a.state = $1 ORDER BY a.id", kAlertColumns);
    for (const Row& row : db.query(sql, {model::to_string(state)})) {
        found.push_back(read_alert(row));
    }
    return found;
}

std::vector<ApprovalRow> list_approvals(Database& db, RevisionId revision) {
    std::vector<ApprovalRow> found;
    for (const Row& row : db.query("SELECT hash, approved_by, approved_at FROM approval "
                                   "WHERE revision_id = $1 ORDER BY id",
                                   {revision})) {
        found.push_back(ApprovalRow{row.blob(0), row.text(1), row.time(2)});
    }
    return found;
}

std::uint64_t count_audience(Database& db, const model::AudienceLists& lists) {
    if (lists.include.empty()) {
        return 0;
    }
    std::vector<Param> params;
    const std::string chosen = in_audience(params, lists);
    return static_cast<std::uint64_t>(
        db.first("SELECT COUNT(DISTINCT x.subscriber_id) FROM subscription x WHERE " + chosen,
                 params)
            ->integer(0));
}

std::vector<ListName> find_list_names(Database& db, const std::vector<ListId>& lists) {
    std::vector<ListName> found;
    for (const ListId list : lists) {
        const auto row = db.first("SELECT slug, name FROM list WHERE id = $1", {list});
        if (row) {
            found.push_back(ListName{list, row->text(0), row->text(1)});
        }
    }
    return found;
}

std::vector<ListName> list_all_names(Database& db) {
    std::vector<ListName> found;
    for (const Row& row : db.query("SELECT id, slug, name FROM list ORDER BY id LIMIT 1000")) {
        found.push_back(ListName{ListId(row.integer(0)), row.text(1), row.text(2)});
    }
    return found;
}

AlertId insert_alert(Database& db, const NewRevision& revision) {
    const model::AlertContent& content = revision.content;
    const auto row = db.first(
        "INSERT INTO alert (slug, kind, of_alert, state, revision_id, lists, not_after_seconds, "
        "at_most_once, created_by, created_at) "
        "VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9) RETURNING id",
        {free_slug(db, content.headline, AlertId()), model::to_string(content.kind),
         optional_id(content.of), model::to_string(model::AlertState::Draft),
         lists_json(content.lists), content.not_after.count(),
         content.repeat == model::Repeat::AtMostOnce, revision.created_by, revision.at});
    const AlertId id(row->integer(0));
    point_alert_at(db, id, add_revision(db, id, revision), content);
    return id;
}

RevisionId insert_revision(Database& db, AlertId id, const NewRevision& revision) {
    const RevisionId added = add_revision(db, id, revision);
    point_alert_at(db, id, added, revision.content);
    return added;
}

void insert_approval(Database& db, RevisionId revision, const ApprovalRow& approval) {
    db.execute(
        "INSERT INTO approval (revision_id, hash, approved_by, approved_at) "
        "VALUES ($1, $2, $3, $4)",
        {revision, Blob{approval.hash}, approval.approved_by, approval.approved_at});
}

void set_approved(Database& db, AlertId id, RevisionId revision, const std::string& compiled,
                  Time at) {
    db.execute("UPDATE revision SET compiled = $2 WHERE id = $1", {revision, Blob{compiled}});
    db.execute("UPDATE alert SET state = $2, approved_at = $3 WHERE id = $1",
               {id, model::to_string(model::AlertState::Approved), at});
}

void cancel_approval(Database& db, AlertId id) {
    db.execute(
        "DELETE FROM approval WHERE revision_id = (SELECT revision_id FROM alert WHERE id = $1)",
        {id});
    db.execute(
        "UPDATE revision SET compiled = NULL "
        "WHERE id = (SELECT revision_id FROM alert WHERE id = $1)",
        {id});
    db.execute("UPDATE alert SET state = $2, approved_at = NULL WHERE id = $1",
               {id, model::to_string(model::AlertState::Draft)});
}

void set_released(Database& db, AlertId id, const Release& release) {
    db.execute(
        "UPDATE revision SET compiled = $2 "
        "WHERE id = (SELECT revision_id FROM alert WHERE id = $1)",
        {id, Blob{release.compiled}});
    db.execute("UPDATE alert SET state = $2, released_at = $3, not_after = $4 WHERE id = $1",
               {id, model::to_string(model::AlertState::Released), release.at, release.not_after});
    db.signal(topic::kReleased, id.value());
}

bool set_stopped(Database& db, AlertId id, Time at) {
    const bool stopped =
        db.execute("UPDATE alert SET state = $2, stopped_at = $3 WHERE id = $1 AND state = $4",
                   {id, model::to_string(model::AlertState::Stopped), at,
                    model::to_string(model::AlertState::Released)}) == 1;
    if (stopped) {
        db.signal(topic::kStopped, id.value());
    }
    return stopped;
}

bool set_finished(Database& db, AlertId id, Time at) {
    return db.execute("UPDATE alert SET state = $2, finished_at = $3 WHERE id = $1 AND state = $4",
                      {id, model::to_string(model::AlertState::Finished), at,
                       model::to_string(model::AlertState::Released)}) == 1;
}

std::optional<IdempotentAnswer> find_idempotent(Database& db, std::string_view scope,
                                                std::string_view key) {
    const auto row = db.first(
        "SELECT request_hash, status, response FROM idempotency WHERE scope = $1 AND key = $2",
        {scope, key});
    if (!row) {
        return std::nullopt;
    }
    return IdempotentAnswer{row->blob(0), static_cast<int>(row->integer(1)), row->text(2)};
}

void insert_idempotent(Database& db, std::string_view scope, std::string_view key,
                       const IdempotentAnswer& answer, Time at) {
    db.execute(
        "INSERT INTO idempotency (scope, key, request_hash, status, response, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        {scope, key, Blob{answer.request_hash}, answer.status, answer.response, at});
}

void prune_idempotent(Database& db, Time before) {
    db.execute("DELETE FROM idempotency WHERE created_at < $1", {before});
}

}  // namespace tocsin::store
