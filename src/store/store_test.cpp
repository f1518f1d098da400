#include "store/store.h"

#include <future>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "store/faulty_disk.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

using Fault = FaultyDisk::Fault;
using Length = FaultyDisk::Length;

// The tests' own table, beside the product's.
Status make_table(Store& store) {
    return store.run([](Database& db) -> Status {
        db.execute("CREATE TABLE IF NOT EXISTS t (id BIGINT PRIMARY KEY, text TEXT)");
        return {};
    });
}

Status insert(Store& store, std::int64_t id) {
    return store.run([id](Database& db) -> Status {
        db.execute("INSERT INTO t (id, text) VALUES ($1, $2)", {id, "x"});
        return {};
    });
}

std::vector<std::int64_t> ids_in(Store& store) {
    auto rows = store.run([](Database& db) -> Result<std::vector<std::int64_t>> {
        std::vector<std::int64_t> ids;
        db.for_each("SELECT id FROM t ORDER BY id", {},
                    [&](const Row& row) { ids.push_back(row.integer(0)); });
        return ids;
    });
    return rows ? *rows : std::vector<std::int64_t>{-1};
}

std::unique_ptr<Store> open_store(const std::string& url, const Clock& clock) {
    auto opened = Store::open(url, clock);
    EXPECT_TRUE(opened) << opened.error().message();
    return opened ? std::move(*opened) : nullptr;
}

// Holds the store thread inside a closure, so that what is posted meanwhile becomes one group.
class Hold {
  public:
    explicit Hold(Store& store) {
        store.post(
            [released = release_.get_future().share(), this](Database&) -> Status {
                held_.set_value();
                released.wait();
                return {};
            },
            [](const Status&) {});
        held_.get_future().wait();
    }
    void release() { release_.set_value(); }

  private:
    std::promise<void> release_;
    std::promise<void> held_;
};

class StoreEach : public EachEngine {
  protected:
    FakeClock clock_;
};
INSTANTIATE_TEST_SUITE_P(Each, StoreEach, kEngines, engine_name);

class StoreTest : public testing::Test {
  protected:
    std::string url(const std::string& name = "tocsin.db") {
        return "sqlite:" + folder_.file(name);
    }
    TempFolder folder_;
    FakeClock clock_;
};

TEST_P(StoreEach, KeepsEveryKindOfValue) {
    auto store = open_store(database_->url(), clock_);
    const Status done = store->run([](Database& db) -> Status {
        db.execute("CREATE TABLE v (a BIGINT, b DOUBLE PRECISION, c TEXT, d BLOB, e TEXT)");
        db.execute("INSERT INTO v (a, b, c, d, e) VALUES ($5, $4, $3, $2, $1)",
                   {nullptr, Blob{std::string("\0\xff", 2)}, "text", 1.5, INT64_MIN});
        const Row row =
            *db.first("SELECT a, b, c, d, e FROM v WHERE a = $1 AND a = $1", {INT64_MIN});
        EXPECT_EQ(row.integer(0), INT64_MIN);
        EXPECT_EQ(row.real(1), 1.5);
        EXPECT_EQ(row.text(2), "text");
        EXPECT_EQ(row.blob(3), std::string("\0\xff", 2));
        EXPECT_TRUE(row.is_null(4));
        EXPECT_EQ(row.maybe_text(4), std::nullopt);
        return {};
    });
    EXPECT_TRUE(done);
}

TEST_P(StoreEach, AnErrorRollsBackOnlyItsOwnClosure) {
    auto store = open_store(database_->url(), clock_);
    ASSERT_TRUE(make_table(*store));
    std::promise<Status> by_result;
    std::promise<Status> by_exception;
    std::promise<Status> by_sql;
    std::promise<Status> good;
    {
        Hold hold(*store);
        const auto answer = [](std::promise<Status>& p) {
            return [&p](Status status) { p.set_value(std::move(status)); };
        };
        store->post(
            [](Database& db) -> Status {
                db.execute("INSERT INTO t (id) VALUES (1)");
                return conflict("no");
            },
            answer(by_result));
        store->post(
            [](Database& db) -> Status {
                db.execute("INSERT INTO t (id) VALUES (2)");
                throw std::runtime_error("library");
            },
            answer(by_exception));
        store->post(
            [](Database& db) -> Status {
                db.execute("INSERT INTO t (id) VALUES (3)");
                db.execute("INSERT INTO t (id) VALUES (3)");
                return {};
            },
            answer(by_sql));
        store->post(
            [](Database& db) -> Status {
                db.execute("INSERT INTO t (id) VALUES (4)");
                return {};
            },
            answer(good));
        hold.release();
        EXPECT_EQ(by_result.get_future().get().error().kind(), ErrorKind::Conflict);
        EXPECT_EQ(by_exception.get_future().get().error().kind(), ErrorKind::Internal);
        EXPECT_EQ(by_sql.get_future().get().error().kind(), ErrorKind::Io);
        EXPECT_TRUE(good.get_future().get());
    }
    EXPECT_EQ(ids_in(*store), (std::vector<std::int64_t>{4}));
    EXPECT_FALSE(store->failed());
}

TEST_F(StoreTest, ClosuresThatWaitShareOneCommit) {
    FaultyDisk disk;
    auto store = open_store(url(), clock_);
    ASSERT_TRUE(make_table(*store));
    const std::int64_t before = disk.syncs();
    std::atomic<int> answered{0};
    {
        Hold hold(*store);
        for (int i = 0; i < 200; ++i) {
            store->post(
                [i](Database& db) -> Status {
                    db.execute("INSERT INTO t (id) VALUES ($1)", {i});
                    return {};
                },
                [&answered](const Status& status) { answered += status ? 1 : 0; });
        }
        hold.release();
        ASSERT_TRUE(insert(*store, 1000));
    }
    EXPECT_EQ(answered.load(), 200);
    EXPECT_LE(disk.syncs() - before, 3);
}

TEST_F(StoreTest, AnswersOnlyWhatIsDurable) {
    FaultyDisk disk;
    auto store = open_store(url(), clock_);
    ASSERT_TRUE(make_table(*store));
    std::int64_t syncs_at_answer = -1;
    const std::int64_t before = disk.syncs();
    std::promise<void> done;
    store->post(
        [](Database& db) -> Status {
            db.execute("INSERT INTO t (id) VALUES (1)");
            return {};
        },
        [&](const Status&) {
            syncs_at_answer = disk.syncs();
            done.set_value();
        });
    done.get_future().wait();
    EXPECT_GT(syncs_at_answer, before);
}

TEST_F(StoreTest, AFailedCommitFailsItsGroupAndAllThatFollows) {
    FaultyDisk disk;
    auto store = open_store(url(), clock_);
    ASSERT_TRUE(make_table(*store));
    ASSERT_TRUE(insert(*store, 1));
    disk.fail(1, Fault::SyncError, Length::Once);
    EXPECT_EQ(insert(*store, 2).error().kind(), ErrorKind::Io);
    EXPECT_TRUE(store->failed());
    EXPECT_EQ(insert(*store, 3).error().kind(), ErrorKind::Io);  // though the disk is well again
    store.reset();
    store = open_store(url(), clock_);
    const auto ids = ids_in(*store);
    EXPECT_EQ(ids.front(), 1);
    EXPECT_EQ(std::count(ids.begin(), ids.end(), 3), 0);
}

// For every N: let the Nth write or sync fail, then prove that what was answered is there.
void fail_every_operation(Fault fault, Length length) {
    FakeClock clock;
    for (std::int64_t nth = 1;; ++nth) {
        TempFolder folder;
        std::vector<std::int64_t> answered;
        bool failed = false;
        {
            FaultyDisk disk;
            auto store = open_store("sqlite:" + folder.file("tocsin.db"), clock);
            ASSERT_TRUE(make_table(*store));
            disk.fail(nth, fault, length);
            for (std::int64_t id = 0; id < 12; ++id) {
                if (insert(*store, id)) {
                    answered.push_back(id);
                    EXPECT_FALSE(store->failed());
                } else {
                    EXPECT_TRUE(store->failed());
                }
            }
            failed = store->failed();
            store.reset();
        }
        auto store = open_store("sqlite:" + folder.file("tocsin.db"), clock);
        const std::vector<std::int64_t> kept = ids_in(*store);
        EXPECT_TRUE(std::includes(kept.begin(), kept.end(), answered.begin(), answered.end()));
        EXPECT_LE(kept.size(), answered.size() + 1);  // the failed one may have reached the disk
        if (!failed) {
            EXPECT_EQ(answered.size(), 12U);
            return;
        }
    }
}

TEST_F(StoreTest, LosesNothingWhenTheDiskIsFullAtAnyWrite) {
    fail_every_operation(Fault::DiskFull, Length::Forever);
}

TEST_F(StoreTest, LosesNothingWhenAnyWriteFails) {
    fail_every_operation(Fault::WriteError, Length::Once);
}

TEST_F(StoreTest, LosesNothingWhenAnySyncFails) {
    fail_every_operation(Fault::SyncError, Length::Once);
}

TEST_P(StoreEach, ReadsMustNotWrite) {
    auto store = open_store(database_->url(), clock_);
    ASSERT_TRUE(make_table(*store));
    boost::asio::io_context io;
    Status status;
    auto task = [](Store& s, Status& out) -> Task<void> {
        auto fn = [](Database& db) -> Status {
            db.execute("INSERT INTO t (id) VALUES (1)");
            return {};
        };
        out = co_await s.read(fn);
    };
    auto done = boost::asio::co_spawn(io, task(*store, status), boost::asio::use_future);
    io.run();
    done.get();
    ASSERT_FALSE(status);
    EXPECT_TRUE(ids_in(*store).empty());
}

TEST_P(StoreEach, CoroutinesResumeOnTheirOwnThread) {
    auto store = open_store(database_->url(), clock_);
    ASSERT_TRUE(make_table(*store));
    boost::asio::io_context io;
    Result<std::int64_t> seen = 0;
    std::thread::id resumed_on;
    auto task = [](Store& s, Result<std::int64_t>& out, std::thread::id& on) -> Task<void> {
        auto write = [](Database& db) -> Status {
            db.execute("INSERT INTO t (id) VALUES (7)");
            return {};
        };
        const Status written = co_await s.write(write);
        EXPECT_TRUE(written);
        auto read = [](Database& db) -> Result<std::int64_t> {
            return db.first("SELECT id FROM t")->integer(0);
        };
        out = co_await s.read(read);
        on = std::this_thread::get_id();
    };
    auto done = boost::asio::co_spawn(io, task(*store, seen, resumed_on), boost::asio::use_future);
    io.run();
    done.get();
    EXPECT_EQ(*seen, 7);
    EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

TEST_P(StoreEach, TenThousandWritesFromManyThreads) {
    auto store = open_store(database_->url(), clock_);
    ASSERT_TRUE(make_table(*store));
    constexpr int kThreads = 4;
    constexpr int kEach = 2'500;
    std::atomic<int> answered{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&store, &answered, t] {
            for (int i = 0; i < kEach; ++i) {
                store->post(
                    [id = t * kEach + i](Database& db) -> Status {
                        db.execute("INSERT INTO t (id) VALUES ($1)", {id});
                        return {};
                    },
                    [&answered](const Status& status) { answered += status ? 1 : 0; });
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    store.reset();  // runs what is queued
    EXPECT_EQ(answered.load(), kThreads * kEach);
    store = open_store(database_->url(), clock_);
    EXPECT_EQ(ids_in(*store).size(), 10'000U);
}

TEST_F(StoreTest, RefusesADatabaseInUse) {
    auto store = open_store(url(), clock_);
    const auto second = Store::open(url(), clock_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind(), ErrorKind::Conflict);
    EXPECT_NE(second.error().message().find("in use by another process"), std::string::npos);
    store.reset();
    EXPECT_TRUE(Store::open(url(), clock_));
}

TEST_F(StoreTest, RefusesWhatIsNoDatabase) {
    std::FILE* file = std::fopen(folder_.file("text").c_str(), "w");
    std::fputs(std::string(5000, 'x').c_str(), file);
    std::fclose(file);
    EXPECT_EQ(Store::open(url("text"), clock_).error().message(),
              folder_.file("text") + " is not a Tocsin database");
    EXPECT_EQ(Store::open(url("no/such/folder.db"), clock_).error().kind(), ErrorKind::Invalid);
    EXPECT_EQ(Store::open("mysql://x", clock_).error().kind(), ErrorKind::Invalid);
}

TEST_F(StoreTest, OnlyItsOwnUserMayReadTheFiles) {
    auto store = open_store(url(), clock_);
    ASSERT_TRUE(make_table(*store));
    for (const char* name : {"tocsin.db", "tocsin.db-wal"}) {
        const auto mode = std::filesystem::status(folder_.file(name)).permissions();
        EXPECT_EQ(mode & std::filesystem::perms(077), std::filesystem::perms::none) << name;
    }
}

}  // namespace
}  // namespace tocsin::store
