#include "store/copy_tables.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace tocsin::store {

namespace {

std::vector<std::string> texts(Database& db, const std::string& sql,
                               const std::vector<Param>& params) {
    std::vector<std::string> out;
    db.for_each(sql, params, [&out](const Row& row) { out.push_back(row.text(0)); });
    return out;
}

bool is_sqlite(const Database& db) {
    return db.engine() == Engine::Sqlite;
}

// A table's rows have numbers of their own if its key is one column that the engine fills.
bool is_numbered(const CopiedTable& table) {
    return table.key.size() == 1;
}

constexpr std::string_view kSequence = "pg_get_serial_sequence($1, $2)";

}  // namespace

std::span<const CopiedTable> copied_tables() {
    static const std::vector<CopiedTable> kTables = {
        {"list", {"id"}},
        {"subscriber", {"id"}},
        {"subscription", {"subscriber_id", "list_id"}},
        {"purpose", {"subscriber_id", "purpose"}},
        {"reader_terms", {"subscriber_id"}},
        {"muted_story", {"subscriber_id", "story_id"}},
        {"reader_day", {"subscriber_id", "day", "alert_id"}},
        {"held_alert", {"subscriber_id", "alert_id"}},
        {"digest_story", {"subscriber_id", "alert_id"}},
        {"suppression", {"address_hmac"}},
        {"consent_wording", {"hash"}},
        {"consent_event", {"seq"}},
        {"consent_head", {"id"}},
        {"consent_detail", {"seq"}},
        {"consent_origin", {"seq"}},
        {"consent_node", {"level", "idx"}},
        {"consent_checkpoint", {"size"}},
        {"mail_budget", {"address_hmac"}},
        {"signup_day", {"day"}},
        {"outbox", {"id"}},
        {"import_job", {"id"}},
        {"alert", {"id"}},
        {"revision", {"id"}},
        {"approval", {"id"}},
        {"idempotency", {"scope", "key"}},
        {"audience_chunk", {"alert_id", "partition"}},
        {"partition", {"alert_id", "partition"}},
        {"outcome_batch", {"alert_id", "partition", "seq"}},
        {"alert_clock", {"alert_id"}},
        {"alert_progress", {"alert_id", "node_id"}},
        {"desk_user", {"id"}},
        {"desk_link", {"token_hash"}},
        {"desk_session", {"token_hash"}},
        {"api_token", {"id"}},
        {"audit", {"id"}},
    };
    return kTables;
}

std::span<const LeftTable> left_tables() {
    static constexpr std::array<LeftTable, 9> kTables = {{
        {"schema", "each database has its own migrations"},
        {"node", "processes of the source"},
        {"node_route", "what they send to"},
        {"signal", "what they told each other"},
        {"pace_bucket", "how fast strangers may sign up at this moment"},
        {"audience_watch", "audiences that a process keeps ready in its memory"},
        {"audience_change", "what changed in these"},
        {kCopyTable, "the copy's own progress"},
    }};
    return kTables;
}

std::vector<std::string> table_names(Database& db) {
    return texts(db,
                 is_sqlite(db) ? "SELECT name FROM sqlite_master WHERE type = 'table' "
                                 "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
                               : "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') "
                                 "AND NOT c.relispartition "
                                 "AND c.relnamespace = CAST(current_schema() AS regnamespace) "
                                 "ORDER BY c.relname COLLATE \"C\"",
                 {});
}

std::vector<std::string> column_names(Database& db, std::string_view table) {
    std::vector<std::string> names =
        texts(db,
              is_sqlite(db) ? "SELECT name FROM pragma_table_info($1)"
                            : "SELECT column_name FROM information_schema.columns "
                              "WHERE table_schema = current_schema() AND table_name = $1",
              {table});
    std::ranges::sort(names);
    return names;
}

std::vector<std::string> primary_key(Database& db, std::string_view table) {
    return texts(db,
                 is_sqlite(db) ? "SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk"
                               : "SELECT k.column_name FROM information_schema.key_column_usage k "
                                 "JOIN information_schema.table_constraints t "
                                 "USING (table_schema, table_name, constraint_name) "
                                 "WHERE k.table_schema = current_schema() AND k.table_name = $1 "
                                 "AND t.constraint_type = 'PRIMARY KEY' "
                                 "ORDER BY k.ordinal_position",
                 {table});
}

std::int64_t stored_version(Database& db) {
    const std::vector<std::string> tables = table_names(db);
    if (!std::ranges::binary_search(tables, "schema")) {
        return 0;
    }
    return db.first("SELECT COALESCE(MAX(version), 0) FROM schema")->integer(0);
}

std::optional<std::int64_t> last_number(Database& db, const CopiedTable& table) {
    if (!is_numbered(table)) {
        return std::nullopt;
    }
    if (is_sqlite(db)) {
        const auto row = db.first("SELECT seq FROM sqlite_sequence WHERE name = $1", {table.name});
        return row ? row->maybe_integer(0) : std::nullopt;
    }
    const auto row =
        db.first(fmt::format("SELECT pg_sequence_last_value(CAST({} AS regclass))", kSequence),
                 {table.name, table.key.front()});
    return row->maybe_integer(0);
}

// SQLite keeps such a number only where the table says AUTOINCREMENT; elsewhere it gives the
// highest there is, plus one.
void raise_number(Database& db, const CopiedTable& table, std::int64_t last) {
    if (!is_sqlite(db)) {
        db.query(fmt::format("SELECT setval(s, GREATEST($3, nextval(s))) FROM "
                             "(SELECT CAST({} AS regclass) AS s) x WHERE s IS NOT NULL",
                             kSequence),
                 {table.name, table.key.front(), last});
        return;
    }
    const bool kept = db.first(
                            "SELECT 1 FROM sqlite_master WHERE name = $1 "
                            "AND sql LIKE '%AUTOINCREMENT%'",
                            {table.name})
                          .has_value();
    if (kept && db.execute("UPDATE sqlite_sequence SET seq = $2 WHERE name = $1",
                           {table.name, last}) == 0) {
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)", {table.name, last});
    }
}

}  // namespace tocsin::store
