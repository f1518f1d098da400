// What a copy refuses, and what it says when a database is lost under it.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "store/copy.h"
#include "store/copy_fixture.h"
#include "store/copy_row_fuzz_target.h"
#include "store/copy_rows.h"
#include "store/faulty_disk.h"
#include "store/nodes.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

const FakeClock kClock;

std::string problem_of(const CopyRequest& request) {
    const auto done = copy_store(request, kClock);
    return done ? "" : done.error().message();
}

CopyRequest from_to(const std::string& from, const std::string& to) {
    CopyRequest request;
    request.from = from;
    request.to = to;
    return request;
}

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(CopyRefusal, WhatIsNoDatabase) {
    const TempFolder folder;
    const std::string to = "sqlite:" + folder.file("to.db");
    EXPECT_TRUE(
        holds(problem_of(from_to("sqlite:" + folder.file("none.db"), to)), "there is no database"));
    EXPECT_FALSE(std::filesystem::exists(folder.file("none.db")));
    EXPECT_FALSE(std::filesystem::exists(folder.file("to.db")));

    std::ofstream(folder.file("text.db")) << "this is a text of more than sixteen bytes\n";
    EXPECT_TRUE(holds(problem_of(from_to("sqlite:" + folder.file("text.db"), to)),
                      "is not a Tocsin database"));
    std::ofstream(folder.file("empty.db")) << "";
    EXPECT_TRUE(holds(problem_of(from_to("sqlite:" + folder.file("empty.db"), to)),
                      "holds no data of Tocsin"));
    EXPECT_TRUE(holds(problem_of(from_to("/some/path", to)), "sqlite:PATH"));
    EXPECT_TRUE(holds(problem_of(from_to("sqlite::memory:", to)), "sqlite:PATH"));
    EXPECT_FALSE(holds(problem_of(from_to("postgres//me:secret@host", to)), "secret"));
}

TEST(CopyRefusal, TheSourceInUse) {
    const TestDatabase source(Engine::Sqlite);
    const TestDatabase target(Engine::Sqlite);
    const auto held = migrated(source);
    EXPECT_TRUE(holds(problem_of(from_to(source.url(), target.url())), "in use"));
}

TEST(CopyRefusal, ADatabaseIntoItself) {
    const TestDatabase source(Engine::Sqlite);
    migrated(source).reset();
    const std::string problem = problem_of(from_to(source.url(), source.url()));
    EXPECT_NE(problem, "");
}

TEST(CopyRefusal, AnotherVersion) {
    const TestDatabase source(Engine::Sqlite);
    const TestDatabase target(Engine::Sqlite);
    migrated(source)->execute("DELETE FROM schema WHERE version > 3");
    EXPECT_TRUE(holds(problem_of(from_to(source.url(), target.url())), "is of version 3"));
    source.connect()->execute(
        "INSERT INTO schema (version, name, applied_at) VALUES (1000, 'x', 1)");
    EXPECT_TRUE(holds(problem_of(from_to(source.url(), target.url())), "of a newer Tocsin"));
}

TEST(CopyRefusal, ADiskThatIsFull) {
    const TestDatabase source(Engine::Sqlite);
    fill_every_copied_table(*migrated(source), 30);
    const TestDatabase target(Engine::Sqlite);
    migrated(target).reset();
    FaultyDisk disk;
    // Each run comes a little further, the last one to the end.
    int cut = 0;
    for (std::string problem = "none yet"; !problem.empty(); ++cut) {
        ASSERT_LT(cut, 100);
        CopyRequest request = from_to(source.url(), target.url());
        request.chunk_rows = 10;
        disk.fail(80, FaultyDisk::Fault::DiskFull, FaultyDisk::Length::Forever);
        problem = problem_of(request);
        disk.heal();
        EXPECT_TRUE(problem.empty() || holds(problem, "run the same command again")) << problem;
    }
    EXPECT_GT(cut, 3);
    EXPECT_EQ(count_tables(*source.connect()), count_tables(*target.connect()));
}

class CopyRefusalPostgres : public testing::Test {
  protected:
    void SetUp() override {
        if (!PostgresServer::shared().running()) {
            GTEST_SKIP() << PostgresServer::shared().why_not();
        }
    }
    // A node that was just seen.
    static void add_node(Connection& db) {
        NodeRow node;
        node.id = "press-1";
        node.name = "press";
        node.place = "press:/run/tocsin";
        node.role = "all";
        node.version = "1";
        node.seen_at = database_now(db, kClock.now());
        node.started_at = node.seen_at;
        db.begin();
        write_node(db, node);
        db.commit();
    }
};

TEST_F(CopyRefusalPostgres, ALivingNode) {
    const TestDatabase postgres(Engine::Postgres);
    const TestDatabase sqlite(Engine::Sqlite);
    const auto db = migrated(postgres);
    add_node(*db);
    CopyRequest request = from_to(postgres.url(), sqlite.url());
    EXPECT_TRUE(holds(problem_of(request), "in use by the node \"press\""));
    EXPECT_FALSE(std::filesystem::exists(sqlite.url().substr(7)));
    request.source = CopyRequest::Source::Running;
    EXPECT_EQ(problem_of(request), "");

    const TestDatabase filled(Engine::Sqlite);
    migrated(filled).reset();
    EXPECT_TRUE(holds(problem_of(from_to(filled.url(), postgres.url())), "in use by the node"));
}

TEST_F(CopyRefusalPostgres, ANodeThatCameMeanwhile) {
    const TestDatabase postgres(Engine::Postgres);
    const TestDatabase sqlite(Engine::Sqlite);
    const auto db = migrated(postgres);
    CopyRequest request = from_to(postgres.url(), sqlite.url());
    request.on_progress = [&db](const CopyProgress& progress) -> Status {
        if (progress.table == "audit") {
            add_node(*db);
        }
        return {};
    };
    const std::string problem = problem_of(request);
    EXPECT_TRUE(holds(problem, "came into use during the copy")) << problem;
}

// What is written after the copy began is not in it.
TEST_F(CopyRefusalPostgres, ABackupIsOfOneMoment) {
    const TestDatabase postgres(Engine::Postgres);
    const TestDatabase sqlite(Engine::Sqlite);
    const auto db = migrated(postgres);
    fill_every_copied_table(*db, 20);
    CopyRequest request = from_to(postgres.url(), sqlite.url());
    request.source = CopyRequest::Source::Running;
    std::int64_t id = 1'000;
    request.on_progress = [&](const CopyProgress& progress) -> Status {
        db->execute(
            "INSERT INTO audit (id, at, actor, action, subject, detail) "
            "VALUES ($1, 1, '', '', $2, '')",
            {++id, progress.table});
        return {};
    };
    const auto done = copy_store(request, kClock);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(sqlite.connect()->first("SELECT count(*) FROM audit")->integer(0), 20);
}

TEST_F(CopyRefusalPostgres, FromServerToServer) {
    const TestDatabase one(Engine::Postgres);
    const TestDatabase other(Engine::Postgres);
    fill_every_copied_table(*migrated(one), 10);
    EXPECT_EQ(problem_of(from_to(one.url(), other.url())), "");
    EXPECT_EQ(count_tables(*one.connect()), count_tables(*other.connect()));
}

TEST_F(CopyRefusalPostgres, TheTargetLostInTheMiddle) {
    const TestDatabase sqlite(Engine::Sqlite);
    const TestDatabase postgres(Engine::Postgres);
    fill_every_copied_table(*migrated(sqlite), 50);
    CopyRequest request = from_to(sqlite.url(), postgres.url());
    request.chunk_rows = 10;
    request.on_progress = [](const CopyProgress& progress) -> Status {
        if (progress.table == "subscription" && progress.rows == 30) {
            PostgresServer::shared().admin(
                "postgres",
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'tocsin' AND pid <> pg_backend_pid()");
        }
        return {};
    };
    const std::string problem = problem_of(request);
    EXPECT_TRUE(holds(problem, "could not be written")) << problem;
    EXPECT_TRUE(holds(problem, "run the same command again")) << problem;
    request.on_progress = {};
    EXPECT_EQ(problem_of(request), "");
}

TEST_F(CopyRefusalPostgres, TextThatPostgresqlRefusesIsNamed) {
    const TestDatabase sqlite(Engine::Sqlite);
    const TestDatabase postgres(Engine::Postgres);
    migrated(sqlite)->execute(
        "INSERT INTO audit (at, actor, action, subject, detail) VALUES (1, '', '', $1, '')",
        {std::string("\xff\xfe")});
    const std::string problem = problem_of(from_to(sqlite.url(), postgres.url()));
    EXPECT_TRUE(holds(problem, "invalid byte sequence")) << problem;
    EXPECT_TRUE(holds(problem, "COPY audit")) << problem;
}

TEST(CopyRows, ComeBackAsTheyWere) {
    SeededRandom random(test_seed());
    const std::vector<Param> values = {
        Param(nullptr),  Param(std::int64_t{-1}),        Param(INT64_MIN), Param(""),
        Param("\u00e4"), Param(Blob{random.bytes(300)}), Param(Blob{})};
    std::string bytes;
    for (const Param& value : values) {
        append_value(bytes, value.value());
    }
    const auto back = read_values(bytes, values.size());
    ASSERT_TRUE(back);
    std::string again;
    for (const Param& value : *back) {
        append_value(again, value.value());
    }
    EXPECT_EQ(again, bytes);
    EXPECT_FALSE(read_values(bytes, values.size() - 1));
    EXPECT_FALSE(read_values(bytes, values.size() + 1));
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        EXPECT_FALSE(read_values(std::string_view(bytes).substr(0, cut), values.size()));
    }
}

// Inputs of fuzz/copy_row_fuzz.cpp.
TEST(CopyRows, TheFuzzCorpusIsReadOrRefused) {
    int replayed = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(TOCSIN_SOURCE_DIR "/fuzz/corpus/copy_row")) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string input((std::istreambuf_iterator<char>(file)), {});
        SCOPED_TRACE(entry.path().string());
        fuzz_copy_row(input);
        ++replayed;
    }
    EXPECT_GE(replayed, 3);
}

}  // namespace
}  // namespace tocsin::store
