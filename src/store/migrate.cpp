#include "store/migrate.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/log.h"
#include "store/dialect.h"

namespace tocsin::store {

namespace {

struct Entry {
    const char* name;
    const char* begin;
    const char* end;
};

extern "C" const Entry tocsin_migrations[];  // ends with nulls; made by embed_assets.cmake

constexpr std::string_view kCreateSchemaTable =
    "CREATE TABLE IF NOT EXISTS schema ("
    "version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)";

// Behind the name, in the table `schema`.
constexpr std::string_view kCompatible = " (compatible)";

void apply(Database& database, const Migration& migration, Time now) {
    database.script(migration.sql);
    const std::string_view raise = raise_identities(database.engine());
    if (!raise.empty()) {
        database.script(raise);
    }
    database.execute(
        "INSERT INTO schema (version, name, applied_at) VALUES ($1, $2, $3)",
        {migration.version, migration.name + std::string(migration.compatible() ? kCompatible : ""),
         now});
}

struct Progress {
    std::int64_t found = 0;              // the version before
    const Migration* applied = nullptr;  // null: nothing was missing
};

// Inside a transaction.
Result<Progress> apply_next(Database& database, const std::vector<Migration>& migrations,
                            Time now) {
    const std::string_view lock = lock_migrations(database.engine());
    if (!lock.empty()) {
        database.execute(lock);
    }
    const std::int64_t version = schema_version(database);
    const std::int64_t newest = migrations.empty() ? 0 : migrations.back().version;
    if (version > newest) {
        const std::int64_t floor = schema_floor(database);
        if (floor > newest) {
            return conflict(fmt::format(
                "the database is from a newer Tocsin (its version is {}, for programs that know "
                "{}; this one knows up to {}): install the newer program",
                version, floor, newest));
        }
        log_info("the database is newer (version {}) than this program, which may use it", version);
    }
    const auto next = std::ranges::upper_bound(migrations, version, {}, &Migration::version);
    if (next == migrations.end()) {
        return Progress{version, nullptr};
    }
    apply(database, *next, now);
    return Progress{version, &*next};
}

}  // namespace

std::vector<Migration> embedded_migrations() {
    std::vector<Migration> out;
    for (const Entry* entry = tocsin_migrations; entry->name != nullptr; ++entry) {
        Migration migration;
        migration.name = entry->name;
        CHECK(migration.name.ends_with(".sql"));
        migration.name.resize(migration.name.size() - 4);
        const char* digits = migration.name.c_str();
        std::from_chars(digits, digits + migration.name.size(), migration.version);
        migration.sql =
            std::string_view(entry->begin, static_cast<std::size_t>(entry->end - entry->begin));
        out.push_back(std::move(migration));
        CHECK(out.back().version == static_cast<std::int64_t>(out.size()));
    }
    return out;
}

std::int64_t schema_version(Database& database) {
    database.execute(kCreateSchemaTable);
    return database.query("SELECT COALESCE(MAX(version), 0) FROM schema").front().integer(0);
}

std::int64_t schema_floor(Database& database) {
    return database
        .first("SELECT COALESCE(MAX(version), 0) FROM schema WHERE name NOT LIKE '%(compatible)'")
        ->integer(0);
}

Status migrate(Connection& database, const std::vector<Migration>& migrations, Time now) {
    std::optional<std::int64_t> was;
    for (;;) {
        Progress progress;
        database.begin();
        try {
            const Result<Progress> next = apply_next(database, migrations, now);
            if (!next) {
                database.rollback();
                return next.error();
            }
            database.commit();
            progress = *next;
        } catch (...) {
            database.rollback();
            throw;
        }
        was = was.value_or(progress.found);
        if (progress.applied == nullptr) {
            return {};
        }
        if (*was > 0) {
            log_info("database migrated to version {} ({})", progress.applied->version,
                     progress.applied->name);
        }
    }
}

}  // namespace tocsin::store
