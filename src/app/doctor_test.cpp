#include "app/doctor.h"

#include <filesystem>
#include <fstream>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/doctor_checks.h"
#include "app/init.h"
#include "net/smtp_listener.h"
#include "store/postgres_server.h"
#include "store/store.h"
#include "store/temp_folder.h"

namespace tocsin::app {
namespace {

using testing::HasSubstr;
using Level = Finding::Level;

// An installation with free ports, and the environment that gives it to the doctor.
class DoctorTest : public testing::Test {
  protected:
    void SetUp() override {
        InitOptions options;
        options.folder = temp_.file("i");
        options.name = "The Example Times";
        options.from = "alerts@paper.news";
        options.public_url = "https://alerts.paper.news";
        SeededRandom random(1);
        const auto done = init(options, clock_, random);
        ASSERT_TRUE(done) << done.error().message();
        for (const DnsRecord& record : done->records) {
            published_[record.name] = {record.value};
        }
        environment_["TOCSIN_HTTP_LISTEN"] = "127.0.0.1:" + free_port();
        environment_["TOCSIN_HTTP_DESK_LISTEN"] = "127.0.0.1:" + free_port();
        environment_["TOCSIN_DELIVERY_RELAY"] = "smtp://127.0.0.1:" + free_port() + "?tls=none";
        options_.config_path = done->config_file;
        options_.relay_time = std::chrono::milliseconds(2'000);
        options_.environment = [this](const std::string& name) -> std::optional<std::string> {
            const auto found = environment_.find(name);
            return found == environment_.end() ? std::nullopt : std::optional(found->second);
        };
        options_.lookup = [this](const std::string& name) -> Result<std::vector<std::string>> {
            const auto found = published_.find(name);
            if (found == published_.end()) {
                return not_found("no such name");
            }
            return found->second;
        };
    }

    static std::string free_port() {
        boost::asio::io_context io;
        boost::asio::ip::tcp::acceptor acceptor(io,
                                                {boost::asio::ip::make_address("127.0.0.1"), 0});
        return std::to_string(acceptor.local_endpoint().port());
    }

    // The findings of one topic, as "level: text" lines.
    std::string topic(const std::string& name) {
        std::string out;
        for (const Finding& finding : examine(options_, clock_)) {
            if (finding.topic == name) {
                out += std::string(to_string(finding.level)) + ": " + finding.text + "\n";
            }
        }
        return out;
    }

    store::TempFolder temp_;
    FakeClock clock_{from_ms(1'795'502'159'123)};
    std::map<std::string, std::string> environment_;
    std::map<std::string, std::vector<std::string>> published_;
    DoctorOptions options_;
};

TEST_F(DoctorTest, ARoleIsLookedAtForWhatItDoes) {
    environment_["TOCSIN_STORE_URL"] = "postgresql://nobody@127.0.0.1:" + free_port() + "/none";
    const auto topics = [this](const char* role) {
        environment_["TOCSIN_NODE_ROLE"] = role;
        std::string all;
        for (const Finding& finding : examine(options_, clock_)) {
            all += finding.topic + ": " + finding.text + "\n";
        }
        return all;
    };
    const std::string web = topics("web");
    EXPECT_THAT(web, HasSubstr("relay: this machine sends no mail"));
    EXPECT_THAT(web, testing::Not(HasSubstr("dkim: ")));
    EXPECT_THAT(web, HasSubstr(environment_["TOCSIN_HTTP_LISTEN"]));
    const std::string send = topics("send");
    EXPECT_THAT(send, testing::Not(HasSubstr(environment_["TOCSIN_HTTP_LISTEN"])));
    EXPECT_THAT(send, HasSubstr("dkim: "));
}

std::string nodes_judged(std::string_view nodes) {
    const auto answer = boost::json::parse(R"({"nodes":[)" + std::string(nodes) + "]}");
    Findings findings;
    judge_nodes(nodes_of(answer), findings);
    return doctor_text(findings);
}

std::string node(std::string_view name, std::string_view role, std::string_view more) {
    return fmt::format(R"({{"id":"{}","role":"{}","seen_at":"2026-11-24T06:00:00.000Z",{}}})", name,
                       role, more);
}

TEST(DoctorNodes, MachinesThatAgreeAreFine) {
    const std::string good = R"("alive":true,"skew_ms":-12,"version":"1","trouble":"")";
    EXPECT_EQ(nodes_judged(""), "");
    EXPECT_EQ(nodes_judged(node("a", "all", good)),
              "ok    nodes     this machine is the only one\n");
    EXPECT_EQ(nodes_judged(node("a", "web", good) + "," + node("b", "send", good)),
              "ok    nodes     2 machines are alive and agree\n");
}

TEST(DoctorNodes, WhatIsWrongWithOneIsTold) {
    const std::string told = nodes_judged(
        node("a", "web", R"("alive":true,"skew_ms":61000,"version":"1","trouble":"")") + "," +
        node("b", "web", R"("alive":true,"skew_ms":0,"version":"2","trouble":"no disk")") + "," +
        node("c", "send", R"("alive":false,"skew_ms":0,"version":"1","trouble":"")"));
    EXPECT_THAT(told,
                HasSubstr("warn  nodes     the clock of a is 61.0 s ahead of the database's"));
    EXPECT_THAT(told, HasSubstr("fail  nodes     b sends nothing: no disk"));
    EXPECT_THAT(told, HasSubstr("warn  nodes     c was not seen since 2026-11-24T06:00:00.000Z"));
    EXPECT_THAT(told, HasSubstr("warn  nodes     versions 1, 2 run side by side"));
    EXPECT_THAT(told, HasSubstr("fail  nodes     no machine sends mail"));
    EXPECT_TRUE(nodes_of(boost::json::value(nullptr)).empty());
}

TEST_F(DoctorTest, ReadsTheShapingFileAsItIsNow) {
    EXPECT_EQ(topic("rules"), "ok: limits and reply rules: those that ship\n");
    const std::string file = temp_.file("limits.toml");
    environment_["TOCSIN_DELIVERY_RULES"] = file;
    EXPECT_THAT(topic("rules"), HasSubstr("fail: " + file + ": cannot be read"));
    std::ofstream(file) << "[default]\nconnections = 0\n";
    EXPECT_THAT(topic("rules"), HasSubstr("fail: " + file + ":2: [default] connections must be"));
    std::ofstream(file) << "[default]\nconnections = 1\n";
    EXPECT_EQ(topic("rules"), "ok: " + file + ": read, before the rules that ship\n");
}

TEST_F(DoctorTest, ANewInstallationIsWellButForItsRelay) {
    const auto findings = examine(options_, clock_);
    for (const Finding& finding : findings) {
        if (finding.level == Level::Fail) {
            EXPECT_EQ(finding.topic, "relay") << finding.text;
        }
    }
    EXPECT_TRUE(has_failure(findings));
    EXPECT_THAT(topic("database"), HasSubstr("ok: "));
    EXPECT_THAT(topic("dns"), HasSubstr("ok: DKIM at tocsin._domainkey.paper.news is published"));
    const std::string text = doctor_text(findings);
    EXPECT_THAT(text, HasSubstr("ok    config"));
    EXPECT_EQ(doctor_json(findings).size(), findings.size());
}

TEST_F(DoctorTest, ARelayThatAnswersIsOk) {
    boost::asio::io_context io;
    net::SmtpListenerOptions listening;
    net::SmtpListener listener(
        io.get_executor(), listening,
        [](mail::SmtpEnvelope, std::string) -> Task<mail::Reply> { co_return mail::Reply{}; });
    const auto port = listener.listen("127.0.0.1", 0);
    ASSERT_TRUE(port);
    std::thread serving([&io] { io.run(); });
    environment_["TOCSIN_DELIVERY_RELAY"] =
        "smtp://127.0.0.1:" + std::to_string(*port) + "?tls=none";
    EXPECT_THAT(topic("relay"), HasSubstr("ok: 127.0.0.1:" + std::to_string(*port)));
    // TLS that is required and not offered is a failure, not a fallback.
    environment_["TOCSIN_DELIVERY_RELAY"] = "smtp://127.0.0.1:" + std::to_string(*port);
    EXPECT_THAT(topic("relay"), HasSubstr("fail: "));
    boost::asio::post(io, [&listener] { listener.stop(); });
    serving.join();
}

TEST_F(DoctorTest, DnsThatIsMissingOrWrongIsToldWithTheRecordToPublish) {
    published_.erase("_dmarc.paper.news");
    published_["tocsin._domainkey.paper.news"] = {"v=DKIM1; p=AAAA"};
    published_["paper.news"] = {"unrelated", "v=spf1 -all", "v=spf1 ~all"};
    const std::string dns = topic("dns");
    EXPECT_THAT(dns, HasSubstr("warn: DMARC at _dmarc.paper.news is not published"));
    EXPECT_THAT(dns, HasSubstr("fail: DKIM at tocsin._domainkey.paper.news has another key"));
    EXPECT_THAT(dns, HasSubstr("fail: SPF at paper.news is published 2 times"));
    EXPECT_THAT(doctor_text(examine(options_, clock_)),
                HasSubstr("publish: _dmarc.paper.news. IN TXT \"v=DMARC1"));

    options_.lookup = [](const std::string&) -> Result<std::vector<std::string>> {
        return unavailable("no resolver");
    };
    EXPECT_THAT(topic("dns"), HasSubstr("warn: SPF at paper.news could not be looked up"));
    options_.domain = "other.news";
    EXPECT_THAT(topic("dns"), HasSubstr("DMARC at _dmarc.other.news"));
    options_.domain = "not a domain";
    EXPECT_THAT(topic("dns"), HasSubstr("fail: --domain"));
}

TEST_F(DoctorTest, TroubleOnThisMachineIsFound) {
    boost::asio::io_context io;
    boost::asio::ip::tcp::acceptor taken(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
    const std::string port = std::to_string(taken.local_endpoint().port());
    environment_["TOCSIN_HTTP_LISTEN"] = "127.0.0.1:" + port;
    EXPECT_THAT(topic("ports"), HasSubstr("fail: 127.0.0.1:" + port));

    std::filesystem::permissions(temp_.file("i/secrets.toml"), std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    EXPECT_THAT(topic("secrets"), HasSubstr("fail: "));
    std::filesystem::remove(temp_.file("i/dkim.pem"));
    EXPECT_THAT(topic("dkim"), HasSubstr("fail: "));

    FakeClock unset(from_ms(0));
    EXPECT_THAT(doctor_text(examine(options_, unset)), HasSubstr("fail  clock"));
    std::filesystem::remove(temp_.file("i/tocsin.toml"));
    EXPECT_THAT(topic("config"), HasSubstr("no such configuration file"));
}

TEST_F(DoctorTest, ADatabaseServerIsAskedToo) {
    store::PostgresServer& server = store::PostgresServer::shared();
    if (!server.running()) {
        GTEST_SKIP() << server.why_not();
    }
    environment_["TOCSIN_STORE_URL"] = server.new_schema();
    EXPECT_THAT(topic("database"), HasSubstr("ok: postgresql://tocsin@"));
    environment_["TOCSIN_STORE_URL"] = server.url("nowhere");
    EXPECT_THAT(topic("database"), HasSubstr("database \"nowhere\" does not exist"));
}

TEST_F(DoctorTest, ADatabaseInUseOrBrokenIsFound) {
    {
        const auto store = store::Store::open("sqlite:" + temp_.file("i/tocsin.db"), clock_);
        ASSERT_TRUE(store);
        EXPECT_THAT(topic("database"), HasSubstr("fail: "));
    }
    std::filesystem::resize_file(temp_.file("i/tocsin.db"), 100);
    EXPECT_THAT(topic("database"), HasSubstr("fail: "));
    std::filesystem::remove(temp_.file("i/tocsin.db"));
    EXPECT_THAT(topic("database"), HasSubstr("warn: "));
}

}  // namespace
}  // namespace tocsin::app
