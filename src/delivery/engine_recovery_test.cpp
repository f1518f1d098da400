// What the engine does when a connection, a process or a lease is lost in the middle.
#include "delivery/engine_fixture.h"
#include "store/delivery.h"

namespace tocsin::delivery {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// One connection, one message on it at a time.
EngineOptions one_by_one(EngineOptions options) {
    options.limits.connections = 1;
    options.relay.window = 1;
    return options;
}

TEST_F(Newsroom, ALostFinalReplyIsSentAgainByteForByte) {
    const ListId list = add_list("news");
    add_readers(list, 5);
    start_engine(one_by_one(options(server_.port())));
    const AlertId alert = release({.lists = {list}});
    server_.hold(true);
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() == 1; }));
    // The server takes it in after the connection is cut: only its reply is lost.
    server_.cut();
    server_.hold(false);
    ASSERT_TRUE(wait_until([&] { return server_.count() == 1; }));
    const std::string lost = server_.deliveries().front().rcpt;
    ASSERT_TRUE(wait_until([&] { return status(alert).counts.deferred == 1; }));
    engine_->shutdown();
    for (const LedgerLine& line : lines(alert)) {
        EXPECT_EQ(line.outcome, line.address == lost ? "deferred" : "pending");
        EXPECT_THAT(line.reply, HasSubstr(line.address == lost ? "final reply lost" : ""));
    }
    engine_.reset();
    ScriptedServer second;
    start_engine(options(second.port()));
    clock_.advance(std::chrono::seconds(70));
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    EXPECT_THAT(second.by_recipient(), SizeIs(5));
    EXPECT_EQ(second.by_recipient()[lost], server_.by_recipient()[lost]);
}

TEST_F(Newsroom, AStopAfterACrashLeavesInDoubtWhatMayHaveBeenSent) {
    const ListId list = add_list("news");
    add_readers(list, 40);
    start_engine(options(server_.port()));
    const AlertId alert = release({.lists = {list}});
    server_.hold(true);
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() > 0; }));
    engine_->abandon();
    // The server takes what was on the wire; nothing of that is on our disk.
    server_.hold(false);
    ASSERT_TRUE(wait_until([&] { return server_.count() > 0; }));
    engine_.reset();
    start_engine(options(1));  // nothing leaves any more
    engine_->stop_alert(alert);
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    std::map<std::string, std::string> outcomes;
    for (const LedgerLine& line : lines(alert)) {
        outcomes[line.address] = line.outcome;
    }
    for (const auto& delivery : server_.deliveries()) {
        EXPECT_EQ(outcomes[delivery.rcpt], "unknown") << delivery.rcpt;
    }
    // So a correction goes to them.
    const auto correction =
        try_release({.lists = {}, .kind = model::AlertKind::Correction, .of = alert});
    EXPECT_TRUE(correction);
}

TEST_F(Newsroom, ARefusalForNowDoesNotEndTheDoubt) {
    const ListId list = add_list("news");
    add_readers(list, 9);
    start_engine(options(server_.port()));
    const AlertId alert = release({.lists = {list}});
    server_.hold(true);
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() > 0; }));
    engine_->abandon();
    server_.hold(false);
    engine_.reset();
    ScriptedServer second;
    second.script([](const std::string&, int) { return reply(451, "4.3.0", "try later"); });
    start_engine(options(second.port()));
    ASSERT_TRUE(wait_until([&] { return status(alert).counts.deferred == 9; }));
    engine_->stop_alert(alert);
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    EXPECT_EQ(status(alert).counts.unknown, 9U);
}

TEST_F(Newsroom, AStopAfterAnOrderlyEndLeavesNoDoubt) {
    const ListId list = add_list("news");
    add_readers(list, 40);
    start_engine(options(1));  // nothing leaves
    const AlertId alert = release({.lists = {list}});
    send(alert);
    engine_->shutdown();
    engine_.reset();
    start_engine(options(1));
    engine_->stop_alert(alert);
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(status(alert).counts.expired, 40U);
}

TEST_F(Newsroom, AtMostOnceLeavesALostReplyUnknown) {
    const ListId list = add_list("news");
    add_readers(list, 5);
    start_engine(one_by_one(options(server_.port())));
    const AlertId alert = release({.lists = {list}, .repeat = model::Repeat::AtMostOnce});
    server_.hold(true);
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() == 1; }));
    server_.cut();
    server_.hold(false);
    ASSERT_TRUE(wait_until([&] { return status(alert).counts.unknown == 1; }));
    engine_->stop_alert(alert);
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(status(alert).counts.unknown, 1U);
    EXPECT_EQ(status(alert).counts.expired, 4U);
    expect_accounted(alert);
}

TEST_F(Newsroom, AtMostOnceSendsNothingTwiceAfterACrash) {
    const ListId list = add_list("news");
    add_readers(list, 500);
    start_engine();
    const AlertId alert = release({.lists = {list}, .repeat = model::Repeat::AtMostOnce});
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.count() > 100; }));
    engine_->abandon();
    engine_.reset();
    start_engine();
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    for (const auto& [rcpt, messages] : server_.by_recipient()) {
        EXPECT_THAT(messages, SizeIs(1)) << rcpt;
    }
    EXPECT_LE(status(alert).counts.unknown, 128U);
}

TEST_F(Newsroom, ACrashLosesNobodyAndRepeatsOnlyByteForByte) {
    const ListId list = add_list("news");
    add_readers(list, 3'000);
    const AlertId alert = release({.lists = {list}});
    std::size_t seen = 0;
    for (int crash = 0; crash < 5; ++crash) {
        start_engine();
        send(alert);
        ASSERT_TRUE(wait_until([&] { return server_.count() > seen + 300; }));
        engine_->abandon();
        engine_.reset();
        seen = server_.count();
    }
    start_engine();
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    const auto got = server_.by_recipient();
    EXPECT_THAT(got, SizeIs(3'000));
    std::size_t repeated = 0;
    for (const auto& [rcpt, messages] : got) {
        repeated += messages.size() - 1;
        for (const std::string& message : messages) {
            EXPECT_EQ(message, messages.front());
        }
    }
    EXPECT_LE(repeated, 5U * 1'500U);
    EXPECT_EQ(status(alert).counts.delivered, 3'000U);
}

TEST_F(Newsroom, AStaleGenerationCommitsNothing) {
    const ListId list = add_list("news");
    add_readers(list, 300);
    start_engine();
    const AlertId alert = release({.lists = {list}});
    server_.hold(true);
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() >= 10; }));
    // As if another worker had found the lease run out.
    const auto taken =
        store_->run([&](store::Database& db) -> Result<std::optional<store::ClaimedPartition>> {
            store::release_all_leases(db);
            return store::claim_partition(
                db, alert,
                {.owner = "other", .now = clock_.now(), .until = clock_.now() + Seconds(30)});
        });
    ASSERT_TRUE(taken && *taken);
    server_.hold(false);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() == 0 && server_.count() >= 10; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    const std::size_t sent = server_.count();
    EXPECT_LT(sent, 300U) << "goes on sending though the lease is lost";
    EXPECT_EQ(check(alert).counts.settled(), 0U);
    // The other worker vanishes; its lease runs out and the rest is delivered.
    clock_.advance(std::chrono::seconds(31));
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    EXPECT_THAT(server_.by_recipient(), SizeIs(300));
}

TEST_F(Newsroom, AWorkerThatSleptThroughItsLeaseAsksBeforeItSends) {
    const ListId list = add_list("news");
    add_readers(list, 2'000);
    start_engine();
    const AlertId alert = release({.lists = {list}});
    server_.hold(true);
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() >= 10; }));
    clock_.advance(std::chrono::minutes(5));
    server_.hold(false);
    ASSERT_TRUE(finished(alert));  // nobody else took it: it goes on
    expect_accounted(alert);
}

TEST_F(Newsroom, AShutdownFinishesFinalDotsAndRepeatsNothing) {
    const ListId list = add_list("news");
    add_readers(list, 2'000);
    const AlertId alert = release({.lists = {list}});
    for (std::size_t part = 1; part <= 3; ++part) {
        start_engine();
        ASSERT_TRUE(wait_until([&] { return server_.count() > part * 300; }));
        engine_->shutdown();
        engine_.reset();
    }
    start_engine();
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    const auto got = server_.by_recipient();
    EXPECT_THAT(got, SizeIs(2'000));
    for (const auto& [rcpt, messages] : got) {
        EXPECT_THAT(messages, SizeIs(1)) << rcpt;
    }
}

TEST_F(Newsroom, AStopThatTheProcessDidNotSurviveIsFinishedByTheNext) {
    const ListId list = add_list("news");
    add_readers(list, 50);
    const AlertId alert = release({.lists = {list}});
    store_
        ->run([&](store::Database& db) -> Status {
            CHECK(store::set_stopped(db, alert, clock_.now()));
            return {};
        })
        .value();
    start_engine();
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    EXPECT_EQ(server_.count(), 0U);
    EXPECT_EQ(status(alert).state, "stopped");
    EXPECT_EQ(status(alert).counts.expired, 50U);
}

TEST_F(Newsroom, ADamagedMessageIsNotSentAndSaysSo) {
    const ListId list = add_list("news");
    add_readers(list, 5);
    const AlertId alert = release({.lists = {list}});
    store_
        ->run([&](store::Database& db) -> Status {
            db.execute("UPDATE revision SET compiled = $1", {store::Blob{"nonsense"}});
            return {};
        })
        .value();
    start_engine();
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    EXPECT_EQ(server_.count(), 0U);
    EXPECT_EQ(status(alert).counts.failed, 5U);
}

}  // namespace
}  // namespace tocsin::delivery
