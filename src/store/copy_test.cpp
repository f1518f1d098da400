#include "store/copy.h"

#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "store/copy_fixture.h"
#include "store/copy_rows.h"
#include "store/nodes.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

const FakeClock kClock;

// --- what is copied -------------------------------------------------------------------------

class CopyTables : public EachEngineVerbs {};
INSTANTIATE_TEST_SUITE_P(Each, CopyTables, kEngines, engine_name);

// If this fails after a migration: say in copy_tables.cpp whether a copy takes the new table.
TEST_P(CopyTables, AreAllNamed) {
    std::set<std::string> named;
    for (const CopiedTable& table : copied_tables()) {
        EXPECT_TRUE(named.emplace(table.name).second) << table.name;
    }
    const std::vector<std::string> there = table_names(*db_);
    for (const std::string& name : named) {
        EXPECT_TRUE(std::ranges::binary_search(there, name)) << name << " is no table any more";
    }
    for (const LeftTable& table : left_tables()) {
        EXPECT_TRUE(named.emplace(table.name).second) << table.name;
    }
    for (const std::string& name : there) {
        EXPECT_TRUE(named.contains(name)) << name << " is not named in copy_tables.cpp";
    }
}

TEST_P(CopyTables, AreReadByTheirPrimaryKeys) {
    for (const CopiedTable& table : copied_tables()) {
        EXPECT_EQ(primary_key(*db_, table.name),
                  std::vector<std::string>(table.key.begin(), table.key.end()))
            << table.name;
    }
}

TEST_P(CopyTables, AnEmptyDatabaseIsOfNoVersion) {
    EXPECT_EQ(stored_version(*db_), embedded_migrations().back().version);
    const TestDatabase empty(GetParam());
    EXPECT_EQ(stored_version(*empty.connect()), 0);
}

// --- from one to another --------------------------------------------------------------------

struct Way {
    Engine from;
    Engine to;
};

class CopyWays : public testing::TestWithParam<Way> {
  protected:
    void SetUp() override {
        const bool postgres =
            GetParam().from == Engine::Postgres || GetParam().to == Engine::Postgres;
        if (postgres && !PostgresServer::shared().running()) {
            GTEST_SKIP() << PostgresServer::shared().why_not();
        }
        source_ = std::make_unique<TestDatabase>(GetParam().from);
        target_ = std::make_unique<TestDatabase>(GetParam().to);
    }

    CopyRequest request() const {
        CopyRequest request;
        request.from = source_->url();
        request.to = target_->url();
        request.chunk_rows = 7;
        return request;
    }
    static std::vector<CopiedCount> counts_of(const TestDatabase& database) {
        const auto db = database.connect();
        db->begin_read();
        auto counts = count_tables(*db);
        db->end_read();
        return counts;
    }

    std::unique_ptr<TestDatabase> source_;
    std::unique_ptr<TestDatabase> target_;
};

INSTANTIATE_TEST_SUITE_P(Each, CopyWays,
                         testing::Values(Way{Engine::Sqlite, Engine::Postgres},
                                         Way{Engine::Postgres, Engine::Sqlite},
                                         Way{Engine::Sqlite, Engine::Sqlite}),
                         [](const testing::TestParamInfo<Way>& info) {
                             const auto name = [](Engine engine) {
                                 return engine == Engine::Sqlite ? "Sqlite" : "Postgres";
                             };
                             return fmt::format("{}To{}", name(info.param.from),
                                                name(info.param.to));
                         });

TEST_P(CopyWays, EverythingArrives) {
    fill_every_copied_table(*migrated(*source_), 25);
    const auto done = copy_store(request(), kClock);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_FALSE(done->resumed);
    // Two wordings, one head, one stored subtree, no checkpoint.
    EXPECT_EQ(done->rows, 25 * (static_cast<std::int64_t>(copied_tables().size()) - 4) + 2 + 1 + 1);
    EXPECT_EQ(done->consent.entries, 25);
    EXPECT_EQ(done->consent.problem, "");
    EXPECT_EQ(counts_of(*source_), done->tables);
    EXPECT_EQ(counts_of(*target_), done->tables);
    EXPECT_TRUE(refuse_unfinished_copy(*target_->connect()));
}

// The last reader was erased: the copy must not give the number to somebody else.
TEST_P(CopyWays, NumbersGoOn) {
    {
        const auto db = migrated(*source_);
        SeededRandom random(test_seed());
        fill_table(*db, "subscriber", 5, random);  // 1, 4, 7, 10, 13
        fill_table(*db, "alert", 2, random);
        if (GetParam().from == Engine::Postgres) {
            db->script("SELECT setval(pg_get_serial_sequence('subscriber', 'id'), 13)");
        }
        db->execute("DELETE FROM subscriber WHERE id = 13");
    }
    const auto done = copy_store(request(), kClock);
    ASSERT_TRUE(done) << done.error().message();
    const auto db = target_->connect();
    const auto insert = [&db](std::string_view sql) { return db->first(sql)->integer(0); };
    EXPECT_GT(insert("INSERT INTO subscriber (address, address_key, domain, smtputf8, subject, "
                     "salt, locale, created_at) SELECT 'n', 'n', domain, 0, salt, salt, 'en', 1 "
                     "FROM subscriber WHERE id = 1 RETURNING id"),
              13);
    EXPECT_GT(insert("INSERT INTO audit (at, actor, action, subject, detail) "
                     "VALUES (1, '', '', '', '') RETURNING id"),
              0);
    EXPECT_GT(insert("INSERT INTO alert (slug, kind, state, revision_id, lists, "
                     "not_after_seconds, at_most_once, created_by, created_at) "
                     "VALUES ('s', '', '', 1, '', 1, 0, '', 1) RETURNING id"),
              4);
}

TEST_P(CopyWays, GoesOnAfterEveryChunk) {
    fill_every_copied_table(*migrated(*source_), 9);  // two chunks a table
    const std::vector<CopiedCount> wanted = counts_of(*source_);
    CopyRequest request = this->request();
    int allowed = 0;
    request.on_progress = [&allowed](const CopyProgress&) -> Status {
        return --allowed < 0 ? Status(Error(ErrorKind::Cancelled, "cut")) : Status();
    };
    int runs = 0;
    for (;; ++runs) {
        ASSERT_LT(runs, 200);
        allowed = 3;
        const auto done = copy_store(request, kClock);
        if (done) {
            EXPECT_TRUE(done->resumed);
            EXPECT_EQ(done->tables, wanted);
            break;
        }
        ASSERT_EQ(done.error().message(), "cut");
        const Status refused = refuse_unfinished_copy(*target_->connect());
        ASSERT_FALSE(refused);
        EXPECT_NE(refused.error().message().find("not finished"), std::string::npos);
    }
    EXPECT_GT(runs, 8);
    EXPECT_EQ(counts_of(*target_), wanted);
}

TEST_P(CopyWays, ASourceThatChangedSinceIsFound) {
    fill_every_copied_table(*migrated(*source_), 9);
    CopyRequest request = this->request();
    request.on_progress = [](const CopyProgress&) -> Status {
        return Error(ErrorKind::Cancelled, "cut");
    };
    ASSERT_FALSE(copy_store(request, kClock));
    source_->connect()->execute("DELETE FROM purpose WHERE subscriber_id = 1");
    request.on_progress = {};
    const auto grown = copy_store(request, kClock);
    ASSERT_FALSE(grown);
    EXPECT_EQ(grown.error().kind(), ErrorKind::Conflict);
    EXPECT_NE(grown.error().message().find("purpose: 9 rows then, 8 now"), std::string::npos)
        << grown.error().message();
}

// The same count, other bytes: only reading all of it again tells.
TEST_P(CopyWays, OneChangedByteIsFound) {
    fill_every_copied_table(*migrated(*source_), 9);
    CopyRequest request = this->request();
    request.on_progress = [](const CopyProgress& progress) -> Status {
        return progress.table == "alert" ? Status(Error(ErrorKind::Cancelled, "cut")) : Status();
    };
    ASSERT_FALSE(copy_store(request, kClock));
    target_->connect()->execute("UPDATE subscriber SET locale = 'xx' WHERE id = 4");
    request.on_progress = {};
    const auto done = copy_store(request, kClock);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::Corrupt);
    EXPECT_NE(done.error().message().find("subscriber has 9 rows"), std::string::npos)
        << done.error().message();
    EXPECT_FALSE(refuse_unfinished_copy(*target_->connect()));
}

TEST_P(CopyWays, RowsTooBigForAChunkGoAlone) {
    {
        const auto db = migrated(*source_);
        SeededRandom random(test_seed());
        for (int i = 1; i <= 3; ++i) {
            db->execute(
                "INSERT INTO audience_chunk (alert_id, partition, recipients) "
                "VALUES ($1, 0, $2)",
                {i, Blob{random.bytes(3 << 20)}});
        }
    }
    CopyRequest request = this->request();
    std::int64_t most = 0;
    std::int64_t last = 0;
    request.on_progress = [&](const CopyProgress& progress) -> Status {
        if (progress.table == "audience_chunk") {
            most = std::max(most, progress.rows - last);
            last = progress.rows;
        }
        return {};
    };
    const auto done = copy_store(request, kClock);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(last, 3);
    EXPECT_EQ(most, 2);  // 6 MB: the second row fills the chunk
}

TEST_P(CopyWays, ATargetInUseIsNotTouched) {
    fill_every_copied_table(*migrated(*source_), 2);
    {
        SeededRandom random(test_seed());
        fill_table(*migrated(*target_), "desk_user", 1, random);
    }
    const auto done = copy_store(request(), kClock);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::Conflict);
    EXPECT_NE(done.error().message().find("is not empty: there are rows in desk_user"),
              std::string::npos)
        << done.error().message();
}

TEST_P(CopyWays, AnotherSourceDoesNotFinishIt) {
    fill_every_copied_table(*migrated(*source_), 2);
    CopyRequest request = this->request();
    request.on_progress = [](const CopyProgress&) -> Status {
        return Error(ErrorKind::Cancelled, "cut");
    };
    ASSERT_FALSE(copy_store(request, kClock));
    const TestDatabase other(GetParam().from);
    migrated(other).reset();
    request.from = other.url();
    const auto done = copy_store(request, kClock);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message().find("holds an unfinished copy of"), std::string::npos)
        << done.error().message();
}

TEST_P(CopyWays, AtEndIsPartOfTheCopy) {
    fill_every_copied_table(*migrated(*source_), 2);
    CopyRequest request = this->request();
    request.at_end = [](Database& db) -> Status {
        db.execute("DELETE FROM desk_session");
        return conflict("not like this");
    };
    const auto done = copy_store(request, kClock);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message(), "not like this");
    EXPECT_FALSE(refuse_unfinished_copy(*target_->connect()));
    request.at_end = [](Database& db) -> Status {
        db.execute("DELETE FROM desk_session");
        return {};
    };
    ASSERT_TRUE(copy_store(request, kClock));
    EXPECT_EQ(target_->connect()->first("SELECT count(*) FROM desk_session")->integer(0), 0);
}

}  // namespace
}  // namespace tocsin::store
