#include "store/postgres_values.h"

#include <gtest/gtest.h>

#include "store/test_database.h"

namespace tocsin::store {
namespace {

using namespace std::string_view_literals;

// What the server itself makes of it.
class PostgresValues : public testing::Test {
  protected:
    void SetUp() override {
        if (!PostgresServer::shared().running()) {
            GTEST_SKIP() << PostgresServer::shared().why_not();
        }
        database_ = std::make_unique<TestDatabase>(Engine::Postgres);
        db_ = database_->connect();
    }
    Row answer(const std::string& sql) { return *db_->first(sql); }

    std::unique_ptr<TestDatabase> database_;
    std::unique_ptr<Connection> db_;
};

TEST_F(PostgresValues, WholeNumbersOfEveryWidth) {
    const Row row = answer(
        "SELECT CAST(-7 AS SMALLINT), 2147483647, CAST(-9223372036854775808 AS BIGINT), true, "
        "false, NULL, CAST(1.5 AS DOUBLE PRECISION)");
    EXPECT_EQ(row.integer(0), -7);
    EXPECT_EQ(row.integer(1), 2'147'483'647);
    EXPECT_EQ(row.integer(2), INT64_MIN);
    EXPECT_TRUE(row.boolean(3));
    EXPECT_FALSE(row.boolean(4));
    EXPECT_TRUE(row.is_null(5));
    EXPECT_EQ(row.real(6), 1.5);
}

TEST_F(PostgresValues, SumsAreWholeNumbers) {
    for (const std::int64_t number :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{9'999},
          std::int64_t{10'000}, std::int64_t{-120'000'000}, std::int64_t{123'456'789'012},
          INT64_MAX, INT64_MIN}) {
        EXPECT_EQ(answer(fmt::format("SELECT CAST({} AS NUMERIC)", number)).integer(0), number);
    }
}

TEST_F(PostgresValues, WhatIsNoWholeNumberOrNoVerbsTypeIsRefused) {
    for (const char* sql :
         {"SELECT 1.5", "SELECT 9223372036854775808", "SELECT -9223372036854775809",
          "SELECT CAST('NaN' AS NUMERIC)", "SELECT 1e30", "SELECT CURRENT_DATE"}) {
        EXPECT_THROW(answer(sql), DatabaseFailure) << sql;
        EXPECT_EQ(answer("SELECT 1").integer(0), 1);  // and the connection goes on
    }
}

TEST_F(PostgresValues, NullsMayComeFirstAndValuesLater) {
    db_->script("CREATE TABLE t (a BIGINT, b BLOB, c TEXT)");
    const std::string sql = "INSERT INTO t (a, b, c) VALUES ($1, $2, $3)";
    db_->execute(sql, {nullptr, nullptr, nullptr});
    db_->execute(sql, {5, Blob{"\0x"}, "text"});
    db_->execute(sql, {nullptr, Blob{}, ""});
    EXPECT_EQ(db_->first("SELECT COUNT(*) FROM t WHERE b IS NULL")->integer(0), 1);
    EXPECT_THROW(db_->execute(sql, {"five", nullptr, nullptr}), DatabaseFailure);
    EXPECT_EQ(db_->first("SELECT COUNT(*) FROM t")->integer(0), 3);
}

TEST_F(PostgresValues, TextThatIsNoUtf8IsRefused) {
    db_->script("CREATE TABLE t (c TEXT)");
    EXPECT_THROW(db_->execute("INSERT INTO t (c) VALUES ($1)", {"\xE4"}), DatabaseFailure);
    EXPECT_THROW(db_->execute("INSERT INTO t (c) VALUES ($1)", {"a\0b"sv}), DatabaseFailure);
}

TEST_F(PostgresValues, OnlyChangedRowsAreCounted) {
    db_->script("CREATE TABLE t (a BIGINT PRIMARY KEY)");
    EXPECT_EQ(db_->execute("INSERT INTO t (a) VALUES (1), (2), (3)", {}), 3);
    EXPECT_EQ(db_->execute("INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO NOTHING", {}), 0);
    EXPECT_EQ(db_->execute("UPDATE t SET a = a + 10 WHERE a > 1", {}), 2);
    EXPECT_EQ(db_->execute("SELECT a FROM t", {}), 0);
    EXPECT_EQ(db_->execute("DELETE FROM t", {}), 3);
}

TEST_F(PostgresValues, AMoreThanLargeAnswerIsStreamed) {
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    db_->for_each("SELECT n, repeat('x', 1000) FROM generate_series(1, $1) AS n", {200'000},
                  [&](const Row& row) {
                      ++rows;
                      EXPECT_EQ(row.integer(0), rows);
                      bytes += static_cast<std::int64_t>(row.text(1).size());
                  });
    EXPECT_EQ(rows, 200'000);
    EXPECT_EQ(bytes, 200'000'000);
}

TEST_F(PostgresValues, WhatTheCallerThrowsInTheMiddleGoesThrough) {
    const auto stop = [](const Row& row) {
        if (row.integer(0) == 3) {
            throw std::runtime_error("enough");
        }
    };
    EXPECT_THROW(db_->for_each("SELECT n FROM generate_series(1, 1000) AS n", {}, stop),
                 std::runtime_error);
    EXPECT_EQ(answer("SELECT 1").integer(0), 1);
}

}  // namespace
}  // namespace tocsin::store
