#include "store/listener.h"

#include <mutex>
#include <thread>

#include "store/broken_postgres.h"

namespace tocsin::store {
namespace {

// What one process heard.
class Heard {
  public:
    Listener::Hooks hooks() {
        return {[this](const Signal& signal) {
                    const std::lock_guard lock(mutex_);
                    signals_.push_back(signal);
                },
                [this] { ++gaps_; }};
    }
    void listen(Store& store) {
        Listener::Hooks both = hooks();
        store.listen(both.each, both.gap);
    }
    std::vector<Signal> signals() const {
        const std::lock_guard lock(mutex_);
        return signals_;
    }
    std::vector<std::int64_t> subjects() const {
        std::vector<std::int64_t> out;
        for (const Signal& signal : signals()) {
            out.push_back(signal.subject);
        }
        return out;
    }
    // "topic subject/detail node".
    std::vector<std::string> words() const {
        std::vector<std::string> out;
        for (const Signal& signal : signals()) {
            out.push_back(fmt::format("{} {}/{} {}", signal.topic, signal.subject, signal.detail,
                                      signal.node));
        }
        return out;
    }
    std::size_t count() const {
        const std::lock_guard lock(mutex_);
        return signals_.size();
    }
    int gaps() const { return gaps_.load(); }

  private:
    mutable std::mutex mutex_;
    std::vector<Signal> signals_;
    std::atomic<int> gaps_{0};
};

class BrokenListener : public BrokenPostgres {
  protected:
    static constexpr const char* kListeners = "query LIKE 'SELECT seq, topic%'";

    static Status tell(Store& store, std::int64_t subject) {
        return store.run_fenced([subject](Database& db) -> Status {
            db.signal(topic::kLeft, subject);
            return {};
        });
    }
    std::unique_ptr<Listener> listener_at(std::int64_t cursor, Heard& heard) {
        return std::make_unique<Listener>(Postgres::unconnected(url_, Postgres::Use::Beside, {}),
                                          cursor, clock_, heard.hooks());
    }
    // Written behind the listeners' back.
    void without_notify(const std::string& sql) {
        const std::string schema = url_.substr(url_.rfind("%3D") + 3);
        server_.admin("postgres", "SET search_path = " + schema + "; " + sql);
    }
};

TEST_F(BrokenListener, EveryNodeHearsWhatEveryNodeCommits) {
    Heard by_one;
    Heard by_other;
    Heard by_late;
    auto one = open("one");
    auto other = open("other");
    ASSERT_TRUE(tell(*one, 1));  // since it was opened
    by_one.listen(*one);
    by_other.listen(*other);
    ASSERT_TRUE(one->run([](Database& db) -> Status {
        db.signal(topic::kReleased, 7);
        db.signal(topic::kLeft, 8, 9);
        db.signal(topic::kReleased, 7);
        return {};
    }));
    ASSERT_TRUE(tell(*other, -2));
    wait_until([&] { return by_one.count() == 4 && by_other.count() == 4; });
    EXPECT_EQ(by_one.words(), (std::vector<std::string>{"left 1/0 one", "released 7/0 one",
                                                        "left 8/9 one", "left -2/0 other"}));
    EXPECT_EQ(by_one.words(), by_other.words());
    auto late = open("late");
    by_late.listen(*late);
    ASSERT_TRUE(tell(*late, 3));
    wait_until([&] { return by_late.count() == 1 && by_one.count() == 5; });
    EXPECT_EQ(by_one.gaps() + by_other.gaps() + by_late.gaps(), 0);
}

TEST_F(BrokenListener, WhatIsUndoneIsNotSaid) {
    Heard heard;
    auto store = open();
    heard.listen(*store);
    std::promise<void> held;
    std::promise<void> release;
    const auto forget = [](const Status&) {};
    store->post(
        [&](Database& db) -> Status {
            db.signal(topic::kLeft, 1);
            held.set_value();
            release.get_future().wait();
            return {};
        },
        forget);
    held.get_future().wait();
    store->post(
        [](Database& db) -> Status {
            (void)insert_list(db, "x");
            db.signal(topic::kLeft, 2);
            return conflict("no");
        },
        forget);
    store->post(
        [](Database& db) -> Status {
            db.signal(topic::kLeft, 3);
            (void)insert_list(db, "y");
            return {};
        },
        forget);
    store->post(
        [](Database& db) -> Status {
            db.signal(topic::kLeft, 4);
            (void)insert_list(db, "y");  // there is one
            return {};
        },
        forget);
    release.set_value();
    ASSERT_TRUE(tell(*store, 5));
    wait_until([&] { return heard.count() == 3; });
    std::set<std::int64_t> subjects;
    for (const Signal& signal : heard.signals()) {
        subjects.insert(signal.subject);
    }
    EXPECT_EQ(subjects, (std::set<std::int64_t>{1, 3, 5}));
}

TEST_F(BrokenListener, WhatWasNotAnnouncedIsFoundByLooking) {
    Heard heard;
    auto store = open();
    heard.listen(*store);
    without_notify(
        "INSERT INTO signal (topic, subject, detail, node_id, at) "
        "VALUES ('left', 1, 0, '', 0)");
    wait_until([&] { return heard.count() == 1; });
}

TEST_F(BrokenListener, NoneIsMissedOrHeardTwiceThoughSessionsEndAllTheTime) {
    constexpr int kEach = 150;
    Heard by_one;
    Heard by_other;
    auto one = open("one");
    auto other = open("other");
    by_one.listen(*one);
    by_other.listen(*other);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([store = t < 2 ? one.get() : other.get(), t] {
            for (int i = 0; i < kEach; ++i) {
                const std::int64_t subject = t * kEach + i;
                const auto fn = [subject](Database& db) -> Status {
                    db.signal(topic::kLeft, subject);
                    return {};
                };
                EXPECT_TRUE(t % 2 == 0 ? store->run(fn) : store->run_fenced(fn));
            }
        });
    }
    for (int i = 1; i <= 4; ++i) {
        wait_until([&] { return by_one.count() > static_cast<std::size_t>(i * kEach / 2); });
        end_sessions(kListeners);
    }
    for (auto& thread : threads) {
        thread.join();
    }
    wait_until([&] { return by_one.count() == 4 * kEach && by_other.count() == 4 * kEach; });
    EXPECT_EQ(by_one.words(), by_other.words());
    std::set<std::int64_t> subjects;
    std::int64_t last = 0;
    for (const Signal& signal : by_one.signals()) {
        EXPECT_GT(signal.seq, last);
        last = signal.seq;
        subjects.insert(signal.subject);
    }
    EXPECT_EQ(subjects.size(), 4U * kEach);
    EXPECT_EQ(by_one.gaps() + by_other.gaps(), 0);
}

using Subjects = std::vector<std::int64_t>;

TEST_F(BrokenListener, WhoWasAwayForTooLongHearsWhatIsThereAndThatThereIsAGap) {
    auto store = open();
    for (int i = 1; i <= 5; ++i) {
        ASSERT_TRUE(tell(*store, i));
    }
    Heard first;
    without_notify("DELETE FROM signal WHERE seq < 2");
    {
        const auto listener = listener_at(2, first);
        wait_until([&] { return first.count() == 3; });
        EXPECT_EQ(first.gaps(), 0);
    }
    Heard second;
    without_notify("DELETE FROM signal WHERE seq < 4");
    const auto listener = listener_at(2, second);
    wait_until([&] { return second.gaps() == 1; });
    EXPECT_EQ(second.subjects(), (Subjects{4, 5}));  // before the gap was told
    ASSERT_TRUE(tell(*store, 6));
    wait_until([&] { return second.count() == 3; });
    EXPECT_EQ(second.subjects(), (Subjects{4, 5, 6}));
    EXPECT_EQ(second.gaps(), 1);
}

// From an older backup, or a standby that lacked the last commits.
TEST_F(BrokenListener, WhatIsInADatabaseThatWasSetBackIsHeard) {
    auto store = open();
    for (int i = 1; i <= 3; ++i) {
        ASSERT_TRUE(tell(*store, i));
    }
    Heard beyond;  // the newest number is below the cursor
    const auto one = listener_at(1'000, beyond);
    wait_until([&] { return beyond.gaps() == 1; });
    EXPECT_EQ(beyond.subjects(), (Subjects{1, 2, 3}));
    Heard given_again;  // another row has the cursor's number
    const auto other = listener_at(2, given_again);
    wait_until([&] { return given_again.count() == 1; });
    EXPECT_EQ(given_again.gaps(), 0);
    without_notify(
        "DELETE FROM signal WHERE seq > 1; INSERT INTO signal (seq, topic, subject, detail, "
        "node_id, at) VALUES (2, 'left', 12, 0, '', 0), (3, 'left', 13, 0, '', 0)");
    for (Heard* heard : {&beyond, &given_again}) {
        wait_until([&] { return heard->gaps() == (heard == &beyond ? 2 : 1); });
    }
    EXPECT_EQ(beyond.subjects(), (Subjects{1, 2, 3, 1, 12, 13}));
    EXPECT_EQ(given_again.subjects(), (Subjects{3, 1, 12, 13}));
    Heard emptied;
    without_notify("DELETE FROM signal");
    const auto last = listener_at(3, emptied);
    wait_until([&] { return emptied.gaps() == 1; });
    ASSERT_TRUE(tell(*store, 7));
    wait_until([&] { return emptied.count() == 1; });
    EXPECT_EQ(emptied.gaps(), 1);
}

TEST_F(BrokenListener, ItKnowsWhetherItIsInTouch) {
    Heard heard;
    auto store = open();
    EXPECT_TRUE(store->in_touch());
    heard.listen(*store);
    EXPECT_TRUE(store->in_touch());
    server_.stop(PostgresServer::Stop::Immediate);
    wait_until([&] { return !store->trouble().empty(); });
    clock_.advance(Milliseconds(1'001));
    EXPECT_FALSE(store->in_touch());
    server_.start();
    wait_until([&] { return store->in_touch() && store->trouble().empty(); });
    ASSERT_TRUE(tell(*store, 1));
    wait_until([&] { return heard.count() == 1; });
    EXPECT_EQ(heard.gaps(), 0);
}

}  // namespace
}  // namespace tocsin::store
