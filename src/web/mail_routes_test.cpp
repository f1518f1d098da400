#include "web/mail_routes.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>

#include "store/nodes.h"
#include "web/newsroom_fixture.h"

namespace tocsin::web {
namespace {

using testing::HasSubstr;
using testing::Not;

delivery::RouteStatus google() {
    delivery::RouteStatus route;
    route.kind = delivery::RouteStatus::Kind::Site;
    route.name = "Google";
    route.sites = {"aspmx.l.google.com", "gmail-smtp-in.l.google.com"};
    route.connections = 5;
    route.connections_max = 5;
    route.rate = 31.2;
    route.rate_max = 33;
    route.waiting = 1'240;
    route.reason = "421 4.7.28 slow down at 12:01:07 UTC, rate halved to 33/s";
    return route;
}

AlertLeft running(std::uint64_t left, double rate) {
    return {AlertId(7), "Bridge closed", 1'000'000, left, rate};
}

TEST(MailRoutes, TheSentenceSaysHowFastAndWhy) {
    EXPECT_EQ(route_sentence(google(), {running(30'000, 750)}),
              "Google: 5 of 5 connections, 31/s, 421 4.7.28 slow down at 12:01:07 UTC, rate halved "
              "to 33/s, 1,240 waiting, 40 s");
    delivery::RouteStatus stopped = google();
    stopped.rate = 0;
    stopped.reason = "stopped until 14:01:07 UTC, 118 min more: [TSS04]";
    EXPECT_EQ(route_sentence(stopped, {}),
              "Google: 5 of 5 connections, stopped until 14:01:07 UTC, 118 min more: [TSS04], "
              "1,240 waiting");
}

TEST(MailRoutes, OfASmarthostTheShareThatIsLeft) {
    delivery::RouteStatus relay;
    relay.name = "mail.example.org:587";
    relay.connections = 8;
    relay.connections_max = 8;
    relay.rate = 750;
    relay.waiting = 200;
    EXPECT_EQ(route_sentence(relay, {running(30'000, 750)}),
              "mail.example.org:587: 8 of 8 connections, 750/s, all its connections are busy, 3 % "
              "left, 40 s");
    EXPECT_EQ(route_sentence(relay, {running(2'000, 0)}),
              "mail.example.org:587: 8 of 8 connections, 750/s, all its connections are busy, "
              "0.2 % left");
}

TEST(MailRoutes, ThereIsAlwaysAWhy) {
    delivery::RouteStatus route;
    route.connections_max = 10;
    EXPECT_EQ(route_why(route), "nothing is waiting");
    route.waiting = 3;
    EXPECT_EQ(route_why(route), "nothing holds it back");
    route.connections = 10;
    EXPECT_EQ(route_why(route), "all its connections are busy");
    route.reason = "550 5.7.515";
    route.config_error = true;
    route.waiting = 10;
    route.rate = 5;
    EXPECT_TRUE(route_eta(route));
    route.why.kind = model::PaceReason::Kind::Suspended;
    EXPECT_FALSE(route_eta(route));  // whatever its rate was
    EXPECT_EQ(route_why(route), "to be set right: 550 5.7.515");
    EXPECT_FALSE(route_eta(route)) << "nothing moves";
    EXPECT_EQ(eta_text(Seconds(119)), "119 s");
    EXPECT_EQ(eta_text(Seconds(121)), "3 min");
    EXPECT_EQ(eta_text(Seconds(12'000)), "3 h 20 min");
    EXPECT_EQ(percent_text(0), "0 %");
    EXPECT_EQ(percent_text(0.01), "0.1 %");
    EXPECT_EQ(percent_text(99.6), "100 %");
}

TEST(MailRoutes, TheJsonHasItsStableKeys) {
    MailRoutes mail;
    mail.routes = {google()};
    mail.alerts = {running(30'000, 750)};
    mail.read_at_wall = from_ms(1'795'521'667'000 + 8'000);
    mail.read_at = SteadyTime(std::chrono::seconds(1'008));
    mail.routes[0].why.reply = "421 4.7.28 slow down";
    mail.routes[0].why.replied_at = SteadyTime(std::chrono::seconds(1'000));
    const auto out = mail_routes_json(mail);
    const auto& route = out.at("routes").at(0);
    for (const char* key :
         {"name", "kind", "sites", "connections", "connections_max", "rate", "rate_max", "waiting",
          "eta_s", "reason", "last_reply", "config_error", "sentence"}) {
        EXPECT_TRUE(route.as_object().contains(key)) << key;
    }
    EXPECT_EQ(route.at("kind"), "site");
    EXPECT_EQ(route.at("eta_s"), 40);
    EXPECT_EQ(route.at("last_reply").at("at"), "2026-11-24T12:01:07.000Z");
    EXPECT_EQ(out.at("alerts").at(0).at("left_percent"), 3.0);
    EXPECT_TRUE(out.at("rules_problem").is_null());
    mail.rules_problem = "shaping.toml:3: wrong";
    EXPECT_EQ(mail_routes_json(mail).at("rules_problem"), "shaping.toml:3: wrong");
}

class MailRoutesPages : public NewsroomTest {};

TEST_F(MailRoutesPages, TheApiTellsTheRoutes) {
    const auto response = api("GET", "/api/v1/routes");
    ASSERT_EQ(response.status, 200) << response.body;
    const auto answer = boost::json::parse(response.body);
    EXPECT_EQ(answer.at("routes").at(0).at("kind"), "smarthost");
    EXPECT_THAT(std::string(answer.at("routes").at(0).at("sentence").as_string()),
                HasSubstr("127.0.0.1"));
    EXPECT_EQ(api("GET", "/api/v1/routes", "", "nobody's token").status, 401);
}

store::NodeRow node(const std::string& name, const std::string& role, Time seen_at) {
    store::NodeRow row;
    row.id = name + "-1";
    row.name = name;
    row.place = name;
    row.role = role;
    row.version = "0.1.0";
    row.started_at = row.seen_at = seen_at;
    return row;
}

TEST_F(MailRoutesPages, SeveralMachinesAreListed) {
    sign_in_as("ann", model::Role::Writer);
    const auto enter = [this](store::NodeRow row) {
        EXPECT_TRUE(store_->run([row](store::Database& db) -> Status {
            store::write_node(db, row);
            return {};
        }));
    };
    store::NodeRow desk = node("desk", "web", clock_.now());
    desk.skew_ms = -61'000;
    enter(desk);
    services_->node = desk.id;
    EXPECT_THAT(get("/desk/routes").body, Not(HasSubstr("Machines"))) << "alone there is no choice";
    store::NodeRow mailer = node("mailer", "send", clock_.now());
    mailer.trouble = "the <disk> is full";
    mailer.rate = 1'240;
    enter(mailer);
    enter(node("old", "all", clock_.now() - Seconds(90)));
    const std::string page = get("/desk/routes").body;
    EXPECT_THAT(page, HasSubstr("shows this page"));
    EXPECT_THAT(page, HasSubstr("sends no mail: ask one that does"));
    EXPECT_THAT(page, HasSubstr("-61.0 s"));
    EXPECT_THAT(page, HasSubstr("the &lt;disk&gt; is full"));
    EXPECT_THAT(page, HasSubstr("not seen for 90 s"));

    const auto answer = boost::json::parse(api("GET", "/api/v1/nodes").body);
    ASSERT_EQ(answer.at("nodes").as_array().size(), 3U);
    const auto& first = answer.at("nodes").at(0);
    EXPECT_EQ(first.at("name"), "desk");
    EXPECT_EQ(first.at("self"), true);
    EXPECT_EQ(first.at("skew_ms"), -61'000);
    EXPECT_EQ(answer.at("nodes").at(1).at("rate"), 1'240);
    EXPECT_EQ(answer.at("nodes").at(2).at("alive"), false);
    EXPECT_EQ(api("GET", "/api/v1/nodes", "", "nobody's token").status, 401);
}

TEST_F(MailRoutesPages, TheDeskShowsThem) {
    EXPECT_NE(get("/desk/routes").status, 200) << "not without signing in";
    sign_in_as("ann", model::Role::Writer);
    const auto page = get("/desk/routes");
    ASSERT_EQ(page.status, 200) << page.body;
    EXPECT_THAT(page.body, HasSubstr("127.0.0.1"));
    EXPECT_THAT(page.body, HasSubstr("nothing is waiting"));
    EXPECT_THAT(page.body, Not(HasSubstr("role=\"alert\"")));
    services_->rules_problem = [] { return std::string("limits.toml:3: <wrong>"); };
    EXPECT_THAT(get("/desk/routes").body, HasSubstr("limits.toml:3: &lt;wrong&gt;"));
}

}  // namespace
}  // namespace tocsin::web
