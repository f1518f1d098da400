// Straight to the recipients' servers: several sites, each with its own pace and its own troubles.
#include "delivery/engine_routes_fixture.h"

namespace tocsin::delivery {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(Sites, EveryDomainsMailGoesToItsOwnServer) {
    three_sites();
    ScriptedServer b("127.0.0.2"), a("127.0.0.3", b.port()), c("127.0.0.4", b.port());
    const ListId list = add_list("news");
    add_readers(list, 300);
    start_engine(mx_options(b.port()));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(finished(alert));
    for (const auto& [server, domain] :
         {std::pair{&a, "@a.example"}, {&b, "@b.example"}, {&c, "@c.example"}}) {
        EXPECT_EQ(server->count(), 100U);
        for (const auto& delivery : server->deliveries()) {
            EXPECT_THAT(delivery.rcpt, HasSubstr(domain));
        }
    }
    expect_accounted(alert);
}

TEST_F(Sites, DomainsWithTheSameServersAreOneRoute) {
    for (const std::string domain : {"a.example", "b.example", "c.example"}) {
        mx(domain, {"mx1.host.example", "mx2.host.example"});
    }
    address("mx1.host.example", "127.0.0.2");
    address("mx2.host.example", "127.0.0.3");
    ScriptedServer one("127.0.0.2"), two("127.0.0.3", one.port());
    const ListId list = add_list("news");
    add_readers(list, 60);
    one.hold(true);
    two.hold(true);
    start_engine(mx_options(one.port(), "connections = 3\n"));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(wait_until([&] {
        const auto routes = engine_->routes();
        return routes.size() == 1 && routes[0].connections == 3 && routes[0].waiting > 0;
    }));
    EXPECT_THAT(engine_->routes()[0].name, HasSubstr("mx1.host.example"));
    one.hold(false);
    two.hold(false);
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(one.count() + two.count(), 60U);
}

TEST_F(Sites, ASiteThatDoesNotAnswerHoldsUpNobodyElse) {
    three_sites();
    ScriptedServer b("127.0.0.2"), a("127.0.0.3", b.port()), c("127.0.0.4", b.port());
    const ListId list = add_list("news");
    // Sorted by domain, a.example comes first, in partitions of its own and more of it than is ever
    // composed, loaded or parked.
    add_readers_at(list, "a.example", 25'000);
    add_readers_at(list, "b.example", 300);
    add_readers_at(list, "c.example", 300);
    a.hold(true);
    start_engine(mx_options(b.port()));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(delivers(alert, 600));
    EXPECT_EQ(b.count(), 300U);
    EXPECT_EQ(c.count(), 300U);
    engine_->stop_alert(alert);
    a.hold(false);
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
}

TEST_F(Sites, ADeadSiteHoldsUpNobodyElseAndIsTriedAgain) {
    three_sites();
    ScriptedServer b("127.0.0.2"), c("127.0.0.4", b.port());
    const ListId list = add_list("news");
    add_readers(list, 90);
    start_engine(mx_options(b.port()));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(delivers(alert, 60));
    const auto says_why = [&] {
        for (const RouteStatus& route : engine_->routes()) {
            if (route.name == "mx.a.example" &&
                route.reason.find("no connection") != std::string::npos) {
                return route.waiting == 30;
            }
        }
        return false;
    };
    ASSERT_TRUE(wait_until(says_why));
    ScriptedServer a("127.0.0.3", b.port());
    clock_.advance(std::chrono::minutes(10));
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(a.count(), 30U);
    expect_accounted(alert);
}

TEST_F(Sites, WhomNoServerTookInTimeIsExpiredWithTheReason) {
    three_sites();
    ScriptedServer b("127.0.0.2"), c("127.0.0.4", b.port());
    const ListId list = add_list("news");
    add_readers(list, 90);
    start_engine(mx_options(b.port()));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(delivers(alert, 60));
    ASSERT_TRUE(wait_until([&] {
        const auto routes = engine_->routes();
        return std::any_of(routes.begin(), routes.end(), [](const RouteStatus& route) {
            return route.name == "mx.a.example" && route.waiting == 30 && !route.reason.empty();
        });
    }));
    clock_.advance(std::chrono::hours(5));
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
    for (const LedgerLine& line : lines(alert)) {
        if (line.address.ends_with("@a.example")) {
            EXPECT_EQ(line.outcome, "expired") << line.address;
            EXPECT_THAT(line.reply, HasSubstr("refused")) << line.address;
        }
    }
}

TEST_F(Sites, WhoHasNoServerIsFailedAndWhoseIsUnknownIsTriedAgain) {
    three_sites();
    mx("a.example", {"."});  // RFC 7505
    net::DnsAnswer broken;
    broken.status = model::DnsStatus::Failed;
    broken.why = "SERVFAIL";
    answer("b.example", net::DnsType::Mx, broken);
    ScriptedServer c("127.0.0.4"), b("127.0.0.2", c.port());
    const ListId list = add_list("news");
    add_readers(list, 30);
    add_readers_at(list, "nowhere.example", 10);
    start_engine(mx_options(c.port()));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(wait_until([&] {
        const OutcomeCounts counts = status(alert).counts;
        return counts.delivered == 10 && counts.failed == 20 && counts.deferred == 10;
    }));
    mx("b.example", {"mx.b.example"});
    clock_.advance(std::chrono::minutes(2));
    ASSERT_TRUE(finished(alert));
    EXPECT_EQ(delivered(alert), 20U);
    expect_accounted(alert);
    for (const LedgerLine& line : lines(alert)) {
        if (line.address.ends_with("@a.example")) {
            EXPECT_THAT(line.reply, HasSubstr("5.1.10")) << line.address;
        } else if (line.address.ends_with("@nowhere.example")) {
            EXPECT_THAT(line.reply, HasSubstr("5.1.2")) << line.address;
        }
    }
}

TEST_F(Sites, AThrottleSlowsOnlyTheSiteThatSaidIt) {
    three_sites();
    ScriptedServer b("127.0.0.2"), a("127.0.0.3", b.port()), c("127.0.0.4", b.port());
    a.script([](const std::string&, int) { return reply(421, "4.7.28", "slow down"); });
    const ListId list = add_list("news");
    add_readers(list, 600);
    start_engine(mx_options(b.port()));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(delivers(alert, 400));
    const auto routes = engine_->routes();
    EXPECT_THAT(routes,
                Contains(::testing::AllOf(Field(&RouteStatus::name, "mx.a.example"),
                                          Field(&RouteStatus::reason, HasSubstr("4.7.28")))));
    for (const RouteStatus& route : routes) {
        if (route.name != "mx.a.example") {
            EXPECT_THAT(route.reason, IsEmpty()) << route.name;
        }
    }
}

TEST_F(Sites, WhatAnAdministratorMustChangeIsSaidSo) {
    three_sites();
    ScriptedServer b("127.0.0.2"), a("127.0.0.3", b.port()), c("127.0.0.4", b.port());
    a.script([](const std::string&, int) { return reply(550, "5.7.515", "Access denied"); });
    const ListId list = add_list("news");
    add_readers(list, 30);
    start_engine(mx_options(b.port()));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(delivers(alert, 20));
    ASSERT_TRUE(wait_until([&] {
        const auto routes = engine_->routes();
        return std::any_of(routes.begin(), routes.end(), [](const RouteStatus& route) {
            return route.name == "mx.a.example" && route.config_error &&
                   route.reason.find("SPF, DKIM") != std::string::npos;
        });
    }));
    EXPECT_EQ(status(alert).counts.failed, 0U);  // nobody is given up for it
}

TEST_F(Sites, SitesOfOneProviderShareItsConnections) {
    three_sites();
    ScriptedServer b("127.0.0.2"), a("127.0.0.3", b.port()), c("127.0.0.4", b.port());
    const ListId list = add_list("news");
    add_readers(list, 900);
    start_engine(mx_options(b.port(),
                            "[[site]]\nname = \"One\"\nmx = [\"mx.*.example\"]\n"
                            "connections = 1\nmessages_per_connection = 0\nper_second = 0\n"));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    // One connection at a time, and yet none of the three waits until another has finished.
    ASSERT_TRUE(wait_until([&] { return a.count() > 0 && b.count() > 0 && c.count() > 0; }));
    EXPECT_LT(std::min({a.count(), b.count(), c.count()}), 300U);
    for (const RouteStatus& route : engine_->routes()) {
        EXPECT_EQ(route.name, "One");
        EXPECT_LE(route.connections, 1U);
    }
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
}

TEST_F(Sites, AnIdleConnectionIsLetGoWhenAnotherSiteOfItsProviderWaits) {
    three_sites();
    ScriptedServer b("127.0.0.2"), a("127.0.0.3", b.port()), c("127.0.0.4", b.port());
    const ListId list = add_list("news");
    add_readers(list, 3);
    start_engine(mx_options(b.port(),
                            "[[site]]\nname = \"One\"\nmx = [\"mx.*.example\"]\n"
                            "connections = 1\nmessages_per_connection = 0\nper_second = 0\n"));
    engine_->prewarm({"a.example"});
    ASSERT_TRUE(wait_until([&] {
        const auto routes = engine_->routes();
        return !routes.empty() && routes[0].connections == 1;
    }));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
}

TEST_F(Sites, NewRulesTakeEffectWhileMailIsOnItsWay) {
    three_sites();
    ScriptedServer b("127.0.0.2"), a("127.0.0.3", b.port()), c("127.0.0.4", b.port());
    a.hold(true);
    const ListId list = add_list("news");
    add_readers(list, 600);
    start_engine(mx_options(b.port(), "connections = 2\n"));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    const auto connections_to_a = [&](std::size_t count) {
        return wait_until([&] {
            for (const RouteStatus& route : engine_->routes()) {
                if (route.name == "mx.a.example" && route.connections == count) {
                    return true;
                }
            }
            return false;
        });
    };
    ASSERT_TRUE(connections_to_a(2));
    engine_->set_shaping(shaping("connections = 5\n"));
    ASSERT_TRUE(connections_to_a(5));
    a.hold(false);
    ASSERT_TRUE(finished(alert));
    expect_accounted(alert);
}

TEST_F(Sites, ADraftOpensConnectionsToTheLargeSites) {
    three_sites();
    ScriptedServer b("127.0.0.2");
    start_engine(mx_options(b.port()));
    engine_->prewarm({"b.example", "nowhere.example"});
    ASSERT_TRUE(wait_until([&] {
        const auto routes = engine_->routes();
        return routes.size() == 1 && routes[0].name == "mx.b.example" && routes[0].connections > 0;
    }));
}

TEST_F(Sites, AConfirmationLeavesThoughAnotherSiteIsDead) {
    three_sites();
    ScriptedServer b("127.0.0.2");
    const ListId list = add_list("news");
    add_readers_at(list, "a.example", 300);  // nobody listens there
    start_engine(mx_options(b.port()));
    const AlertId alert = release({.lists = {list}});
    send(alert);
    for (int i = 0; i < 250; ++i) {
        put("dead" + std::to_string(i) + "@a.example");
    }
    put("reader@b.example");
    engine_->outbox_ready();
    ASSERT_TRUE(wait_until([&] { return b.count() == 1; }));
    EXPECT_EQ(b.deliveries()[0].rcpt, "reader@b.example");
}

TEST_F(Sites, AtMostOnceKeepsItsPromiseForMailThatIsParked) {
    three_sites();
    const ListId list = add_list("news");
    add_readers_at(list, "a.example", 200);
    ScriptedServer a("127.0.0.3");
    const std::uint16_t port = a.port();
    a.cut();
    start_engine(mx_options(port));
    const AlertId alert = release({.lists = {list}, .repeat = model::Repeat::AtMostOnce});
    send(alert);
    ASSERT_TRUE(wait_until([&] {
        const auto routes = engine_->routes();
        return !routes.empty() && !routes[0].reason.empty() && routes[0].waiting == 200;
    }));
    engine_->shutdown();
    // None of them had been handed to a session: none is unknown.
    EXPECT_EQ(check(alert).counts.unknown, 0U);
}

}  // namespace
}  // namespace tocsin::delivery
