// Two engines on one store: one is suspended for longer than its lease, the other takes over, and
// then the first wakes up. That is what two machines on one database are to each other.
#include "delivery/engine_fixture.h"

namespace tocsin::delivery {
namespace {

using ::testing::SizeIs;

constexpr Seconds kBeyondTheLease{31};

class TwoNewsrooms : public Newsroom {
  protected:
    // The second engine, whose clock goes on while the first one's stands still.
    void start_second() {
        EngineOptions second = options(second_server_.port());
        second.leases = Leases::Shared;
        second.node = "second";
        second_clock_.advance(kBeyondTheLease);
        second_ =
            std::make_unique<Engine>(*store_, second_clock_, ring_, nullptr, std::move(second),
                                     EngineHooks{.finished = [this](AlertId alert) {
                                         const std::lock_guard lock(finished_mutex_);
                                         finished_.insert(alert);
                                     }});
        CHECK(second_->start());
    }

    // The first engine has mail of the alert on the wire, unanswered, and more of it composed.
    AlertId suspend_first(int readers) {
        const ListId list = add_list("news");
        add_readers(list, readers);
        start_engine();
        const AlertId alert = release({.lists = {list}});
        server_.hold(true);
        send(alert);
        CHECK(wait_until([&] { return server_.waiting() >= 10; }));
        return alert;
    }

    void expect_all_from_second(AlertId alert, std::size_t readers) {
        EXPECT_EQ(status(alert).counts.delivered, readers);
        expect_accounted(alert);
        EXPECT_THAT(second_server_.by_recipient(), SizeIs(readers));
        EXPECT_EQ(second_server_.count(), readers) << "the second engine repeats itself";
    }

    FakeClock second_clock_;
    ScriptedServer second_server_;
    std::unique_ptr<Engine> second_;
};

TEST_F(TwoNewsrooms, WhoWakesUpAfterItsLeaseSendsNothingMoreAndCommitsNothing) {
    const AlertId alert = suspend_first(300);
    start_second();
    ASSERT_TRUE(finished(alert));
    const std::size_t on_the_wire = server_.waiting();
    clock_.advance(kBeyondTheLease);  // the first one's clock too: it was suspended, not slow
    server_.hold(false);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() == 0; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // time to do wrong
    EXPECT_LE(server_.count(), 2 * on_the_wire) << "only what was on the wire arrives";
    expect_all_from_second(alert, 300);
    // Those who got it from both got the same message.
    const auto from_second = second_server_.by_recipient();
    for (const auto& [rcpt, messages] : server_.by_recipient()) {
        EXPECT_EQ(messages.front(), from_second.at(rcpt).front()) << rcpt;
    }
    EXPECT_TRUE(engine_->halted().empty());
    second_.reset();
}

TEST_F(TwoNewsrooms, WhoDoesNotKnowThatItsLeaseIsLostIsToldByTheFence) {
    const AlertId alert = suspend_first(300);
    start_second();
    ASSERT_TRUE(finished(alert));
    server_.hold(false);  // its clock stands: it believes in its lease
    ASSERT_TRUE(wait_until([&] { return server_.waiting() == 0 && server_.count() >= 10; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_LT(server_.count(), 300U) << "goes on though nothing of it is recorded";
    expect_all_from_second(alert, 300);
    second_.reset();
}

TEST_F(TwoNewsrooms, WhoIsFencedGoesOnWithOtherAlerts) {
    const AlertId alert = suspend_first(300);
    start_second();
    ASSERT_TRUE(finished(alert));
    second_->shutdown();
    second_.reset();
    clock_.advance(kBeyondTheLease);
    server_.hold(false);
    const ListId list = add_list("sport");
    add_readers(list, 50, 1'000);
    const AlertId next = release({.lists = {list}});
    send(next);
    ASSERT_TRUE(finished(next));
    expect_accounted(next);
    expect_all_from_second(alert, 300);
}

// One engine whose machine's clock is set in the middle: no lease runs out by that.
class NewsroomWhoseClockIsSet : public Newsroom,
                                public ::testing::WithParamInterface<std::size_t> {};

TEST_P(NewsroomWhoseClockIsSet, TakesNoPartitionFromItself) {
    const ListId list = add_list("news");
    add_readers(list, 300);
    EngineOptions with_workers = options(server_.port());
    with_workers.workers = GetParam();
    start_engine(std::move(with_workers));
    const AlertId alert = release({.lists = {list}});
    server_.hold(true);
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() >= 10; }));
    clock_.step_wall(std::chrono::hours(3));
    for (int second = 0; second < 12; ++second) {  // it looks for partitions every 1 or 10 s
        clock_.advance(std::chrono::seconds(1));
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
    }
    server_.hold(false);
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    EXPECT_THAT(server_.by_recipient(), SizeIs(300));
    EXPECT_EQ(server_.count(), 300U) << "what was on the wire was sent again";
    const auto generation = store_->run([](store::Database& db) -> Result<std::int64_t> {
        return db.first("SELECT MAX(generation) FROM partition")->integer(0);
    });
    EXPECT_EQ(*generation, 1) << "claimed a second time";
}

INSTANTIATE_TEST_SUITE_P(Workers, NewsroomWhoseClockIsSet, ::testing::Values(1, 2));

}  // namespace
}  // namespace tocsin::delivery
