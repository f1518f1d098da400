#include "store/migrate.h"

#include <gtest/gtest.h>

#include "store/store.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

const Time kNow = from_ms(1'700'000'000'000);

std::vector<Migration> up_to(std::int64_t version) {
    auto all = embedded_migrations();
    all.resize(static_cast<std::size_t>(version));
    return all;
}

TEST(Migrate, AreNumberedFromOneWithoutGaps) {
    const auto all = embedded_migrations();
    ASSERT_GE(all.size(), 4U);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].version, static_cast<std::int64_t>(i) + 1);
        EXPECT_FALSE(all[i].sql.empty());
    }
}

class MigrateEach : public EachEngine {};
INSTANTIATE_TEST_SUITE_P(Each, MigrateEach, kEngines, engine_name);

TEST_P(MigrateEach, FromEmptyAndAgainDoesNothing) {
    auto db = database_->connect();
    const auto all = embedded_migrations();
    ASSERT_TRUE(migrate(*db, all, kNow));
    EXPECT_EQ(schema_version(*db), all.back().version);
    ASSERT_TRUE(migrate(*db, all, kNow + Seconds(1)));
    EXPECT_EQ(db->first("SELECT COUNT(*) FROM schema WHERE applied_at = $1", {kNow})->integer(0),
              static_cast<std::int64_t>(all.size()));
}

// Each engine's own list of what there is.
constexpr std::string_view kTablesSqlite =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
constexpr std::string_view kTablesPostgres =
    "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()";
constexpr std::string_view kColumnsSqlite = "SELECT name, type FROM pragma_table_info($1)";
constexpr std::string_view kColumnsPostgres =
    "SELECT column_name, data_type FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND table_name = $1";

// Puts a row into every table that there is, whatever its columns: what a database in use has.
std::int64_t fill_every_table(Database& db) {
    const bool sqlite = db.engine() == Engine::Sqlite;
    std::int64_t filled = 0;
    for (const Row& table : db.query(sqlite ? kTablesSqlite : kTablesPostgres)) {
        if (table.text(0) == "schema") {
            continue;
        }
        std::string columns;
        std::string values;
        std::vector<Param> params;
        for (const Row& column :
             db.query(sqlite ? kColumnsSqlite : kColumnsPostgres, {table.text(0)})) {
            const std::string& type = column.text(1);
            params.emplace_back(type == "TEXT" || type == "text"    ? Param("text")
                                : type == "BLOB" || type == "bytea" ? Param(Blob{"bytes"})
                                                                    : Param(1));
            columns += (columns.empty() ? "" : ", ") + column.text(0);
            values += fmt::format("{}${}", values.empty() ? "" : ", ", params.size());
        }
        db.execute("INSERT INTO " + table.text(0) + " (" + columns + ") VALUES (" + values + ")",
                   params);
        ++filled;
    }
    return filled;
}

TEST_P(MigrateEach, FromEveryEarlierVersionWithDataInIt) {
    const auto all = embedded_migrations();
    for (std::int64_t version = 1; version <= all.back().version; ++version) {
        const TestDatabase database(GetParam());
        auto db = database.connect();
        ASSERT_TRUE(migrate(*db, up_to(version), kNow));
        EXPECT_EQ(schema_version(*db), version);
        const std::int64_t filled = fill_every_table(*db);
        ASSERT_GT(filled, 0);
        const Status migrated = migrate(*db, all, kNow);
        ASSERT_TRUE(migrated) << migrated.error().message();
        EXPECT_EQ(schema_version(*db), all.back().version);
        EXPECT_EQ(db->first("SELECT COUNT(*) FROM subscriber")->integer(0), 1);
        if (version < all.back().version) {  // new ids are above all that there were
            db->execute(
                "INSERT INTO list (slug, name, description, created_at) VALUES ('s', '', '', 0)",
                {});
        }
    }
}

TEST_P(MigrateEach, AFailingOneLeavesTheVersionBefore) {
    auto db = database_->connect();
    auto all = embedded_migrations();
    ASSERT_TRUE(migrate(*db, all, kNow));
    const std::int64_t version = schema_version(*db);
    all.push_back({version + 1, "broken", "CREATE TABLE half (id BIGINT); CREATE TABEL oops;"});
    EXPECT_THROW((void)migrate(*db, all, kNow), DatabaseFailure);
    EXPECT_EQ(schema_version(*db), version);
    EXPECT_THROW(db->query("SELECT 1 FROM half"), DatabaseFailure);
    EXPECT_FALSE(db->in_transaction());
}

TEST_P(MigrateEach, RefusesADatabaseOfANewerProgram) {
    const FakeClock clock;
    {
        auto db = database_->connect();
        ASSERT_TRUE(migrate(*db, embedded_migrations(), kNow));
        db->execute("INSERT INTO schema (version, name, applied_at) VALUES (9999, 'later', 1)", {});
    }
    const auto opened = Store::open(database_->url(), clock);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind(), ErrorKind::Conflict);
    EXPECT_NE(opened.error().message().find("newer Tocsin"), std::string::npos);
}

// Programs of three versions, the newest of which only adds.
TEST_P(MigrateEach, ProgramsDownToTheFloorMayRunBeside) {
    auto db = database_->connect();
    const auto old = embedded_migrations();
    const std::int64_t version = old.back().version;
    ASSERT_TRUE(migrate(*db, old, kNow));
    const std::int64_t floor = schema_floor(*db);
    EXPECT_LE(floor, version);
    auto added = old;
    added.push_back(
        {version + 1, "added", "-- compatible: a table more\nCREATE TABLE a (x BIGINT)"});
    added.push_back({version + 2, "more", "-- compatible: and more\nCREATE TABLE b (x BIGINT)"});
    ASSERT_TRUE(migrate(*db, added, kNow));
    EXPECT_EQ(schema_version(*db), version + 2);
    EXPECT_EQ(schema_floor(*db), floor);
    EXPECT_TRUE(migrate(*db, old, kNow));
    EXPECT_EQ(migrate(*db, up_to(floor - 1), kNow).error().kind(), ErrorKind::Conflict);

    auto changed = added;
    changed.push_back({version + 3, "changed", "DROP TABLE a"});
    ASSERT_TRUE(migrate(*db, changed, kNow));
    EXPECT_EQ(schema_floor(*db), version + 3);
    const Status refused = migrate(*db, added, kNow);
    EXPECT_EQ(refused.error().message(),
              fmt::format("the database is from a newer Tocsin (its version is {0}, for programs "
                          "that know {0}; this one knows up to {1}): install the newer program",
                          version + 3, version + 2));
}

// SQLite's lock lets in one program only; on PostgreSQL they take turns.
TEST(Migrate, TwoAtOnceTakeTurns) {
    if (!PostgresServer::shared().running()) {
        GTEST_SKIP() << PostgresServer::shared().why_not();
    }
    const TestDatabase database(Engine::Postgres);
    constexpr int kPrograms = 4;
    std::vector<Status> done(kPrograms);
    std::vector<std::thread> programs;
    for (Status& status : done) {
        programs.emplace_back([&database, &status] {
            auto db = database.connect();
            status = migrate(*db, embedded_migrations(), kNow);
        });
    }
    for (std::thread& program : programs) {
        program.join();
    }
    for (const Status& status : done) {
        EXPECT_TRUE(status) << status.error().message();
    }
    EXPECT_EQ(database.connect()->first("SELECT COUNT(*) FROM schema")->integer(0),
              static_cast<std::int64_t>(embedded_migrations().size()));
}

}  // namespace
}  // namespace tocsin::store
