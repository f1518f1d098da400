#include "store/sqlite_backup.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "store/copy.h"
#include "store/copy_fixture.h"
#include "store/sqlite.h"

namespace tocsin::store {
namespace {

std::string bytes_of(const std::string& file) {
    std::ostringstream out;
    out << std::ifstream(file, std::ios::binary).rdbuf();
    return out.str();
}

class SqliteBackupTest : public testing::Test {
  protected:
    void SetUp() override { db_ = migrated(database_); }

    std::string part() const { return folder_.file("backup.part"); }
    std::string file() const { return folder_.file("backup"); }
    // To the end, with `between` after each step.
    Status run(int pages, const std::function<void()>& between) {
        TRY_AS(const auto backup, SqliteBackup::begin(*db_, part()));
        for (;;) {
            TRY_AS(const bool done, backup->step(pages));
            if (done) {
                break;
            }
            between();
        }
        TRY(backup->finish());
        return seal_backup(part(), file());
    }
    std::vector<CopiedCount> counts_of(const std::string& path) {
        const auto opened = Sqlite::open_to_read(path);
        EXPECT_TRUE(opened) << opened.error().message();
        return count_tables(**opened);
    }

    TempFolder folder_;
    TestDatabase database_{Engine::Sqlite};
    std::unique_ptr<Connection> db_;
};

TEST_F(SqliteBackupTest, IsTheDatabaseAtItsEnd) {
    fill_every_copied_table(*db_, 300);
    std::int64_t id = 10'000;
    int steps = 0;
    // Written between the steps: into pages that were copied, and into some that were not.
    const Status done = run(5, [&] {
        db_->begin();
        for (int i = 0; i < 3; ++i) {
            db_->execute(
                "INSERT INTO audit (id, at, actor, action, subject, detail) "
                "VALUES ($1, 1, '', '', '', $2)",
                {++id, std::string(200, 'x')});
        }
        db_->execute("UPDATE subscriber SET locale = $1 WHERE id = $2",
                     {std::to_string(id), 1 + 3 * (steps % 300)});
        db_->commit();
        ++steps;
    });
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_GT(steps, 20);
    EXPECT_EQ(counts_of(file()), count_tables(*db_));

    struct stat info{};
    ASSERT_EQ(::stat(file().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    EXPECT_FALSE(std::filesystem::exists(part()));
    // One file, which reading does not change.
    EXPECT_FALSE(std::filesystem::exists(file() + "-wal"));
    EXPECT_FALSE(std::filesystem::exists(file() + "-shm"));
}

TEST_F(SqliteBackupTest, AnErasedAddressIsNowhereInIt) {
    const std::string address = "erased.reader@harbourpost.example";
    db_->begin();
    for (std::int64_t i = 1; i <= 2'000; ++i) {
        const std::string one = i == 700 ? address : fmt::format("reader{}@example.net", i);
        db_->execute(
            "INSERT INTO subscriber (id, address, address_key, domain, smtputf8, subject, "
            "salt, locale, created_at) VALUES ($1, $2, $2, 'd', 0, $3, $3, 'en', 1)",
            {i, one, Blob{"subject " + std::to_string(i)}});
    }
    db_->commit();
    db_->truncate_log();
    ASSERT_NE(bytes_of(database_.url().substr(7)).find(address), std::string::npos);
    db_->begin();
    db_->execute("DELETE FROM subscriber WHERE id = 700");
    db_->execute("DELETE FROM subscriber WHERE id > 1000");  // whole pages become free
    db_->commit();

    ASSERT_TRUE(run(50, [] {}));
    const std::string bytes = bytes_of(file());
    EXPECT_EQ(bytes.find(address), std::string::npos);
    EXPECT_EQ(bytes.find("erased.reader"), std::string::npos);
    EXPECT_EQ(bytes.find("reader1500@"), std::string::npos);
    EXPECT_NE(bytes.find("reader699@example.net"), std::string::npos);
}

TEST_F(SqliteBackupTest, AFileThatIsThereIsKept) {
    std::ofstream(part()) << "mine";
    const Status done = run(100, [] {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind(), ErrorKind::Conflict);
    EXPECT_EQ(bytes_of(part()), "mine");
}

TEST_F(SqliteBackupTest, AFolderThatIsNotThere) {
    const auto begun = SqliteBackup::begin(*db_, "/nonexistent/folder/x");
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().message(),
              "/nonexistent/folder/x: cannot be created: No such file or directory");
}

// A service that ends in the middle of one.
TEST_F(SqliteBackupTest, MayOutliveTheConnection) {
    fill_every_copied_table(*db_, 100);
    auto backup = SqliteBackup::begin(*db_, part());
    ASSERT_TRUE(backup);
    ASSERT_TRUE((*backup)->step(5));
    db_.reset();
    backup->reset();
    EXPECT_EQ(database_.connect()->first("SELECT count(*) FROM subscriber")->integer(0), 100);
}

// From a backup back into an empty database: the same rows.
TEST_F(SqliteBackupTest, IsASourceOfACopy) {
    fill_every_copied_table(*db_, 40);
    ASSERT_TRUE(run(100, [] {}));
    const std::string before = bytes_of(file());
    const TestDatabase target(Engine::Sqlite);
    CopyRequest request;
    request.from = "sqlite:" + file();
    request.to = target.url();
    request.source = CopyRequest::Source::File;
    const auto done = copy_store(request, SystemClock());
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(done->tables, count_tables(*db_));
    EXPECT_EQ(bytes_of(file()), before);
}

}  // namespace
}  // namespace tocsin::store
