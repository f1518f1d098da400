#include "store/migrate.h"

#include <gtest/gtest.h>

#include "store/sqlite.h"
#include "store/store.h"
#include "store/temp_folder.h"

namespace tocsin::store {
namespace {

const Time kNow = from_ms(1'700'000'000'000);

std::unique_ptr<Sqlite> open_memory() {
    return *Sqlite::open(":memory:");
}

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

TEST(Migrate, FromEmptyAndAgainDoesNothing) {
    auto db = open_memory();
    const auto all = embedded_migrations();
    ASSERT_TRUE(migrate(*db, all, kNow));
    EXPECT_EQ(schema_version(*db), all.back().version);
    ASSERT_TRUE(migrate(*db, all, kNow + Seconds(1)));
    EXPECT_EQ(db->first("SELECT COUNT(*) FROM schema WHERE applied_at = $1", {kNow})->integer(0),
              static_cast<std::int64_t>(all.size()));
}

// Puts rows into every table that there is, whatever its columns: what a database in use has.
std::int64_t fill_every_table(Sqlite& db) {
    std::int64_t filled = 0;
    for (const Row& table : db.query("SELECT name FROM sqlite_master WHERE type = 'table'", {})) {
        if (table.text(0) == "schema") {
            continue;
        }
        std::string columns;
        std::string values;
        for (const Row& column :
             db.query("SELECT name, type, pk FROM pragma_table_info($1)", {table.text(0)})) {
            columns += (columns.empty() ? "" : ", ") + column.text(0);
            values += values.empty() ? "" : ", ";
            values += column.text(1) == "TEXT"   ? "'text'"
                      : column.text(1) == "BLOB" ? "X'00'"
                                                 : "1";
        }
        db.script("INSERT INTO " + table.text(0) + " (" + columns + ") VALUES (" + values + ")");
        ++filled;
    }
    return filled;
}

TEST(Migrate, FromEveryEarlierVersionWithDataInIt) {
    const auto all = embedded_migrations();
    for (std::int64_t version = 1; version <= all.back().version; ++version) {
        auto db = open_memory();
        ASSERT_TRUE(migrate(*db, up_to(version), kNow));
        EXPECT_EQ(schema_version(*db), version);
        const std::int64_t filled = fill_every_table(*db);
        ASSERT_GT(filled, 0);
        const Status migrated = migrate(*db, all, kNow);
        ASSERT_TRUE(migrated) << migrated.error().message();
        EXPECT_EQ(schema_version(*db), all.back().version);
        EXPECT_EQ(db->first("SELECT COUNT(*) FROM subscriber")->integer(0), 1);
    }
}

TEST(Migrate, AFailingOneLeavesTheVersionBefore) {
    auto db = open_memory();
    auto all = embedded_migrations();
    ASSERT_TRUE(migrate(*db, all, kNow));
    const std::int64_t version = schema_version(*db);
    all.push_back({version + 1, "broken", "CREATE TABLE half (id BIGINT); CREATE TABEL oops;"});
    EXPECT_THROW((void)migrate(*db, all, kNow), DatabaseFailure);
    EXPECT_EQ(schema_version(*db), version);
    EXPECT_FALSE(db->first("SELECT 1 FROM sqlite_master WHERE name = 'half'"));
    EXPECT_FALSE(db->in_transaction());
}

TEST(Migrate, RefusesADatabaseOfANewerProgram) {
    TempFolder folder;
    FakeClock clock;
    {
        auto db = *Sqlite::open(folder.file("tocsin.db"));
        ASSERT_TRUE(migrate(*db, embedded_migrations(), kNow));
        db->execute("INSERT INTO schema (version, name, applied_at) VALUES (9999, 'later', 1)", {});
    }
    const auto opened = Store::open(folder.url(), clock);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind(), ErrorKind::Conflict);
    EXPECT_NE(opened.error().message().find("newer Tocsin"), std::string::npos);
}

}  // namespace
}  // namespace tocsin::store
