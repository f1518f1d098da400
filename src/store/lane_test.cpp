#include "store/lane.h"

#include <atomic>
#include <csignal>
#include <mutex>
#include <set>
#include <thread>

#include "store/broken_postgres.h"
#include "store/postgres.h"

namespace tocsin::store {
namespace {

class BrokenLanes : public BrokenPostgres {
  protected:
    // Nothing is wrong any more, and all three kinds of closures work.
    void expect_well(Store& store, const std::string& slug) {
        wait_until([&] { return store.trouble().empty(); });
        EXPECT_TRUE(insert(store, slug));
        EXPECT_TRUE(
            store.run_fenced([&](Database& db) { return insert_list(db, slug + "-fenced"); }));
        EXPECT_TRUE(count(store));
        EXPECT_FALSE(store.failed());
    }
};

TEST_F(BrokenLanes, ALostConnectionIsMadeAnewForReadsAndForNewWrites) {
    auto store = open();
    ASSERT_TRUE(insert(*store, "one"));
    EXPECT_EQ(*count(*store), 1);
    end_sessions();
    EXPECT_EQ(*count(*store), 1);
    end_sessions();
    ASSERT_TRUE(insert(*store, "two"));
    EXPECT_EQ(*count(*store), 2);
    EXPECT_EQ(store->trouble(), "");
}

TEST_F(BrokenLanes, WhileThereIsNoServerClosuresAreRefusedAtOnce) {
    auto store = open();
    ASSERT_TRUE(insert(*store, "one"));
    server_.stop(PostgresServer::Stop::Immediate);
    for (int i = 0; i < 3; ++i) {
        const Status status = insert(*store, "lost");
        ASSERT_FALSE(status);
        EXPECT_TRUE(passing(status.error())) << status.error().message();
        EXPECT_EQ(status.error().kind(), ErrorKind::Unavailable);
        EXPECT_EQ(status.error().message().find('\n'), std::string::npos);
        EXPECT_FALSE(count(*store));
    }
    wait_until([&] { return !store->trouble().empty(); });
    EXPECT_FALSE(store->failed());
    server_.start();
    expect_well(*store, "two");
    EXPECT_EQ(*count(*store), 3);
}

TEST_F(BrokenLanes, ItEndsWhileThereIsNoServer) {
    auto store = open();
    server_.stop(PostgresServer::Stop::Immediate);
    EXPECT_FALSE(insert(*store, "lost"));
    store.reset();
    server_.start();
}

TEST_F(BrokenLanes, AConnectionLostInAWriteLeavesNothingOfItsGroup) {
    auto store = open();
    const Status status = store->run([this](Database& db) -> Status {
        (void)insert_list(db, "x");
        end_sessions();
        return insert_list(db, "y");
    });
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind(), ErrorKind::Unavailable);
    expect_well(*store, "two");
    EXPECT_EQ(*count(*store), 2);
}

TEST_F(BrokenLanes, ACommitWithoutAnAnswerIsUnavailable) {
    auto store = open();
    const Status status = store->run([this](Database& db) -> Status {
        (void)insert_list(db, "x");
        end_sessions();
        return {};
    });
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind(), ErrorKind::Unavailable);
    expect_well(*store, "two");
}

TEST_F(BrokenLanes, AReadWhoseServerIsGoneIsUnavailableAndTheNextFindsItAgain) {
    auto store = open();
    ASSERT_TRUE(insert(*store, "one"));
    std::promise<Result<std::int64_t>> read;
    store->post_read(
        [this](Database& db) -> Result<std::int64_t> {
            db.first("SELECT 1");
            end_sessions();
            return db.first("SELECT COUNT(*) FROM list")->integer(0);
        },
        [&read](Result<std::int64_t> result) { read.set_value(std::move(result)); });
    EXPECT_EQ(read.get_future().get().error().kind(), ErrorKind::Unavailable);
    expect_well(*store, "two");
}

// A primary that was set read-only by hand, as some do before they fail over.
TEST_F(BrokenLanes, AServerThatBecameReadOnlyLosesTheSession) {
    auto store = open();
    ASSERT_TRUE(insert(*store, "one"));
    const Status status = store->run([this](Database& db) -> Status {
        db.execute("SET TRANSACTION READ ONLY", {});
        server_.admin("postgres", "ALTER ROLE tocsin SET default_transaction_read_only = on");
        return insert_list(db, "x");
    });
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind(), ErrorKind::Unavailable);
    wait_until([&] { return store->trouble().find("is read-only") != std::string::npos; });
    EXPECT_EQ(insert(*store, "x").error().kind(), ErrorKind::Unavailable);
    server_.admin(
        "postgres",
        "BEGIN READ WRITE; ALTER ROLE tocsin RESET default_transaction_read_only; COMMIT");
    expect_well(*store, "two");
}

// After a failover the old primary may come back as a standby: the URL names both.
TEST_F(BrokenLanes, TheServerThatWritesIsFoundAmongSeveral) {
    auto home = open();
    home.reset();
    server_.stop(PostgresServer::Stop::Orderly);
    const auto other = server_.copy();
    server_.start();
    const std::size_t host = url_.find(server_.folder());
    url_.insert(host + server_.folder().size(),
                "," + other->folder() + "&target_session_attrs=read-write");
    auto store = open();
    ASSERT_TRUE(insert(*store, "one"));
    EXPECT_EQ(*count(*store), 1);
    server_.stop(PostgresServer::Stop::Orderly);
    EXPECT_EQ(insert(*store, "x").error().kind(), ErrorKind::Unavailable);
    server_.become_standby();
    server_.start();
    other->start();
    ASSERT_TRUE(other->running()) << other->why_not();
    expect_well(*store, "two");
    EXPECT_EQ(*count(*store), 2);  // on the other one
    server_.stop(PostgresServer::Stop::Orderly);
    server_.become_primary();
    server_.start();
}

// A proxy or a firewall keeps a connection open whose other end is gone: here the server's process
// stands still.
TEST_F(BrokenLanes, AServerThatSaysNothingIsLost) {
    auto store = open();
    ASSERT_TRUE(insert(*store, "one"));
    const auto db = Postgres::unconnected(
        url_, Postgres::Use::Beside,
        {.node = {}, .pooler = Pooler::None, .answer_time = Milliseconds(200)});
    EXPECT_EQ(db->first("SELECT COUNT(*) FROM list")->integer(0), 1);
    const int pid = db->backend_pid();
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    try {
        db->first("SELECT COUNT(*) FROM list");
        ADD_FAILURE() << "an answer of a process that stands still";
    } catch (const DatabaseFailure& failure) {
        EXPECT_EQ(failure.scope(), DatabaseFailure::Scope::Transaction);
        EXPECT_STREQ(failure.what(),
                     "the connection was lost: the server has not answered for 1 s");
    }
    EXPECT_EQ(::kill(pid, SIGCONT), 0);
    EXPECT_TRUE(db->lost());
    EXPECT_TRUE(db->reconnect());
    EXPECT_EQ(db->first("SELECT COUNT(*) FROM list")->integer(0), 1);
}

// As when another node, of a newer version, migrates the database.
TEST_F(BrokenLanes, ATableThatWasChangedMeanwhileCostsOneClosure) {
    auto store = open();
    const auto columns = [&store] {
        return store->run([](Database& db) -> Result<std::int64_t> {
            return db.first("SELECT * FROM list")->integer(0);
        });
    };
    ASSERT_TRUE(insert(*store, "one"));
    ASSERT_TRUE(columns());
    ASSERT_TRUE(store->run_fenced([](Database& db) -> Status {
        db.execute("ALTER TABLE list ADD COLUMN more BIGINT", {});
        return {};
    }));
    EXPECT_EQ(columns().error().kind(), ErrorKind::Unavailable);
    wait_until([&] { return store->trouble().empty(); });
    EXPECT_TRUE(columns());
}

// Two lanes lock two rows in opposite order.
TEST_F(BrokenLanes, ADeadlockIsUnavailableAndCostsNoConnection) {
    auto store = open();
    ASSERT_TRUE(insert(*store, "a"));
    ASSERT_TRUE(insert(*store, "b"));
    const std::uint64_t connections = store->counters().connections;
    std::promise<void> fenced_has_a;
    std::promise<Status> fenced;
    const auto lock = [](Database& db, const char* slug) {
        db.execute("UPDATE list SET name = 'locked' WHERE slug = $1", {slug});
    };
    std::promise<void> books_has_b;
    store->post_fenced(
        [&](Database& db) -> Status {
            lock(db, "a");
            fenced_has_a.set_value();
            books_has_b.get_future().wait();
            lock(db, "b");
            return {};
        },
        [&fenced](Status status) { fenced.set_value(std::move(status)); });
    fenced_has_a.get_future().wait();
    const Status books = store->run([&](Database& db) -> Status {
        lock(db, "b");
        books_has_b.set_value();
        lock(db, "a");
        return {};
    });
    const Status other = fenced.get_future().get();
    EXPECT_NE(books.has_value(), other.has_value());
    const Status& victim = books ? other : books;
    EXPECT_EQ(victim.error().kind(), ErrorKind::Unavailable) << victim.error().message();
    EXPECT_EQ(store->counters().connections, connections + 1);  // the fenced lane's first
    EXPECT_EQ(store->trouble(), "");
}

// All processes take turns with their books, and nobody waits for those with fenced closures and
// reads.
TEST_F(BrokenLanes, OnlyBooksWaitForBooks) {
    auto one = open();
    auto other = open();
    std::promise<void> held;
    std::promise<void> release;
    std::promise<Status> first;
    one->post(
        [&](Database& db) -> Status {
            (void)insert_list(db, "one");
            held.set_value();
            release.get_future().wait();
            return {};
        },
        [&first](Status status) { first.set_value(std::move(status)); });
    held.get_future().wait();
    std::promise<Status> second;
    other->post([](Database& db) { return insert_list(db, "two"); },
                [&second](Status status) { second.set_value(std::move(status)); });
    for (Store* store : {one.get(), other.get()}) {
        EXPECT_TRUE(store->run_fenced([](Database& db) -> Status {
            db.execute("DELETE FROM list WHERE slug = 'none'", {});
            return {};
        }));
        EXPECT_EQ(*count(*store), 0);
    }
    auto answer = second.get_future();
    wait_until([&] {
        return server_.admin("postgres",
                             "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT "
                             "granted") == "1";
    });
    EXPECT_EQ(other->trouble(), "");
    clock_.advance(Seconds(34));  // while another one does something long, nothing is wrong
    EXPECT_EQ(one->trouble() + other->trouble(), "");
    clock_.advance(Seconds(2));
    EXPECT_EQ(other->trouble(), "the database has not finished what it was asked 36 s ago");
    EXPECT_EQ(answer.wait_for(Milliseconds(0)), std::future_status::timeout);
    release.set_value();
    EXPECT_TRUE(first.get_future().get());
    EXPECT_TRUE(answer.get());
    EXPECT_EQ(other->trouble(), "");
    EXPECT_EQ(*count(*one), 2);
}

TEST_F(BrokenLanes, AGroupThatWaitsForNobodysBooksIsTroubleWithinSeconds) {
    auto store = open();
    std::promise<void> held;
    std::promise<void> release;
    std::promise<Status> done;
    store->post_fenced(
        [&](Database& /*db*/) -> Status {
            held.set_value();
            release.get_future().wait();
            return {};
        },
        [&done](Status status) { done.set_value(std::move(status)); });
    held.get_future().wait();
    clock_.advance(Seconds(6));
    EXPECT_EQ(store->trouble(), "the database has not finished what it was asked 6 s ago");
    release.set_value();
    EXPECT_TRUE(done.get_future().get());
    EXPECT_EQ(store->trouble(), "");
}

// What no other database has: text that PostgreSQL does not take fails its own closure only.
TEST_F(BrokenLanes, TextThatIsNoTextFailsItsClosureAlone) {
    auto store = open();
    for (const std::string& text : {std::string("a\0b", 3), std::string("\xff\xfe"),
                                    std::string("\xed\xa0\x80"), std::string("\xc3")}) {
        std::promise<void> held;
        std::promise<void> release;
        std::vector<std::promise<Status>> done(3);
        const auto into = [](std::promise<Status>& promise) {
            return [&promise](Status status) { promise.set_value(std::move(status)); };
        };
        store->post(
            [&](Database& db) -> Status {
                held.set_value();
                release.get_future().wait();
                return insert_list(db, "before");
            },
            into(done[0]));
        held.get_future().wait();
        store->post([&text](Database& db) { return insert_list(db, text); }, into(done[1]));
        store->post(
            [](Database& db) -> Status {
                (void)insert_list(db, "behind");
                db.execute("DELETE FROM list", {});
                return {};
            },
            into(done[2]));
        release.set_value();
        EXPECT_TRUE(done[0].get_future().get());
        EXPECT_EQ(done[1].get_future().get().error().kind(), ErrorKind::Io);
        EXPECT_TRUE(done[2].get_future().get());
    }
    EXPECT_EQ(store->trouble(), "");
}

TEST_F(BrokenLanes, CountsWhatACommitCosts) {
    auto store = open();
    for (const char* slug : {"warm", "up"}) {
        ASSERT_TRUE(store->run_fenced([slug](Database& db) { return insert_list(db, slug); }));
    }
    const StoreCounters before = store->counters();
    ASSERT_TRUE(store->run_fenced([](Database& db) { return insert_list(db, "one"); }));
    const StoreCounters after = store->counters();
    EXPECT_EQ(after.statements - before.statements, 1U);
    EXPECT_EQ(after.controls - before.controls, 2U);  // BEGIN and COMMIT
    EXPECT_EQ(after.round_trips - before.round_trips, 2U);
    EXPECT_EQ(after.groups - before.groups, 1U);
}

// --- a server that is killed while everybody works ------------------------------------------

class Worked {
  public:
    Worked(Store& store, std::string name) : store_(store), name_(std::move(name)) {}

    // Inserts row after row, each once, until the end; reads in between.
    void work() {
        for (int i = 0; !ends_; ++i) {
            const std::string slug = fmt::format("{}-{}", name_, i);
            const auto fn = [slug](Database& db) -> Status {
                db.execute("INSERT INTO seen (slug) VALUES ($1)", {slug});
                return {};
            };
            const Status status = i % 2 == 0 ? store_.run(fn) : store_.run_fenced(fn);
            if (status) {
                stored_.insert(slug);
                ++answered_;
                continue;
            }
            EXPECT_EQ(status.error().kind(), ErrorKind::Unavailable) << status.error().message();
            ++refused_;
            ::poll(nullptr, 0, 1);
        }
    }
    void end() { ends_ = true; }
    int answered() const { return answered_.load(); }
    int refused() const { return refused_.load(); }
    const std::set<std::string>& stored() const { return stored_; }

  private:
    Store& store_;
    const std::string name_;
    std::atomic<bool> ends_{false};
    std::atomic<int> answered_{0};
    std::atomic<int> refused_{0};
    std::set<std::string> stored_;
};

TEST_F(BrokenLanes, WhatWasAnsweredIsThereHoweverOftenTheServerDies) {
    auto one = open();
    auto other = open();
    ASSERT_TRUE(one->run([](Database& db) -> Status {
        db.script("CREATE TABLE seen (slug TEXT NOT NULL)");
        return {};
    }));
    std::vector<std::unique_ptr<Worked>> workers;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        workers.push_back(std::make_unique<Worked>(i % 2 == 0 ? *one : *other, std::to_string(i)));
        threads.emplace_back([worker = workers.back().get()] { worker->work(); });
    }
    const auto each_goes_on = [&](int (Worked::*number)() const) {
        for (const auto& worker : workers) {
            const int before = ((*worker).*number)();
            wait_until([&] { return ((*worker).*number)() > before + 3; });
        }
    };
    for (const auto how : {PostgresServer::Stop::Kill, PostgresServer::Stop::Immediate,
                           PostgresServer::Stop::Kill, PostgresServer::Stop::Orderly}) {
        each_goes_on(&Worked::answered);
        server_.stop(how);
        each_goes_on(&Worked::refused);
        server_.start();
        ASSERT_TRUE(server_.running()) << server_.why_not();
    }
    each_goes_on(&Worked::answered);
    std::set<std::string> stored;
    for (std::size_t i = 0; i < workers.size(); ++i) {
        workers[i]->end();
        threads[i].join();
        stored.insert(workers[i]->stored().begin(), workers[i]->stored().end());
    }
    wait_until([&] { return (one->trouble() + other->trouble()).empty(); });
    std::set<std::string> kept;
    std::size_t rows = 0;
    const Status read = one->run([&](Database& db) -> Status {
        db.for_each("SELECT slug FROM seen", {}, [&](const Row& row) {
            kept.insert(row.text(0));
            ++rows;
        });
        return {};
    });
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(kept.size(), rows);  // none twice
    EXPECT_TRUE(std::includes(kept.begin(), kept.end(), stored.begin(), stored.end()));
}

}  // namespace
}  // namespace tocsin::store
