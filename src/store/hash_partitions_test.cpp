// docs/CITUS.md, tried on what every PostgreSQL has: the big tables cut by hash of the keys that
// Citus would distribute them by. The verbs of delivery run on it, and EXPLAIN says how many pieces
// each statement reads: one a table, but for those that the page names.
#include <map>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "store/delivery.h"
#include "store/nodes.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

constexpr int kPieces = 4;

struct CutTable {
    std::string name;
    std::string by;
    std::string primary_key;
};

const std::vector<CutTable> kTables = {
    {"audience_chunk", "alert_id", "alert_id, partition"},
    {"partition", "alert_id", "alert_id, partition"},
    {"outcome_batch", "alert_id", "alert_id, partition, seq"},
    {"alert_progress", "alert_id", "alert_id, node_id"},
    {"subscriber", "id", "id"},
    {"subscription", "subscriber_id", "subscriber_id, list_id"},
};

// In place of each table one in pieces, with its columns, key and other indexes.
void cut(Database& db, const CutTable& table) {
    std::vector<std::string> indexes;
    for (const Row& row : db.query("SELECT indexdef FROM pg_indexes WHERE schemaname = "
                                   "current_schema() AND tablename = $1 AND indexdef NOT LIKE "
                                   "'CREATE UNIQUE %'",
                                   {table.name})) {
        indexes.push_back(std::regex_replace(row.text(0), std::regex(" ON \\S+\\."), " ON "));
    }
    db.script(
        fmt::format("CREATE TABLE cut_{0} (LIKE {0} INCLUDING DEFAULTS INCLUDING IDENTITY) "
                    "PARTITION BY HASH ({1}); DROP TABLE {0}; ALTER TABLE cut_{0} RENAME TO {0}; "
                    "ALTER TABLE {0} ADD PRIMARY KEY ({2})",
                    table.name, table.by, table.primary_key));
    for (int piece = 0; piece < kPieces; ++piece) {
        db.script(
            fmt::format("CREATE TABLE {0}_h{1} PARTITION OF {0} "
                        "FOR VALUES WITH (MODULUS {2}, REMAINDER {1})",
                        table.name, piece, kPieces));
    }
    for (const std::string& index : indexes) {
        db.script(index);
    }
}

// Passes everything on, and notes which pieces each statement was busy with.
class Explained final : public Database {
  public:
    explicit Explained(Connection& db) : db_(db) {}
    Engine engine() const override { return db_.engine(); }
    std::int64_t execute(std::string_view sql, const std::vector<Param>& params) override {
        explain(sql, params);
        return db_.execute(sql, params);
    }
    std::vector<Row> query(std::string_view sql, const std::vector<Param>& params) override {
        explain(sql, params);
        return db_.query(sql, params);
    }
    void for_each(std::string_view sql, const std::vector<Param>& params,
                  const std::function<void(const Row&)>& each) override {
        explain(sql, params);
        db_.for_each(sql, params, each);
    }
    void script(std::string_view sql) override { db_.script(sql); }
    void truncate_log() override {}
    void signal(std::string_view, std::int64_t, std::int64_t) override {}

    // The most pieces of one table that a statement since the last call was busy with.
    std::size_t most_pieces() { return std::exchange(most_, 0); }

  private:
    void explain(std::string_view sql, const std::vector<Param>& params) {
        static const std::regex kPiece(" on (\\w+)_h(\\d)\\b");
        std::map<std::string, std::set<std::string>> pieces;
        db_.execute("SAVEPOINT explained", {});
        for (const Row& row :
             db_.query("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) " + std::string(sql),
                       params)) {
            const std::string& line = row.text(0);
            std::smatch found;
            if (line.find("never executed") == std::string::npos &&
                std::regex_search(line, found, kPiece)) {
                pieces[found[1]].insert(found[2]);
            }
        }
        db_.execute("ROLLBACK TO explained", {});
        db_.execute("RELEASE explained", {});
        for (const auto& [table, used] : pieces) {
            most_ = std::max(most_, used.size());
        }
    }

    Connection& db_;
    std::size_t most_ = 0;
};

class HashPartitions : public testing::Test {
  protected:
    static constexpr std::int64_t kAlerts = 8;
    static constexpr std::int64_t kPartitions = 8;

    void SetUp() override {
        if (!PostgresServer::shared().running()) {
            GTEST_SKIP() << PostgresServer::shared().why_not();
        }
        database_ = std::make_unique<TestDatabase>(Engine::Postgres);
        db_ = database_->connect();
        ASSERT_TRUE(migrate(*db_, embedded_migrations(), from_ms(1)));
        for (const CutTable& table : kTables) {
            cut(*db_, table);
        }
        fill();
        // As the planner chooses when the tables are as big as they are meant to be.
        db_->script(
            "ANALYZE; SET plan_cache_mode = force_custom_plan; SET enable_seqscan = off; "
            "SET enable_hashjoin = off; SET enable_mergejoin = off");
        db_->begin();
    }
    void TearDown() override {
        if (db_) {
            db_->rollback();
        }
    }

    void fill() {
        db_->begin();
        for (std::int64_t alert = 1; alert <= kAlerts; ++alert) {
            db_->execute(
                "INSERT INTO alert (id, slug, kind, state, revision_id, lists, not_after_seconds, "
                "at_most_once, created_by, created_at) "
                "VALUES ($1, $2, 'alert', 'released', 1, '[]', 1, 0, '', 1)",
                {alert, std::to_string(alert)});
            for (std::int64_t partition = 0; partition < kPartitions; ++partition) {
                insert_partition(*db_, {.alert = AlertId(alert),
                                        .partition = partition,
                                        .first_ordinal = 0,
                                        .recipients = 10,
                                        .chunk = "chunk",
                                        .domain = ""});
            }
        }
        for (std::int64_t id = 1; id <= 120; ++id) {
            const std::string text = std::to_string(id);
            db_->execute(
                "INSERT INTO subscriber (id, address, address_key, domain, smtputf8, "
                "subject, salt, locale, created_at) "
                "VALUES ($1, $2, $2, 'd', 0, $3, $3, 'en', 1)",
                {id, text, Blob{text}});
            db_->execute(
                "INSERT INTO subscription (subscriber_id, list_id, state, requested_at) "
                "VALUES ($1, 1, 'active', 1)",
                {id});
        }
        db_->commit();
    }

    const AlertId alert_{3};
    const LeaseTerms terms_{.owner = "node", .now = from_ms(1'000), .until = from_ms(16'000)};
    std::unique_ptr<TestDatabase> database_;
    std::unique_ptr<Connection> db_;
};

TEST_F(HashPartitions, OneAlertIsSentFromOnePiece) {
    Explained db(*db_);
    const auto claimed = claim_partition(db, alert_, terms_);
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->chunk, "chunk");
    EXPECT_EQ(db.most_pieces(), 1U) << "claim";
    const auto excluded = claim_partition(db, alert_, terms_, {"a.net", "b.net"});
    ASSERT_TRUE(excluded);
    EXPECT_EQ(db.most_pieces(), 1U) << "claim, some domains passed over";

    const auto fences = append_outcomes(db, {{claimed->key, 1, "one"}, {excluded->key, 1, "two"}});
    EXPECT_EQ(fences, (std::vector<Fence>{Fence::Held, Fence::Held}));
    db.most_pieces();  // see WhatIsAskedOfAllPieces
    EXPECT_EQ(load_batches(db, alert_, claimed->key.partition).size(), 1U);
    EXPECT_EQ(db.most_pieces(), 1U) << "load batches";

    EXPECT_EQ(finish_partition(db, claimed->key, "all", {.delivered = 10}), Fence::Held);
    EXPECT_EQ(db.most_pieces(), 1U) << "finish";
    EXPECT_TRUE(find_partition(db, alert_, claimed->key.partition)->done);
    EXPECT_EQ(db.most_pieces(), 1U) << "find";
    EXPECT_EQ(load_chunk(db, alert_, 5), "chunk");
    EXPECT_EQ(db.most_pieces(), 1U) << "chunk";
    EXPECT_EQ(sum_partitions(db, alert_).partitions, static_cast<std::uint64_t>(kPartitions));
    EXPECT_EQ(db.most_pieces(), 1U) << "sums";
    EXPECT_TRUE(has_unfinished_partitions(db, alert_));
    EXPECT_EQ(db.most_pieces(), 1U) << "unfinished";
    release_lease(db, excluded->key);
    EXPECT_EQ(db.most_pieces(), 1U) << "release one";

    write_alert_progress(db, alert_, "node", terms_.now, false, "progress");
    EXPECT_EQ(load_alert_progress(db, alert_, terms_.now).size(), 1U);
    EXPECT_EQ(db.most_pieces(), 1U) << "progress";
}

// What the page owns up to. Leases are looked for by their owner, the readers of a block are
// everywhere, and an append of several batches joins on their alerts instead of naming them.
TEST_F(HashPartitions, WhatIsAskedOfAllPieces) {
    Explained db(*db_);
    const auto one = claim_partition(db, alert_, terms_);
    const auto other = claim_partition(db, alert_, terms_);
    ASSERT_TRUE(one && other);
    db.most_pieces();
    append_outcomes(db, {{one->key, 1, "one"}});
    EXPECT_EQ(db.most_pieces(), 1U) << "append one batch";
    append_outcomes(db, {{one->key, 2, "one"}, {other->key, 1, "two"}});
    EXPECT_EQ(db.most_pieces(), static_cast<std::size_t>(kPieces)) << "append several";
    EXPECT_EQ(renew_leases(db, terms_).size(), 2U);
    EXPECT_EQ(db.most_pieces(), static_cast<std::size_t>(kPieces)) << "renew";
    release_leases(db, terms_.owner);
    EXPECT_EQ(db.most_pieces(), static_cast<std::size_t>(kPieces)) << "release all of a node";

    std::vector<SubscriberId> block;
    for (std::int64_t id = 1; id <= 100; ++id) {
        block.emplace_back(id);
    }
    EXPECT_EQ(load_recipients(db, block, {ListId(1)}).size(), block.size());
    EXPECT_EQ(db.most_pieces(), static_cast<std::size_t>(kPieces)) << "a block of readers";
    EXPECT_EQ(load_subscribers(db, {block.front()}).size(), 1U);
    EXPECT_LE(db.most_pieces(), 2U) << "one reader, and the 0 that fills the block";
}

}  // namespace
}  // namespace tocsin::store
