#include "store/copy_open.h"

#include <algorithm>
#include <filesystem>

#include "store/copy_tables.h"
#include "store/migrate.h"
#include "store/nodes.h"
#include "store/postgres.h"
#include "store/postgres_url.h"
#include "store/sqlite.h"

namespace tocsin::store {

namespace {

constexpr std::string_view kSqliteScheme = "sqlite:";

std::string_view sqlite_path(std::string_view url) {
    return url.starts_with(kSqliteScheme) ? url.substr(kSqliteScheme.size()) : "";
}

Status check_url(const std::string& url) {
    if (is_postgres_url(url)) {
        return check_postgres_url(url);
    }
    const std::string_view path = sqlite_path(url);
    if (path.empty() || path == ":memory:") {
        // Not quoted: a mistyped URL may hold a password.
        return invalid(
            "a database is named \"sqlite:PATH\", like \"sqlite:/var/lib/tocsin/tocsin.db\", or "
            "\"postgresql://USER:PASSWORD@HOST/DATABASE\"");
    }
    return {};
}

Result<CopyEnd> open_postgres(const std::string& url) {
    CopyEnd end;
    end.shown = shown_postgres_url(url);
    TRY_AS(end.db, Postgres::open(url, Postgres::Use::Beside));
    const std::string schema = end.db->first("SELECT current_schema()")->text(0);
    end.identity = fmt::format("{}?schema={}", end.shown, schema);
    return end;
}

CopyEnd sqlite_end(std::unique_ptr<Connection> db, const std::string& path) {
    std::error_code failed;
    const std::filesystem::path whole = std::filesystem::weakly_canonical(path, failed);
    CopyEnd end;
    end.db = std::move(db);
    end.shown = path;
    end.identity = fmt::format("sqlite:{}", failed ? path : whole.string());
    return end;
}

Result<CopyEnd> open_sqlite_source(const std::string& path, CopyRequest::Source source) {
    std::error_code failed;
    if (!std::filesystem::exists(path, failed)) {
        return not_found(fmt::format("there is no database {}", path));
    }
    if (source == CopyRequest::Source::File) {
        TRY_AS(std::unique_ptr<Connection> db, Sqlite::open_to_read(path));
        return sqlite_end(std::move(db), path);
    }
    TRY_AS(std::unique_ptr<Connection> db, Sqlite::open(path));
    return sqlite_end(std::move(db), path);
}

Status check_version(CopyEnd& end) {
    const std::int64_t version = stored_version(*end.db);
    const std::int64_t known = embedded_migrations().back().version;
    if (version == 0) {
        return invalid(fmt::format("{} holds no data of Tocsin", end.shown));
    }
    if (version < known) {
        return invalid(fmt::format(
            "{} is of version {}, this program's is {}: let this program's `tocsin serve` bring "
            "it up to date first",
            end.shown, version, known));
    }
    if (version > known) {
        return invalid(
            fmt::format("{} is of a newer Tocsin (version {}, this program knows up to {}): use "
                        "the newer program",
                        end.shown, version, known));
    }
    return {};
}

bool has_table(const std::vector<std::string>& tables, std::string_view name) {
    return std::ranges::binary_search(tables, name);
}

// What a copy into it has begun; nothing: no copy has.
Result<std::optional<std::string>> begun_from(CopyEnd& target,
                                              const std::vector<std::string>& tables) {
    if (!has_table(tables, kCopyTable)) {
        return std::optional<std::string>();
    }
    const auto row = target.db->first("SELECT source FROM store_copy LIMIT 1");
    return row ? std::optional(row->text(0)) : std::nullopt;
}

Status refuse_rows(CopyEnd& target, const std::vector<std::string>& tables) {
    for (const CopiedTable& table : copied_tables()) {
        if (has_table(tables, table.name) &&
            target.db->first(fmt::format("SELECT 1 FROM {} LIMIT 1", table.name))) {
            return conflict(fmt::format(
                "{} is not empty: there are rows in {}; a copy begins in an empty database, and "
                "one that came to its end is done",
                target.shown, table.name));
        }
    }
    return {};
}

Status check_target(CopyEnd& target, const std::string& source_identity) {
    const std::vector<std::string> tables = table_names(*target.db);
    TRY_AS(const auto begun, begun_from(target, tables));
    if (begun && *begun != source_identity) {
        return conflict(
            fmt::format("{} holds an unfinished copy of {}: finish that one, or empty the database",
                        target.shown, *begun));
    }
    if (!begun) {
        TRY(refuse_rows(target, tables));
    }
    return {};
}

}  // namespace

std::string shown_store_url(const std::string& url) {
    if (is_postgres_url(url)) {
        return shown_postgres_url(url);
    }
    const std::string_view path = sqlite_path(url);
    return path.empty() ? "the database" : std::string(path);
}

Result<CopyEnd> open_copy_source(const std::string& url, CopyRequest::Source source,
                                 const Clock& clock) {
    TRY(check_url(url));
    TRY_AS(CopyEnd end, is_postgres_url(url)
                            ? open_postgres(url)
                            : open_sqlite_source(std::string(sqlite_path(url)), source));
    TRY(check_version(end));
    if (source == CopyRequest::Source::Still) {
        TRY(refuse_living_nodes(end, clock));
    }
    return end;
}

Result<CopyEnd> open_copy_target(const std::string& url, const std::string& source_identity,
                                 const Clock& clock) {
    TRY(check_url(url));
    CopyEnd end;
    if (is_postgres_url(url)) {
        TRY_AS(end, open_postgres(url));
    } else {
        const std::string path(sqlite_path(url));
        TRY_AS(std::unique_ptr<Connection> db, Sqlite::open(path));
        end = sqlite_end(std::move(db), path);
        // An index on random keys is written all over: with more of it in memory, less often.
        end.db->script("PRAGMA cache_size=-65536");
    }
    if (end.identity == source_identity) {
        return invalid("the source and the target are the same database");
    }
    TRY(check_target(end, source_identity));
    const Status migrated = migrate(*end.db, embedded_migrations(), clock.now());
    if (!migrated) {
        return migrated.error().with_context(end.shown);
    }
    TRY(refuse_living_nodes(end, clock));
    return end;
}

Status refuse_living_nodes(CopyEnd& end, const Clock& clock) {
    if (end.db->engine() == Engine::Sqlite) {
        return {};  // the file's lock is ours
    }
    for (const NodeView& node : load_nodes(*end.db, database_now(*end.db, clock.now()))) {
        if (node.alive) {
            return conflict(fmt::format(
                "{} is in use by the node \"{}\": stop it first (one that was killed counts as "
                "running for {} seconds)",
                end.shown, node.row.name, kNodeSilence.count() / 1000));
        }
    }
    return {};
}

Status compare_columns(CopyEnd& source, CopyEnd& target) {
    for (const CopiedTable& table : copied_tables()) {
        if (column_names(*source.db, table.name) != column_names(*target.db, table.name)) {
            return invalid(fmt::format("the table {} has other columns in {} than in {}",
                                       table.name, source.shown, target.shown));
        }
    }
    return {};
}

}  // namespace tocsin::store
