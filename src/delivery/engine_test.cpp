#include "delivery/engine.h"

#include "delivery/engine_fixture.h"
#include "store/outbox.h"
#include "store/suppression.h"

namespace tocsin::delivery {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(Newsroom, DeliversToEveryoneOnce) {
    const ListId list = add_list("news");
    add_readers(list, 1'200);
    start_engine();
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(finished(alert));
    const auto got = server_.by_recipient();
    EXPECT_THAT(got, SizeIs(1'200));
    for (const auto& [rcpt, messages] : got) {
        EXPECT_THAT(messages, SizeIs(1)) << rcpt;
    }
    expect_accounted(alert);
    const AlertStatus now = status(alert);
    EXPECT_EQ(now.state, "finished");
    EXPECT_EQ(now.counts.delivered, 1'200U);
    EXPECT_EQ(now.pending(), 0U);
    EXPECT_TRUE(now.clock.p99_ms.has_value());
}

TEST_F(Newsroom, EveryReaderHasOwnLinksAndSender) {
    const ListId list = add_list("news");
    add_readers(list, 3);
    start_engine();
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(finished(alert));
    std::set<std::string> senders;
    for (const auto& delivery : server_.deliveries()) {
        senders.insert(delivery.mail_from);
        EXPECT_THAT(delivery.message, HasSubstr("To: " + delivery.rcpt));
        const std::string local = delivery.mail_from.substr(0, delivery.mail_from.find('@'));
        const auto bounce = mail::open_bounce(ring_, local, clock_.now());
        ASSERT_TRUE(bounce) << delivery.mail_from;
        EXPECT_EQ(bounce->alert, static_cast<std::uint64_t>(alert.value()));
    }
    EXPECT_THAT(senders, SizeIs(3));
}

TEST_F(Newsroom, AReaderOfTwoListsGetsOneMail) {
    const ListId first = add_list("news");
    const ListId second = add_list("sport");
    const auto readers = add_readers(first, 10);
    store_
        ->run([&](store::Database& db) -> Status {
            for (const SubscriberId reader : readers) {
                store::set_active(db, reader, second, clock_.now());
            }
            return {};
        })
        .value();
    start_engine();
    const AlertId alert = release({.lists = {first, second}});
    send(alert);
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(server_.count(), 10U);
    EXPECT_EQ(status(alert).audience, 10U);
}

TEST_F(Newsroom, AnEmptyAudienceIsAnErrorThatNamesTheLists) {
    const ListId list = add_list("news");
    const auto released = try_release({.lists = {list}});
    ASSERT_FALSE(released);
    EXPECT_EQ(released.error().kind(), ErrorKind::Invalid);
    EXPECT_THAT(released.error().message(), HasSubstr("list news"));
    EXPECT_FALSE(try_release({.lists = {}}));
    EXPECT_FALSE(try_release({.lists = {ListId(99)}}));
}

TEST_F(Newsroom, RetriesWhatIsRefusedForNow) {
    const ListId list = add_list("news");
    add_readers(list, 150);  // of whom 11 are refused: too few for the pace to slow down
    server_.script([](const std::string& rcpt, int nth) {
        return rcpt.starts_with("reader11") && nth < 3 ? reply(451, "4.3.0", "try later")
                                                       : reply(250, "2.0.0", "Ok");
    });
    start_engine();
    const AlertId alert = release({.lists = {list}});
    send(alert);
    // After one minute they are tried again, after two more a third time.
    ASSERT_TRUE(wait_until([&] {
        const OutcomeCounts counts = status(alert).counts;
        return counts.deferred == 11 && counts.delivered == 139;
    }));
    EXPECT_EQ(server_.attempts(), 150);
    clock_.advance(std::chrono::minutes(1));
    ASSERT_TRUE(wait_until([&] { return server_.attempts() == 161; }));
    ASSERT_TRUE(wait_until([&] {
        const std::vector<LedgerLine> all = lines(alert);
        return std::all_of(all.begin(), all.end(), [&](const LedgerLine& line) {
            return line.outcome != "deferred" || line.at >= clock_.now();
        });
    }));
    clock_.advance(std::chrono::minutes(2));
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    EXPECT_EQ(status(alert).counts.delivered, 150U);
    EXPECT_EQ(server_.attempts(), 172);
}

TEST_F(Newsroom, RefusedForGoodIsFailedAndTheReplyIsKept) {
    const ListId list = add_list("news");
    add_readers(list, 9);
    server_.refuse([](const std::string& rcpt) -> std::optional<mail::Reply> {
        if (rcpt == "reader4@a.example") {
            return reply(550, "5.1.1", "<reader4@a.example> unknown here");
        }
        return std::nullopt;
    });
    start_engine();
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(status(alert).counts.failed, 1U);
    EXPECT_EQ(status(alert).counts.delivered, 8U);
    for (const LedgerLine& line : lines(alert)) {
        if (line.address == "reader4@a.example") {
            EXPECT_EQ(line.outcome, "failed");
            EXPECT_EQ(line.reply, "550 5.1.1 <> unknown here");
        } else {
            EXPECT_EQ(line.outcome, "delivered");
            EXPECT_EQ(line.reply, "250 2.0.0 Ok: queued as *");
        }
    }
}

TEST_F(Newsroom, ExpiresAtNotAfter) {
    const ListId list = add_list("news");
    add_readers(list, 12);
    server_.script([](const std::string& rcpt, int) {
        return rcpt.starts_with("reader1") ? reply(450, "4.2.1", "mailbox busy")
                                           : reply(250, "2.0.0", "Ok");
    });
    start_engine();
    const AlertId alert = release({.lists = {list}, .life = Seconds(90)});
    send(alert);
    ASSERT_TRUE(wait_until([&] { return status(alert).counts.deferred == 3; }));
    clock_.advance(std::chrono::seconds(90));
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(status(alert).counts.expired, 3U);
    expect_accounted(alert);
}

TEST_F(Newsroom, AThrottleCostsNoAttempt) {
    const ListId list = add_list("news");
    add_readers(list, 1);
    server_.script([](const std::string&, int nth) {
        return nth < 4 ? reply(450, "4.7.28", "rate limited") : reply(250, "2.0.0", "Ok");
    });
    start_engine();
    const AlertId alert = release({.lists = {list}});
    send(alert);
    for (int i = 0; i < 200 && server_.count() == 0; ++i) {
        clock_.advance(std::chrono::seconds(6));
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
    }
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(server_.count(), 1U);
    EXPECT_THAT(engine_->routes().front().reason, HasSubstr("4.7.28"));
}

TEST_F(Newsroom, StopEndsTheRestAndAccountsForIt) {
    const ListId list = add_list("news");
    add_readers(list, 2'000);
    server_.script([](const std::string&, int) { return reply(250, "2.0.0", "Ok"); });
    start_engine();
    const AlertId alert = release({.lists = {list}});
    server_.hold(true);
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() > 0; }));
    engine_->stop_alert(alert);
    server_.hold(false);
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    const AlertStatus now = status(alert);
    EXPECT_EQ(now.counts.delivered, server_.count());
    EXPECT_LT(now.counts.delivered, 100U);
    EXPECT_EQ(now.counts.expired, 2'000U - now.counts.delivered);
    EXPECT_THAT(lines(alert).back().reply, HasSubstr("stopped"));
}

TEST_F(Newsroom, ACorrectionGoesToThoseReachedWhileRepliesAreAwaited) {
    const ListId list = add_list("news");
    add_readers(list, 400);
    start_engine();
    const AlertId alert = release({.lists = {list}});
    server_.hold(true);
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() >= 10; }));
    engine_->stop_alert(alert);
    std::vector<LedgerLine> seen;
    ASSERT_TRUE(wait_until([&] {
        clock_.advance(std::chrono::seconds(1));  // final replies are not waited for any longer
        seen = lines(alert);
        return std::any_of(seen.begin(), seen.end(),
                           [](const LedgerLine& line) { return line.outcome == "deferred"; });
    }));
    const auto reached = static_cast<std::size_t>(
        std::count_if(seen.begin(), seen.end(),
                      [](const LedgerLine& line) { return line.outcome == "deferred"; }));
    EXPECT_GE(reached, 10U);
    const AlertId correction =
        release({.lists = {list}, .kind = model::AlertKind::Correction, .of = alert});
    EXPECT_EQ(status(correction).audience, reached);
    server_.hold(false);
    ASSERT_TRUE(finished(alert));
    send(correction);
    ASSERT_TRUE(finished(correction));
    expect_accounted(alert);
    expect_accounted(correction);
    EXPECT_THAT(server_.deliveries().back().message, HasSubstr("References: <"));
}

TEST_F(Newsroom, WhoLeavesWhileItIsSentGetsNothing) {
    const ListId list = add_list("news");
    const auto readers = add_readers(list, 600);
    start_engine();
    const AlertId alert = release({.lists = {list}});
    server_.hold(true);
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() >= 10; }));
    // The first three are on the wire already, the last are composed or not even loaded.
    store_
        ->run([&](store::Database& db) -> Status {
            for (std::size_t i = 500; i < 600; ++i) {
                store::set_left(db, readers[i], list, clock_.now());
            }
            return {};
        })
        .value();
    for (std::size_t i = 500; i < 600; ++i) {
        engine_->exclude(readers[i], list);
    }
    const std::size_t before = server_.waiting();
    server_.hold(false);
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    const OutcomeCounts counts = status(alert).counts;
    EXPECT_GE(counts.suppressed, 100U - before * 2);
    EXPECT_EQ(counts.suppressed + counts.delivered, 600U);
    EXPECT_EQ(server_.count(), counts.delivered);
}

TEST_F(Newsroom, TheSuppressionListIsAskedOnceMore) {
    const ListId list = add_list("news");
    add_readers(list, 20);
    store_
        ->run([&](store::Database& db) -> Status {
            store::suppress(db, mail::suppression_hmac(ring_, "reader7@a.example"), "complained",
                            clock_.now());
            return {};
        })
        .value();
    start_engine();
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(status(alert).counts.suppressed, 1U);
    EXPECT_EQ(server_.by_recipient().count("reader7@a.example"), 0U);
}

TEST_F(Newsroom, TwoWorkersShareTheWork) {
    const ListId list = add_list("news");
    add_readers(list, 200);
    EngineOptions two = options(server_.port());
    two.workers = 2;
    start_engine(two);
    const AlertId first = release({.lists = {list}});
    const AlertId second = release({.lists = {list}});
    send(first);
    send(second);
    ASSERT_TRUE(finished(first));
    ASSERT_TRUE(finished(second));
    expect_accounted(first);
    expect_accounted(second);
    EXPECT_EQ(server_.count(), 400U);
}

TEST_F(Newsroom, TransactionalMailOvertakesAnAlert) {
    const ListId list = add_list("news");
    add_readers(list, 2'000);
    EngineOptions one = options(server_.port());
    one.limits.connections = 1;
    start_engine(one);
    server_.hold(true);
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() > 0; }));
    store_
        ->run([&](store::Database& db) -> Status {
            store::insert_outbox(db,
                                 {.mail_from = "alerts@paper.example",
                                  .rcpt_to = "new@d.example",
                                  .smtputf8 = false,
                                  .message = "From: alerts@paper.example\r\nTo: new@d.example\r\n"
                                             "Subject: confirm\r\n\r\nhello\r\n",
                                  .now = clock_.now(),
                                  .not_after = clock_.now() + Seconds(3600)});
            return {};
        })
        .value();
    engine_->outbox_ready();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    server_.hold(false);
    ASSERT_TRUE(finished(alert));
    const auto all = server_.deliveries();
    const auto place = std::find_if(all.begin(), all.end(), [](const auto& delivery) {
        return delivery.rcpt == "new@d.example";
    });
    ASSERT_NE(place, all.end());
    EXPECT_LT(place - all.begin(), 10);
    const auto state = store_->run([](store::Database& db) -> Result<std::string> {
        return db.query("SELECT state FROM outbox")[0].text(0);
    });
    EXPECT_EQ(*state, "sent");
}

TEST_F(Newsroom, ACorrectionOvertakesAlerts) {
    const ListId few = add_list("few");
    const ListId many = add_list("many");
    add_readers(few, 20);
    add_readers(many, 2'000, 1'000);
    EngineOptions one = options(server_.port());
    one.limits.connections = 1;
    start_engine(one);
    const AlertId original = release({.lists = {few}});
    send(original);
    ASSERT_TRUE(finished(original));
    server_.hold(true);
    const AlertId alert = release({.lists = {many}});
    send(alert);
    ASSERT_TRUE(wait_until([&] { return server_.waiting() > 0; }));
    const AlertId correction =
        release({.lists = {few}, .kind = model::AlertKind::Correction, .of = original});
    send(correction);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    server_.hold(false);
    ASSERT_TRUE(finished(correction));
    EXPECT_LT(server_.count(), 1'000U) << "the alert went first";
    ASSERT_TRUE(finished(alert));
    expect_accounted(correction);
    expect_accounted(alert);
}

TEST_F(Newsroom, APrewarmedRouteIsConnectedBeforeTheRelease) {
    start_engine();
    EXPECT_EQ(engine_->routes().front().connections, 0U);
    engine_->prewarm();
    EXPECT_TRUE(wait_until([&] { return engine_->routes().front().connections > 0; }));
}

TEST_F(Newsroom, ASteppedWallClockNeitherExpiresNorStalls) {
    const ListId list = add_list("news");
    add_readers(list, 10);
    server_.script([](const std::string&, int nth) {
        return nth == 1 ? reply(450, "4.2.1", "busy") : reply(250, "2.0.0", "Ok");
    });
    start_engine();
    const AlertId alert = release({.lists = {list}, .life = Seconds(3600)});
    send(alert);
    ASSERT_TRUE(wait_until([&] { return status(alert).counts.deferred == 10; }));
    clock_.step_wall(std::chrono::hours(48));
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    EXPECT_EQ(status(alert).counts.deferred, 10U);
    clock_.step_wall(-std::chrono::hours(96));
    clock_.advance(std::chrono::minutes(1));
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(status(alert).counts.delivered, 10U);
}

TEST_F(Newsroom, AnUnreachableRelayLosesNothingAndSaysWhy) {
    const ListId list = add_list("news");
    add_readers(list, 10);
    ScriptedServer gone;
    const std::uint16_t port = gone.port();
    gone.cut();
    start_engine(options(port));
    const AlertId alert = release({.lists = {list}, .life = Seconds(600)});
    send(alert);
    ASSERT_TRUE(wait_until([&] { return !engine_->routes().front().reason.empty(); }));
    EXPECT_THAT(status(alert).reason, HasSubstr("no connection"));
    EXPECT_EQ(status(alert).pending(), 10U);
    clock_.advance(std::chrono::seconds(600));
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(status(alert).counts.expired, 10U);
    expect_accounted(alert);
}

}  // namespace
}  // namespace tocsin::delivery
