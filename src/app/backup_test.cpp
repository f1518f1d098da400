#include "app/backup.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "store/copy_fixture.h"
#include "store/migrate.h"
#include "store/sqlite.h"
#include "store/temp_folder.h"

namespace tocsin::app {
namespace {

std::string bytes_of(const std::string& file) {
    std::ostringstream out;
    out << std::ifstream(file, std::ios::binary).rdbuf();
    return out.str();
}

class BackupTest : public testing::Test {
  protected:
    std::unique_ptr<store::Sqlite> open(const std::string& name) {
        auto opened = store::Sqlite::open(folder_.file(name));
        EXPECT_TRUE(opened) << opened.error().message();
        return std::move(*opened);
    }
    // A database of an earlier version of the tables; 0: of this one.
    void make(const std::string& name, std::size_t versions_back = 0) {
        auto migrations = store::embedded_migrations();
        migrations.resize(migrations.size() - versions_back);
        const auto db = open(name);
        ASSERT_TRUE(store::migrate(*db, migrations, clock_.now()));
        db->execute(
            "INSERT INTO list (id, slug, name, description, created_at) "
            "VALUES (1, 'breaking', 'Breaking', '', 1)",
            {});
    }
    void add_alert(const std::string& name, std::string_view state) {
        open(name)->execute(
            "INSERT INTO alert (id, slug, kind, state, revision_id, lists, not_after_seconds, "
            "at_most_once, created_by, created_at, released_at, not_after) "
            "VALUES (1, 'fire', 'alert', $1, 1, '[1]', 60, 0, 'ann', 1, 1, 60001)",
            {state});
    }
    std::string text(const std::string& name, std::string_view sql) {
        return open(name)->first(sql)->text(0);
    }
    std::string url(const std::string& name) const { return "sqlite:" + folder_.file(name); }
    Result<RestoreDone> restore(RunningAlerts running) {
        return restore_database({.file = folder_.file("backup"),
                                 .url = url("new.db"),
                                 .running = running,
                                 .on_progress = {}},
                                clock_);
    }

    const SystemClock clock_;
    store::TempFolder folder_;
};

TEST_F(BackupTest, SaysWhatItHolds) {
    make("old.db");
    ASSERT_TRUE(backup_database(url("old.db"), folder_.file("backup"), clock_));
    const auto facts = read_backup(folder_.file("backup"));
    ASSERT_TRUE(facts) << facts.error().message();
    EXPECT_EQ(facts->version, store::embedded_migrations().back().version);
    EXPECT_EQ(facts->subscribers, 0);
    EXPECT_EQ(facts->bytes, static_cast<std::int64_t>(bytes_of(folder_.file("backup")).size()));
}

TEST_F(BackupTest, AFileThatIsThereIsKept) {
    make("old.db");
    std::ofstream(folder_.file("backup")) << "mine";
    const Status done = backup_database(url("old.db"), folder_.file("backup"), clock_);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::Conflict);
    EXPECT_EQ(bytes_of(folder_.file("backup")), "mine");
}

// What is left of an attempt that was killed does not stand in the way.
TEST_F(BackupTest, APartOfAnEarlierAttemptIsReplaced) {
    make("old.db");
    std::ofstream(folder_.file("backup.part")) << "half";
    ASSERT_TRUE(backup_database(url("old.db"), folder_.file("backup"), clock_));
    EXPECT_FALSE(std::filesystem::exists(folder_.file("backup.part")));
    EXPECT_TRUE(read_backup(folder_.file("backup")));
}

TEST_F(BackupTest, NothingIsLeftOfOneThatFailed) {
    const Status done = backup_database(url("none.db"), folder_.file("backup"), clock_);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::NotFound);
    EXPECT_FALSE(std::filesystem::exists(folder_.file("none.db")));
    EXPECT_FALSE(std::filesystem::exists(folder_.file("backup.part")));
}

TEST_F(BackupTest, DamageIsFound) {
    {
        const auto db = open("old.db");
        ASSERT_TRUE(store::migrate(*db, store::embedded_migrations(), clock_.now()));
        store::fill_every_copied_table(*db, 300);
    }
    ASSERT_TRUE(backup_database(url("old.db"), folder_.file("backup"), clock_));
    ASSERT_TRUE(read_backup(folder_.file("backup")));
    std::string bytes = bytes_of(folder_.file("backup"));
    std::fill(bytes.begin() + 200'000, bytes.begin() + 204'096, '\x55');
    std::ofstream(folder_.file("backup"), std::ios::binary | std::ios::trunc) << bytes;
    const auto facts = read_backup(folder_.file("backup"));
    ASSERT_FALSE(facts);
}

TEST_F(BackupTest, ComesBack) {
    make("old.db");
    ASSERT_TRUE(backup_database(url("old.db"), folder_.file("backup"), clock_));
    const auto done = restore(RunningAlerts::Stop);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_TRUE(done->stopped.empty());
    EXPECT_TRUE(done->problems.empty());
    EXPECT_EQ(text("new.db", "SELECT slug FROM list"), "breaking");
}

TEST_F(BackupTest, OneOfAnEarlierVersionIsBroughtUpToDate) {
    make("old.db", 2);
    ASSERT_TRUE(backup_database(url("old.db"), folder_.file("backup"), clock_));
    const std::string before = bytes_of(folder_.file("backup"));
    const auto done = restore(RunningAlerts::Stop);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(text("new.db", "SELECT slug FROM list"), "breaking");
    EXPECT_EQ(bytes_of(folder_.file("backup")), before);
    EXPECT_FALSE(std::filesystem::exists(folder_.file("backup.migrated")));
}

TEST_F(BackupTest, AnAlertThatWasBeingSentIsStopped) {
    make("old.db");
    add_alert("old.db", "released");
    ASSERT_TRUE(backup_database(url("old.db"), folder_.file("backup"), clock_));
    const auto done = restore(RunningAlerts::Stop);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(done->stopped, std::vector{AlertId(1)});
    EXPECT_EQ(text("new.db", "SELECT state FROM alert"), "stopped");
    // This one has no frozen audience, which is said and does not stand in the way.
    ASSERT_EQ(done->problems.size(), 1U);
    EXPECT_TRUE(done->problems[0].starts_with("alert 1: ")) << done->problems[0];
}

TEST_F(BackupTest, UnlessItIsToGoOn) {
    make("old.db");
    add_alert("old.db", "released");
    ASSERT_TRUE(backup_database(url("old.db"), folder_.file("backup"), clock_));
    const auto done = restore(RunningAlerts::GoOn);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_TRUE(done->stopped.empty());
    EXPECT_EQ(text("new.db", "SELECT state FROM alert"), "released");
}

// The same address, another text: restored as it is, and said.
TEST_F(BackupTest, AConsentChainThatDoesNotHoldIsSaid) {
    {
        const auto db = open("old.db");
        ASSERT_TRUE(store::migrate(*db, store::embedded_migrations(), clock_.now()));
        store::NewConsent event;
        event.subject = "0123456789abcdef";
        event.actor = "subscriber";
        event.at = clock_.now();
        event.pii_commit = std::string(32, 'x');
        store::append_consent(*db, {event, event});
        db->execute("UPDATE consent_event SET actor = 'staff:mallory' WHERE seq = 1", {});
    }
    ASSERT_TRUE(backup_database(url("old.db"), folder_.file("backup"), clock_));
    const auto done = restore(RunningAlerts::Stop);
    ASSERT_TRUE(done) << done.error().message();
    ASSERT_EQ(done->problems.size(), 1U);
    EXPECT_TRUE(done->problems[0].starts_with("consent: ")) << done->problems[0];
}

}  // namespace
}  // namespace tocsin::app
