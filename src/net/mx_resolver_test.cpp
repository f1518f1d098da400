// MxResolver: what is found, refused, remembered and served on.
#include "net/mx_resolver_fixture.h"

namespace tocsin::net {
namespace {

using Kind = SiteAnswer::Kind;
using MxResolverTest = MxResolverFixture;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(MxResolverTest, FindsTheSiteAndItsAddresses) {
    make();
    const SiteAnswer answer = site("example.org");
    EXPECT_EQ(answer.kind, Kind::Found) << answer.reason;
    EXPECT_THAT(answer.site.targets,
                ElementsAre(MxTarget{10, "mx1.example.net"}, MxTarget{20, "mx2.example.net"}));
    EXPECT_EQ(answer.valid_until, clock_.steady() + Seconds(300));
    const auto endpoints = run(resolver_->addresses("mx1.example.net", 25));
    ASSERT_TRUE(endpoints);
    std::vector<std::string> texts;
    for (const auto& endpoint : *endpoints) {
        texts.push_back(endpoint.address().to_string());
        EXPECT_EQ(endpoint.port(), 25);
    }
    EXPECT_THAT(texts, ElementsAre("2a00::1", "1.1.1.1", "1.1.1.2"));
}

TEST_F(MxResolverTest, AsksOnceUntilTheTtlEnds) {
    make();
    site("example.org");
    EXPECT_EQ(dns_->questions, 3);  // MX, and the first host's two addresses
    site("EXAMPLE.org");
    EXPECT_TRUE(resolver_->known_site_of("example.org"));
    EXPECT_EQ(dns_->questions, 3);
    clock_.advance(Seconds(300));
    EXPECT_FALSE(resolver_->known_site_of("example.org"));
    site("example.org");
    EXPECT_EQ(dns_->asked["example.org"], 2);
}

TEST_F(MxResolverTest, TtlsAreHeldWithinBounds) {
    make();
    dns_->answers[{"example.org", DnsType::Mx}] = mx({{10, "mx1.example.net"}}, Seconds(0));
    EXPECT_EQ(site("example.org").valid_until, clock_.steady() + limits::kDnsTtlMin);
    clock_.advance(Seconds(3'600));
    dns_->answers[{"example.org", DnsType::Mx}] = mx({{10, "mx1.example.net"}}, Seconds(9'999'999));
    EXPECT_EQ(site("example.org").valid_until, clock_.steady() + limits::kDnsTtlMax);
}

TEST_F(MxResolverTest, RefusalsAreRememberedByTheNegativeTtl) {
    make();
    dns_->any["nowhere.org"] = status(DnsStatus::NoName, "", Seconds(120));
    const SiteAnswer answer = site("nowhere.org");
    EXPECT_EQ(answer.kind, Kind::Refused);
    EXPECT_EQ(answer.reason, "550 5.1.2 nowhere.org: no such domain");
    EXPECT_EQ(answer.valid_until, clock_.steady() + Seconds(120));
    site("nowhere.org");
    EXPECT_EQ(dns_->asked["nowhere.org"], 1);
}

TEST_F(MxResolverTest, NullMxIsRefused) {
    make();
    dns_->answers[{"null.org", DnsType::Mx}] = mx({{0, "."}});
    EXPECT_EQ(site("null.org").kind, Kind::Refused);
    EXPECT_THAT(site("null.org").reason, StartsWith("556 5.1.10"));
}

TEST_F(MxResolverTest, WithoutMxTheDomainsOwnAddress) {
    make();
    dns_->answers[{"small.org", DnsType::A}] = at({"1.1.1.9"});
    const SiteAnswer answer = site("small.org");
    EXPECT_EQ(answer.kind, Kind::Found);
    EXPECT_EQ(answer.site.name, "small.org");
    EXPECT_THAT(answer.site.targets, ElementsAre(MxTarget{0, "small.org"}));
    EXPECT_EQ(site("none.org").reason,
              "550 5.4.4 none.org has neither a mail server nor an address");
}

TEST_F(MxResolverTest, FailuresAreAskedAgainSoon) {
    make();
    dns_->any["broken.org"] = status(DnsStatus::Failed, "SERVFAIL");
    const SiteAnswer answer = site("broken.org");
    EXPECT_EQ(answer.kind, Kind::Later);
    EXPECT_EQ(answer.reason, "451 4.4.3 broken.org: the DNS gave no answer (SERVFAIL)");
    site("broken.org");
    EXPECT_EQ(dns_->asked["broken.org"], 1);
    clock_.advance(limits::kDnsFailureTtl);
    dns_->any.erase("broken.org");
    dns_->answers[{"broken.org", DnsType::A}] = at({"1.1.1.1"});
    EXPECT_EQ(site("broken.org").kind, Kind::Found);
}

TEST_F(MxResolverTest, BogusIsLater) {
    make();
    dns_->any["forged.org"] = status(DnsStatus::Bogus, "signature expired");
    EXPECT_EQ(site("forged.org").kind, Kind::Later);
    EXPECT_THAT(site("forged.org").reason, HasSubstr("signature expired"));
    dns_->answers[{"half.org", DnsType::Mx}] = mx({{1, "mx.forged.org"}});
    dns_->any["mx.forged.org"] = status(DnsStatus::Bogus);
    EXPECT_EQ(site("half.org").kind, Kind::Later);
    EXPECT_THAT(site("half.org").reason, HasSubstr("DNSSEC"));
}

TEST_F(MxResolverTest, ServersWithoutAddressAreRefusedUnlessOneIsUnsure) {
    make();
    dns_->answers[{"lost.org", DnsType::Mx}] = mx({{1, "gone.org"}, {2, "none.org"}});
    dns_->any["gone.org"] = status(DnsStatus::NoName);
    const SiteAnswer refused = site("lost.org");
    EXPECT_EQ(refused.kind, Kind::Refused);
    EXPECT_EQ(
        refused.reason,
        "550 5.4.4 lost.org: none of its mail servers can be reached: gone.org has no address");
    dns_->answers[{"maybe.org", DnsType::Mx}] = mx({{1, "gone.org"}, {2, "broken.org"}});
    dns_->any["broken.org"] = status(DnsStatus::Failed, "SERVFAIL");
    const SiteAnswer later = site("maybe.org");
    EXPECT_EQ(later.kind, Kind::Later);
    EXPECT_THAT(later.reason, StartsWith("451 4.4.3 maybe.org: broken.org: "));
    dns_->answers[{"second.org", DnsType::Mx}] = mx({{1, "broken.org"}, {2, "mx1.example.net"}});
    EXPECT_EQ(site("second.org").kind, Kind::Found);
}

TEST_F(MxResolverTest, AServerThatFailsOnAaaaIsReachedByIpv4) {
    make();
    dns_->answers[{"mx1.example.net", DnsType::Aaaa}] = status(DnsStatus::Failed, "SERVFAIL");
    EXPECT_EQ(site("example.org").kind, Kind::Found);
    EXPECT_EQ(run(resolver_->addresses("MX1.example.net.", 25))->size(), 2U);
}

TEST_F(MxResolverTest, PrivateAddressesAreNotOfTheInternet) {
    make();
    dns_->answers[{"inside.org", DnsType::Mx}] = mx({{1, "localhost"}});
    dns_->answers[{"localhost", DnsType::A}] = at({"127.0.0.1"});
    EXPECT_EQ(site("inside.org").reason,
              "550 5.4.4 inside.org: none of its mail servers can be reached: "
              "localhost is at 127.0.0.1, which is no address of the internet");
    const auto numeric = run(resolver_->addresses("10.0.0.1", 25));
    ASSERT_FALSE(numeric);
    EXPECT_EQ(numeric.error().kind(), ErrorKind::NotFound);
    // One that is keeps the host, without the other.
    dns_->answers[{"mx1.example.net", DnsType::Aaaa}] = at({"fe80::1"});
    EXPECT_EQ(run(resolver_->addresses("mx1.example.net", 25))->size(), 2U);

    make({.private_targets = DnsOptions::PrivateTargets::Allow});
    dns_->answers[{"inside.org", DnsType::A}] = at({"127.0.0.1"});
    EXPECT_EQ(site("inside.org").kind, Kind::Found);
    EXPECT_TRUE(run(resolver_->addresses("10.0.0.1", 25)));
}

TEST_F(MxResolverTest, AnExpiredAnswerServesOnWhileTheDnsFails) {
    make({.stale_time = Seconds(3'600)});
    site("example.org");
    for (const char* name : {"example.org", "mx1.example.net", "mx2.example.net"}) {
        for (const DnsType type : {DnsType::Mx, DnsType::A, DnsType::Aaaa}) {
            dns_->answers[{name, type}] = status(DnsStatus::Failed, "timeout");
        }
    }
    clock_.advance(Seconds(301));
    const SiteAnswer stale = site("example.org");
    EXPECT_EQ(stale.kind, Kind::Found);
    EXPECT_EQ(stale.valid_until, clock_.steady() + limits::kDnsFailureTtl);
    EXPECT_TRUE(run(resolver_->addresses("mx1.example.net", 25)));
    EXPECT_GE(resolver_->stats().stale_served, 1U);
    clock_.advance(Seconds(3'700));
    EXPECT_EQ(site("example.org").kind, Kind::Later);
}

TEST_F(MxResolverTest, AnExpiredRefusalServesNobody) {
    make();
    dns_->any["nowhere.org"] = status(DnsStatus::NoName);
    site("nowhere.org");
    dns_->any["nowhere.org"] = status(DnsStatus::Failed, "timeout");
    clock_.advance(Seconds(301));
    EXPECT_EQ(site("nowhere.org").kind, Kind::Later);
}

TEST_F(MxResolverTest, InternationalAndImpossibleDomains) {
    make();
    dns_->answers[{"xn--bcher-kva.org", DnsType::A}] = at({"1.1.1.1"});
    EXPECT_EQ(site("b\xc3\xbc"
                   "cher.org")
                  .site.name,
              "xn--bcher-kva.org");
    EXPECT_EQ(site("xn--bcher-kva.org").kind, Kind::Found);
    const int before = dns_->questions;
    for (const char* bad : {"", "nodots", "a b.org", "1.2.3.4", "-a.org"}) {
        const SiteAnswer answer = site(bad);
        EXPECT_EQ(answer.kind, Kind::Refused) << bad;
        EXPECT_THAT(answer.reason, StartsWith("550 5.1.2 ")) << bad;
    }
    EXPECT_FALSE(run(resolver_->addresses("no host", 25)));
    EXPECT_EQ(dns_->questions, before);
}

TEST_F(MxResolverTest, DescribesForPeople) {
    make();
    const std::string text = run(describe_site(*resolver_, clock_, "example.org"));
    EXPECT_THAT(text, StartsWith("example.org: 2 servers, site mx1.example.net+1~"));
    EXPECT_THAT(text, HasSubstr("asked again in 300 s\n"));
    EXPECT_THAT(text, HasSubstr("   10 mx1.example.net  2a00::1 1.1.1.1 1.1.1.2\n"));
    EXPECT_THAT(text, HasSubstr("   20 mx2.example.net  (mx2.example.net has no address)\n"));
    dns_->answers[{"null.org", DnsType::Mx}] = mx({{0, "."}});
    EXPECT_THAT(run(describe_site(*resolver_, clock_, "null.org")),
                StartsWith("null.org: no mail: 556 5.1.10"));
}

TEST(MxResolverStart, RefusesServersThatAreNone) {
    asio::io_context io;
    const FakeClock clock;
    for (const char* bad :
         {"dns.example", "127.0.0.1@", "127.0.0.1@0", "127.0.0.1@99999", "127.0.0.1:53", "@53"}) {
        DnsOptions options;
        options.server = bad;
        const auto started = MxResolver::start(io, clock, options);
        ASSERT_FALSE(started) << bad;
        EXPECT_THAT(started.error().message(), HasSubstr("IP@PORT"));
    }
    DnsOptions options;
    options.server = "127.0.0.1@9";
    options.trust_anchor_file = "/nowhere/root.key";
    EXPECT_FALSE(MxResolver::start(io, clock, options));
}

// Nobody listens there: libunbound's own path, its thread, its pipe and our limit.
TEST(MxResolverStart, AResolverThatIsDownIsLater) {
    asio::io_context io;
    const SystemClock clock;
    DnsOptions options;
    options.server = "127.0.0.1@9";
    options.lookup_time = Milliseconds(200);
    auto resolver = MxResolver::start(io, clock, options).value();
    std::optional<SiteAnswer> answer;
    asio::co_spawn(io, resolver->site_of("example.org"),
                   [&answer](std::exception_ptr, SiteAnswer got) { answer = std::move(got); });
    while (!answer && io.run_one_for(std::chrono::seconds(20)) > 0) {
    }
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->kind, Kind::Later);
    EXPECT_THAT(answer->reason, StartsWith("451 4.4.3 example.org: the DNS gave no answer"));
}

}  // namespace
}  // namespace tocsin::net
