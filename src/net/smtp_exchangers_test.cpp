// Sessions to the mail servers of a site: which server, which address, with or without TLS.
#include <set>

#include "net/dns.h"
#include "net/mx_memory.h"
#include "net/mx_resolver.h"
#include "net/smtp_scripted_server.h"
#include "net/smtp_session_fixture.h"

namespace tocsin::net {
namespace {

using asio::ip::tcp;
using Reason = SessionEnd::Reason;
using Tls = SmtpRoute::Tls;

// Hosts and their addresses. A host that is not there has none; "broken" is not known.
class Hosts : public DnsSource {
  public:
    explicit Hosts(asio::io_context& io) : io_(io) {}
    void ask(const std::string& name, DnsType type, Done done) override {
        DnsAnswer answer;
        answer.status =
            name.starts_with("broken") ? model::DnsStatus::Failed : model::DnsStatus::NoData;
        for (const std::string& text : addresses[name]) {
            const auto address = asio::ip::make_address(text);
            if (address.is_v4() == (type == DnsType::A)) {
                answer.status = model::DnsStatus::Found;
                answer.addresses.push_back(address);
            }
        }
        answer.ttl = Seconds(300);
        if (!silent) {
            asio::post(io_, [done = std::move(done), answer] { done(answer); });
        }
    }
    std::map<std::string, std::vector<std::string>> addresses;
    bool silent = false;

  private:
    asio::io_context& io_;
};

class SmtpExchangers : public SmtpSessionFixture {
  protected:
    SmtpExchangers() {
        auto hosts = std::make_unique<Hosts>(io_);
        hosts_ = hosts.get();
        DnsOptions options;
        options.private_targets = DnsOptions::PrivateTargets::Allow;
        resolver_ = std::make_unique<MxResolver>(io_, clock_, options, std::move(hosts));
        mx_.emplace(MxSessions{*resolver_, memory_, random_});
        session_mx_ = &*mx_;
        hosts_->addresses = {{"mx1.test", {"127.0.0.11"}},
                             {"mx2.test", {"127.0.0.12"}},
                             {"mx3.test", {"127.0.0.13"}}};
        // A port that is free on every loopback address, as far as one can know.
        port_ = tcp::acceptor(io_, tcp::endpoint(tcp::v4(), 0)).local_endpoint().port();
    }

    // A server at this address that notes whom it served.
    SmtpListener& serve(const std::string& address, SmtpListenerOptions options = {}) {
        auto keep = [this, address](mail::SmtpEnvelope envelope, std::string) -> Task<mail::Reply> {
            return note(address, std::move(envelope));
        };
        auto listener =
            std::make_unique<SmtpListener>(io_.get_executor(), std::move(options), keep);
        EXPECT_TRUE(listener->listen(address, port_));
        return *servers_.emplace_back(std::move(listener));
    }
    Task<mail::Reply> note(std::string address, mail::SmtpEnvelope envelope) {
        served_.push_back(address + (envelope.tls ? " tls" : ""));
        co_return mail::Reply{250, "2.0.0", "kept"};
    }
    SmtpRoute site(std::vector<MxTarget> targets, Tls tls = Tls::Opportunistic) {
        SmtpRoute out = route(port_, tls);
        out.name = "the site";
        out.host.clear();
        out.targets = std::move(targets);
        return out;
    }
    SessionEnd send(const SmtpRoute& to) {
        ListFeed feed(io_, 1);
        const SessionEnd end = run(to, feed);
        EXPECT_EQ(feed.given, end.ok() ? 1U : 0U);
        EXPECT_EQ(feed.accepted(), feed.given);
        return end;
    }
    tcp::endpoint at(const std::string& address) {
        return {asio::ip::make_address(address), port_};
    }

    FakeClock memory_clock_;
    MxMemory memory_{memory_clock_};
    SeededRandom random_{7};
    Hosts* hosts_ = nullptr;
    std::unique_ptr<MxResolver> resolver_;
    std::optional<MxSessions> mx_;
    std::uint16_t port_ = 0;
    std::vector<std::unique_ptr<SmtpListener>> servers_;
    std::vector<std::string> served_;
};

const std::vector<MxTarget> kTwo = {{10, "mx1.test"}, {20, "mx2.test"}};
const std::vector<MxTarget> kThreeEqual = {{10, "mx1.test"}, {10, "mx2.test"}, {10, "mx3.test"}};

TEST_F(SmtpExchangers, TheBestPreferenceFirst) {
    serve("127.0.0.11");
    serve("127.0.0.12");
    for (int i = 0; i < 5; ++i) {
        const SessionEnd end = send(site(kTwo));
        EXPECT_TRUE(end.ok()) << end.error.message();
        EXPECT_EQ(end.peer.host, "mx1.test");
        EXPECT_EQ(end.peer.address, "127.0.0.11");
        EXPECT_EQ(end.peer.tls, SmtpPeer::Tls::None);
    }
    EXPECT_EQ(served_, std::vector<std::string>(5, "127.0.0.11"));
}

TEST_F(SmtpExchangers, EqualOnesShareTheMail) {
    serve("127.0.0.11");
    serve("127.0.0.12");
    serve("127.0.0.13");
    for (int i = 0; i < 30; ++i) {
        EXPECT_TRUE(send(site(kThreeEqual)).ok());
    }
    EXPECT_EQ(std::set<std::string>(served_.begin(), served_.end()).size(), 3U);
}

TEST_F(SmtpExchangers, ADeadServerIsTriedLastForSomeMinutes) {
    serve("127.0.0.12");
    EXPECT_TRUE(send(site(kTwo)).ok());
    serve("127.0.0.11");  // is back, but nobody knows
    EXPECT_TRUE(send(site(kTwo)).ok());
    memory_clock_.advance(limits::kMxDeadAddressTime);
    EXPECT_TRUE(send(site(kTwo)).ok());
    EXPECT_EQ(served_, (std::vector<std::string>{"127.0.0.12", "127.0.0.12", "127.0.0.11"}));
}

TEST_F(SmtpExchangers, ADeadServerIsTriedAllTheSameIfThereIsNoOther) {
    memory_.address_failed(at("127.0.0.11").address(), port_);
    serve("127.0.0.11");
    EXPECT_TRUE(send(site(kTwo)).ok());
    EXPECT_FALSE(memory_.is_dead(at("127.0.0.11").address(), port_));
}

TEST_F(SmtpExchangers, EveryAddressOfAHostIsTried) {
    hosts_->addresses["mx1.test"] = {"::1", "127.0.0.21", "127.0.0.22", "127.0.0.11"};
    serve("127.0.0.22");
    EXPECT_TRUE(send(site(kTwo)).ok());
    EXPECT_EQ(served_.at(0), "127.0.0.22");
}

TEST_F(SmtpExchangers, NotMoreAddressesThanASessionMayTry) {
    auto& many = hosts_->addresses["mx1.test"];
    many.clear();
    for (int i = 0; i < 30; ++i) {
        many.push_back("127.0.1." + std::to_string(i + 1));
    }
    const SessionEnd end = send(site(kTwo));
    EXPECT_EQ(end.reason, Reason::ConnectFailed);
    EXPECT_EQ(end.fault, SessionEnd::Fault::Passing);
    std::size_t dead = 0;
    for (const std::string& text : many) {
        dead += memory_.is_dead(at(text).address(), port_) ? 1 : 0;
    }
    EXPECT_EQ(dead, limits::kMxAddressesMax);
    EXPECT_NE(end.error.message().find("mx1.test [127.0.1."), std::string::npos)
        << end.error.message();
}

TEST_F(SmtpExchangers, OneThatRefusesIsPassedOverOnce) {
    ScriptedServer refuses(io_, at("127.0.0.11"), {{{"", "554 5.7.1 not you\r\n"}}});
    serve("127.0.0.12");
    EXPECT_TRUE(send(site(kTwo)).ok());
    EXPECT_EQ(served_.at(0), "127.0.0.12");
}

TEST_F(SmtpExchangers, TwoThatRefuseAreEnough) {
    const Script no = {{"", "421 4.7.0 come later\r\n"}};
    ScriptedServer one(io_, at("127.0.0.11"), {no});
    ScriptedServer two(io_, at("127.0.0.12"), {no});
    serve("127.0.0.13");
    const SessionEnd end = send(site({{1, "mx1.test"}, {2, "mx2.test"}, {3, "mx3.test"}}));
    EXPECT_EQ(end.reason, Reason::Refused);
    ASSERT_TRUE(end.reply);
    EXPECT_EQ(end.reply->code, 421);
    EXPECT_NE(end.error.message().find("mx2.test [127.0.0.12]"), std::string::npos);
    EXPECT_TRUE(served_.empty());
}

TEST_F(SmtpExchangers, NamesWithoutAddressArePassedOver) {
    hosts_->addresses.erase("mx1.test");
    serve("127.0.0.12");
    EXPECT_TRUE(send(site(kTwo)).ok());
    hosts_->addresses.erase("mx3.test");
    const SessionEnd none = send(site({{1, "mx3.test"}}));
    EXPECT_EQ(none.reason, Reason::ConnectFailed);
    EXPECT_NE(none.error.message().find("mx3.test has no address"), std::string::npos);
    const SessionEnd broken = send(site({{1, "broken.test"}}));
    EXPECT_EQ(broken.reason, Reason::ConnectFailed);
    EXPECT_NE(broken.error.message().find("the DNS gave no answer"), std::string::npos);
}

TEST_F(SmtpExchangers, OnlyFamiliesThatMayBeSentFrom) {
    hosts_->addresses["mx1.test"] = {"127.0.0.11"};
    serve("127.0.0.11");
    SmtpRoute to = site({{1, "mx1.test"}});
    to.source_v4 = "127.0.0.99";
    EXPECT_TRUE(send(to).ok());
    to.source_v4.clear();
    to.source_v6 = "::1";
    EXPECT_EQ(send(to).reason, Reason::ConnectFailed);
    to.source_v4 = "192.0.2.77";  // not ours
    const SessionEnd not_ours = send(to);
    EXPECT_EQ(not_ours.fault, SessionEnd::Fault::Config);
    EXPECT_NE(not_ours.error.message().find("cannot send from 192.0.2.77"), std::string::npos)
        << not_ours.error.message();
    EXPECT_FALSE(memory_.is_dead(at("127.0.0.11").address(), port_));
    to.source_v4 = "::1";
    EXPECT_EQ(send(to).fault, SessionEnd::Fault::Config);
}

TEST_F(SmtpExchangers, CancelledWhileTheDnsIsAsked) {
    hosts_->silent = true;
    ListFeed feed(io_, 1);
    std::optional<SessionEnd> end;
    start(site(kTwo), feed, end);
    io_.poll();
    io_.restart();
    EXPECT_FALSE(end);
    cancel_.emit(asio::cancellation_type::terminal);
    run_until([&end] { return end.has_value(); });
    EXPECT_EQ(end->reason, Reason::Cancelled);
    EXPECT_EQ(feed.given, 0U);
}

// --- TLS ---

const Step kGreet = {"", "220 mx\r\n"};
const Step kOfferTls = {"EHLO news.example\r\n", "250-mx\r\n250 STARTTLS\r\n"};
const Step kNonsense = {"STARTTLS\r\n", "220 go\r\n"};
const Script kInClear = {kGreet,
                         {"EHLO news.example\r\n", "250-mx\r\n250-STARTTLS\r\n250 PIPELINING\r\n"},
                         {"DATA\r\n", "250 ok\r\n250 ok\r\n354 go\r\n"},
                         {"\r\n.\r\n", "250 2.0.0 kept\r\n"},
                         {"QUIT\r\n", "221 bye\r\n"}};

TEST_F(SmtpExchangers, TlsWhereItIsOfferedWhateverTheCertificate) {
    const TestCertificate authority = make_test_authority("Test");
    serve("127.0.0.11", tls_options(make_test_certificate(authority, "other.example")));
    const SessionEnd end = send(site(kTwo));
    EXPECT_TRUE(end.ok()) << end.error.message();
    EXPECT_EQ(end.peer.tls, SmtpPeer::Tls::Unverified);
    EXPECT_EQ(served_.at(0), "127.0.0.11 tls");
}

TEST_F(SmtpExchangers, BrokenTlsIsDoneWithoutAndRemembered) {
    // The handshake is answered with garbage; then come two connections in clear.
    const Script broken = {kGreet, kOfferTls, kNonsense, {"\x16\x03", "garbage\r\n"}};
    ScriptedServer server(io_, at("127.0.0.11"), {broken, kInClear, kInClear});
    const SessionEnd end = send(site({{1, "mx1.test"}}));
    EXPECT_TRUE(end.ok()) << end.error.message();
    EXPECT_TRUE(memory_.tls_is_broken("mx1.test"));
    EXPECT_TRUE(send(site({{1, "mx1.test"}})).ok());
    EXPECT_EQ(server.connections, 3U);
}

TEST_F(SmtpExchangers, TlsRefusedForTheMomentIsNotRemembered) {
    Script refused = kInClear;
    refused.insert(refused.begin() + 2, {"STARTTLS\r\n", "454 4.7.0 not now\r\n"});
    ScriptedServer server(io_, at("127.0.0.11"), {refused});
    EXPECT_TRUE(send(site({{1, "mx1.test"}})).ok());
    EXPECT_FALSE(memory_.tls_is_broken("mx1.test"));
    EXPECT_EQ(server.connections, 1U);
}

TEST_F(SmtpExchangers, AHandshakeThatHangsIsDoneWithoutToo) {
    times_.connect = Milliseconds(100);
    const Script hangs = {kGreet, kOfferTls, kNonsense, {"never said", ""}};
    ScriptedServer server(io_, at("127.0.0.11"), {hangs, kInClear});
    EXPECT_TRUE(send(site({{1, "mx1.test"}})).ok());
}

TEST_F(SmtpExchangers, WhereTlsIsRequiredNothingGoesInClear) {
    memory_.tls_failed("mx1.test");  // of no weight here
    serve("127.0.0.11");
    serve("127.0.0.12");
    const SessionEnd end = send(site(kTwo, Tls::Required));
    EXPECT_EQ(end.reason, Reason::TlsFailed);
    EXPECT_EQ(end.fault, SessionEnd::Fault::Config);
    EXPECT_EQ(end.tls_failure, TlsFailure::NotOffered);
    EXPECT_NE(end.error.message().find("TLS is required for this site"), std::string::npos)
        << end.error.message();
    EXPECT_TRUE(served_.empty());

    const Script broken = {kGreet, kOfferTls, kNonsense, {"\x16\x03", "garbage\r\n"}};
    ScriptedServer server(io_, at("127.0.0.13"), {broken, kInClear});
    EXPECT_EQ(send(site({{1, "mx3.test"}}, Tls::Required)).reason, Reason::TlsFailed);
    EXPECT_EQ(server.connections, 1U);
}

TEST_F(SmtpExchangers, WhereTlsIsRequiredTheNameIsTheMxHosts) {
    const TestCertificate authority = make_test_authority("Test");
    serve("127.0.0.11", tls_options(make_test_certificate(authority, "other.test")));
    SmtpRoute to = site({{10, "mx1.test"}}, Tls::Required);
    to.ca_file = write_file("ca.pem", authority.certificate_pem);
    to.tls_name = "other.test";  // does not count
    const SessionEnd wrong = send(to);
    EXPECT_EQ(wrong.reason, Reason::TlsFailed);
    EXPECT_EQ(wrong.tls_failure, TlsFailure::HostMismatch);
    EXPECT_EQ(to_string(wrong.tls_failure), "certificate-host-mismatch");

    serve("127.0.0.12", tls_options(make_test_certificate(authority, "mx2.test")));
    to.targets = kTwo;  // the second one's is right
    const SessionEnd right = send(to);
    EXPECT_TRUE(right.ok()) << right.error.message();
    EXPECT_EQ(right.peer.host, "mx2.test");
    EXPECT_EQ(right.peer.tls, SmtpPeer::Tls::Verified);
}

TEST_F(SmtpExchangers, NoPasswordGoesToMailServers) {
    SmtpRoute to = site(kTwo, Tls::Required);
    to.user = "ann";
    EXPECT_EQ(send(to).fault, SessionEnd::Fault::Config);
    EXPECT_EQ(send(site({{1, "a\r\nb"}})).fault, SessionEnd::Fault::Config);
}

}  // namespace
}  // namespace tocsin::net
