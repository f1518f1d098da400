// Two nodes on one database: what each tells the other, and a database that goes away for a while.
#include "delivery/audience_chunk.h"
#include "delivery/engine_fixture.h"
#include "store/delivery.h"
#include "store/nodes.h"
#include "store/postgres_server.h"

namespace tocsin::delivery {
namespace {

using ::testing::SizeIs;

class TwoNodes : public Newsroom {
  protected:
    EngineOptions node(const std::string& name, std::uint16_t port) const {
        EngineOptions shared = options(port);
        shared.leases = Leases::Shared;
        shared.lease = Seconds(15);
        shared.node = name;
        return shared;
    }
    void start_both() {
        for (const char* name : {"a-1", "b-2"}) {
            register_node(name);
        }
        start_engine(node("a-1", server_.port()));
        second_ = std::make_unique<Engine>(*store_, clock_, ring_, nullptr,
                                           node("b-2", second_server_.port()));
        CHECK(second_->start());
    }
    void register_node(const std::string& name) {
        CHECK(store_->run([&](store::Database& db) -> Status {
            store::write_node(db, {.id = name,
                                   .name = name,
                                   .place = name,
                                   .role = "all",
                                   .version = "1",
                                   .started_at = clock_.now(),
                                   .seen_at = clock_.now(),
                                   .trouble = ""});
            return {};
        }));
    }
    std::optional<Progress> merged(AlertId alert) {
        return store_
            ->run([&](store::Database& db) -> Result<std::optional<Progress>> {
                return merged_progress(db, alert, clock_.now());
            })
            .value();
    }
    bool settled(AlertId alert) {
        return store_
            ->run([&](store::Database& db) -> Result<bool> {
                return store::is_settled(db, alert, clock_.now());
            })
            .value();
    }
    // Two partitions, so that both nodes have one.
    AlertId release_two_partitions() {
        const ListId list = add_list("news");
        add_readers(list, 100);
        const AlertId alert = release({.lists = {list}});
        CHECK(store_->run([&](store::Database& db) -> Status {
            auto row = store::find_partition(db, alert, 0);
            CHECK(row && !store::find_partition(db, alert, 1));
            TRY_AS(std::vector<ChunkRecipient> all, decode_chunk(store::load_chunk(db, alert, 0)));
            std::vector<ChunkRecipient> rest(all.begin() + 50, all.end());
            all.resize(50);
            db.execute("UPDATE partition SET recipients = 50 WHERE alert_id = $1", {alert});
            db.execute("UPDATE audience_chunk SET recipients = $2 WHERE alert_id = $1",
                       {alert, store::Blob{encode_chunk(all)}});
            store::insert_partition(db, {.alert = alert,
                                         .partition = 1,
                                         .first_ordinal = 50,
                                         .recipients = 50,
                                         .chunk = encode_chunk(rest),
                                         .domain = ""});
            return {};
        }));
        return alert;
    }
    void execute(const std::string& sql, const std::vector<store::Param>& params) {
        CHECK(store_->run([&](store::Database& db) -> Status {
            db.execute(sql, params);
            return {};
        }));
    }
    // Both hold a partition with mail on the wire.
    AlertId both_at_work() {
        start_both();
        const AlertId alert = release_two_partitions();
        server_.hold(true);
        second_server_.hold(true);
        // The first one would take both.
        execute(
            "UPDATE partition SET state = 'leased', owner = 'x', lease_until = $1 "
            "WHERE partition = 1",
            {clock_.now() + Seconds(3600)});
        send(alert);
        CHECK(wait_until([&] { return server_.waiting() >= 5; }));
        execute("UPDATE partition SET state = 'open', owner = '' WHERE partition = 1", {});
        second_->alert_released(alert);
        CHECK(wait_until([&] { return second_server_.waiting() >= 5; }));
        return alert;
    }
    void let_go() {
        server_.hold(false);
        second_server_.hold(false);
    }
    // Whoever of them has the last one tells the other by a signal, or it looks.
    void expect_end(AlertId alert) {
        EXPECT_TRUE(wait_until([&] { return status(alert).counts.settled() == 100U; }));
        pass(Seconds(6));
        EXPECT_TRUE(finished(alert));
        EXPECT_TRUE(wait_until([&] { return !second_->progress(alert); }));
        expect_accounted(alert);
    }
    // Time passes for both, and they do what it makes due.
    void pass(Seconds time) {
        for (Seconds passed{0}; passed < time; ++passed) {
            clock_.advance(Seconds(1));
            register_node("a-1");
            register_node("b-2");
            std::this_thread::sleep_for(std::chrono::milliseconds(60));
        }
    }

    ScriptedServer second_server_;
    std::unique_ptr<Engine> second_;
};

TEST_F(TwoNodes, TogetherSendEveryoneOneAndWriteOneClock) {
    const AlertId alert = both_at_work();
    let_go();
    expect_end(alert);
    EXPECT_EQ(server_.count() + second_server_.count(), 100U);
    EXPECT_EQ(server_.count(), 50U);
    EXPECT_EQ(status(alert).counts.delivered, 100U);
    EXPECT_TRUE(status(alert).clock.p99_ms);
    EXPECT_FALSE(merged(alert));
    second_.reset();
}

TEST_F(TwoNodes, WhatBothHaveDoneIsSeenByWhoeverLooks) {
    const AlertId alert = both_at_work();
    second_server_.hold(false);
    ASSERT_TRUE(wait_until([&] { return second_server_.count() == 50; }));
    pass(Seconds(3));
    const auto seen = merged(alert);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->audience, 100U);
    EXPECT_EQ(seen->counts.delivered, 50U);
    std::uint64_t by_domain = 0;
    for (const DomainProgress& domain : seen->domains) {
        by_domain += domain.counts.delivered;
    }
    EXPECT_EQ(by_domain, 50U);
    EXPECT_TRUE(seen->clock.first_ms);
    let_go();
    expect_end(alert);
    second_.reset();
}

TEST_F(TwoNodes, AStopIsSettledWhenBothAre) {
    const AlertId alert = both_at_work();
    CHECK(store_->run([&](store::Database& db) -> Status {
        CHECK(store::set_stopped(db, alert, clock_.now()));
        return {};
    }));
    engine_->stop_alert(alert);
    pass(Seconds(2));
    EXPECT_FALSE(settled(alert)) << "the second one knows nothing of it yet";
    pass(Seconds(6));  // it looks every five seconds, signal or not
    EXPECT_TRUE(wait_until([&] { return settled(alert); }));
    EXPECT_LT(server_.count() + second_server_.count(), 100U);
    let_go();
    expect_end(alert);
    second_.reset();
}

TEST_F(TwoNodes, WhatADeadNodeHeldOfAStoppedAlertIsClosedByTheOther) {
    const AlertId alert = both_at_work();
    second_->abandon();  // kill -9
    CHECK(store_->run([&](store::Database& db) -> Status {
        CHECK(store::set_stopped(db, alert, clock_.now()));
        return {};
    }));
    engine_->stop_alert(alert);
    server_.hold(false);
    for (int second = 0; second < 40 && !is_finished(alert); ++second) {
        clock_.advance(Seconds(1));
        register_node("a-1");
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
    }
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    EXPECT_GE(status(alert).counts.unknown, 5U) << "they were on the dead one's wire";
    second_server_.hold(false);
    second_.reset();
}

TEST_F(TwoNodes, ARouteSharedByThreeHasAThirdOfItsConnections) {
    start_both();
    engine_->set_shares({{"", {.nodes = 3, .rank = 0}}});
    const std::size_t of_three = engine_->routes().front().connections_max;
    engine_->set_shares({{engine_->routes().front().name, {.nodes = 1, .rank = 0}}});
    const std::size_t alone = engine_->routes().front().connections_max;
    EXPECT_GE(of_three, alone / 3);
    EXPECT_LE(of_three, alone / 3 + 1);
    second_.reset();
}

// --- a database that goes away --------------------------------------------------------------

class DatabaseGoesAway : public TwoNodes {
  protected:
    void SetUp() override {
        if (!postgres_.running()) {
            GTEST_SKIP() << postgres_.why_not();
        }
        store_ = std::move(store::Store::open(postgres_.new_schema(), clock_)).value();
    }
    ~DatabaseGoesAway() override {
        second_.reset();
        engine_.reset();
        store_.reset();
    }

    store::PostgresServer postgres_;
};

TEST_F(DatabaseGoesAway, NobodyIsLostAndNobodyGetsItTwice) {
    const AlertId alert = both_at_work();
    postgres_.stop(store::PostgresServer::Stop::Immediate);
    let_go();  // their replies come while there is no database
    ASSERT_TRUE(wait_until([&] { return server_.count() >= 5 && second_server_.count() >= 5; }));
    EXPECT_TRUE(engine_->halted().empty());
    postgres_.start();
    ASSERT_TRUE(postgres_.running()) << postgres_.why_not();
    for (int i = 0; i < 60 && !is_finished(alert); ++i) {
        clock_.advance(Milliseconds(500));
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    EXPECT_EQ(status(alert).counts.delivered, 100U);
    EXPECT_EQ(server_.count() + second_server_.count(), 100U) << "the leases held";
    EXPECT_TRUE(engine_->halted().empty());
}

}  // namespace
}  // namespace tocsin::delivery
