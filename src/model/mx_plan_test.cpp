#include "model/mx_plan.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using Kind = MxPlan::Kind;
using Targets = std::vector<MxTarget>;

MxPlan found(Targets records) {
    return plan_mx("example.com", DnsStatus::Found, std::move(records), "");
}

TEST(MxPlan, BestPreferenceFirstNamesAsHostNamesEachOnce) {
    const MxPlan plan = found({{20, "Backup.Example.NET."},
                               {10, "mx2.example.net"},
                               {10, "MX1.example.net."},
                               {30, "mx1.example.net"}});
    EXPECT_EQ(plan.kind, Kind::Targets);
    EXPECT_THAT(plan.site.targets,
                ElementsAre(MxTarget{10, "mx1.example.net"}, MxTarget{10, "mx2.example.net"},
                            MxTarget{20, "backup.example.net"}));
    EXPECT_TRUE(plan.reason.empty());
}

TEST(MxPlan, NullMxIsRefusedForGood) {
    for (const auto& record : {MxTarget{0, "."}, MxTarget{0, ""}, MxTarget{10, "."}}) {
        const MxPlan plan = found({record});
        EXPECT_EQ(plan.kind, Kind::Refused);
        EXPECT_THAT(plan.reason, StartsWith("556 5.1.10 example.com accepts no mail"));
    }
}

TEST(MxPlan, NullMxBesideAServerIsIgnored) {
    const MxPlan plan = found({{0, "."}, {10, "mx.example.net"}});
    EXPECT_EQ(plan.kind, Kind::Targets);
    EXPECT_THAT(plan.site.targets, ElementsAre(MxTarget{10, "mx.example.net"}));
}

TEST(MxPlan, AddressesAndNonsenseAreNoHosts) {
    const MxPlan some = found({{5, "192.0.2.1."}, {10, "mx.example.net"}, {7, "a..b"}});
    EXPECT_THAT(some.site.targets, ElementsAre(MxTarget{10, "mx.example.net"}));
    const MxPlan none = found({{5, "192.0.2.1"}, {6, "mail\xc3\xa4.example"}});
    EXPECT_EQ(none.kind, Kind::Refused);
    EXPECT_THAT(none.reason, StartsWith("550 5.4.4 "));
}

TEST(MxPlan, FoundWithoutRecordsNamesNoHost) {
    EXPECT_EQ(found({}).kind, Kind::Refused);
}

TEST(MxPlan, NoMxMeansTheDomainItself) {
    EXPECT_EQ(plan_mx("example.com", DnsStatus::NoData, {}, "").kind, Kind::AskAddresses);
    for (const auto& [a, aaaa] :
         std::vector<std::pair<DnsStatus, DnsStatus>>{{DnsStatus::Found, DnsStatus::NoData},
                                                      {DnsStatus::NoData, DnsStatus::Found},
                                                      {DnsStatus::Failed, DnsStatus::Found},
                                                      {DnsStatus::Found, DnsStatus::Bogus}}) {
        const MxPlan plan = plan_without_mx("example.com", a, aaaa);
        EXPECT_EQ(plan.kind, Kind::Targets);
        EXPECT_EQ(plan.site.name, "example.com");
        EXPECT_THAT(plan.site.targets, ElementsAre(MxTarget{0, "example.com"}));
    }
}

TEST(MxPlan, NoMxAndNoAddressIsRefusedForGood) {
    for (const DnsStatus aaaa : {DnsStatus::NoData, DnsStatus::NoName}) {
        const MxPlan plan = plan_without_mx("example.com", DnsStatus::NoData, aaaa);
        EXPECT_EQ(plan.kind, Kind::Refused);
        EXPECT_THAT(plan.reason, StartsWith("550 5.4.4 example.com has neither"));
    }
}

TEST(MxPlan, NoMxAndOneUnknownAddressIsAskedAgain) {
    EXPECT_EQ(plan_without_mx("example.com", DnsStatus::NoData, DnsStatus::Failed).kind,
              Kind::Later);
    EXPECT_EQ(plan_without_mx("example.com", DnsStatus::Failed, DnsStatus::NoData).kind,
              Kind::Later);
}

TEST(MxPlan, NoSuchDomainIsRefusedForGood) {
    const MxPlan plan = plan_mx("example.com", DnsStatus::NoName, {}, "");
    EXPECT_EQ(plan.kind, Kind::Refused);
    EXPECT_EQ(plan.reason, "550 5.1.2 example.com: no such domain");
}

TEST(MxPlan, FailureAndForgeryAreAskedAgain) {
    const MxPlan failed = plan_mx("example.com", DnsStatus::Failed, {}, "SERVFAIL");
    EXPECT_EQ(failed.kind, Kind::Later);
    EXPECT_EQ(failed.reason, "451 4.4.3 example.com: the DNS gave no answer (SERVFAIL)");
    const MxPlan bogus = plan_mx("example.com", DnsStatus::Bogus, {{1, "evil.example"}}, "");
    EXPECT_EQ(bogus.kind, Kind::Later);
    EXPECT_THAT(bogus.reason, HasSubstr("DNSSEC"));
    EXPECT_TRUE(bogus.site.targets.empty());
}

TEST(MxPlan, ThousandsOfTargetsAreCutTheWorstFirst) {
    Targets many;
    for (std::uint16_t i = 0; i < 1'000; ++i) {
        many.push_back(
            {static_cast<std::uint16_t>(1'000 - i), "mx" + std::to_string(i) + ".example"});
    }
    const MxPlan plan = found(many);
    ASSERT_EQ(plan.site.targets.size(), kMxTargetsMax);
    EXPECT_EQ(plan.site.targets.front(), (MxTarget{1, "mx999.example"}));
}

TEST(MxPlan, OneHostNamesItsSite) {
    EXPECT_EQ(found({{10, "mx.example.net"}}).site.name, "mx.example.net");
}

TEST(MxPlan, ASiteIsItsHostsAndTheirOrder) {
    const std::string name = found({{10, "mx1.a"}, {20, "mx2.a"}}).site.name;
    EXPECT_THAT(name, StartsWith("mx1.a+1~"));
    EXPECT_EQ(name.size(), std::string("mx1.a+1~").size() + 16);
    // Only the order counts, neither the numbers nor how the DNS shuffled them.
    EXPECT_EQ(found({{7, "MX2.a."}, {1, "mx1.a"}}).site.name, name);
    EXPECT_EQ(found({{10, "mx1.a"}, {20, "mx2.a"}, {30, "mx1.a"}}).site.name, name);
    const std::set<std::string> names = {name, found({{20, "mx1.a"}, {10, "mx2.a"}}).site.name,
                                         found({{10, "mx1.a"}, {10, "mx2.a"}}).site.name,
                                         found({{10, "mx1.a"}, {20, "mx3.a"}}).site.name,
                                         found({{10, "mx1.a"}}).site.name};
    EXPECT_EQ(names.size(), 5U);
}

// A name that is in ledgers and dashboards does not change with a release.
TEST(MxPlan, SiteNamesStay) {
    EXPECT_EQ(found({{5, "gmail-smtp-in.l.google.com"},
                     {10, "alt1.gmail-smtp-in.l.google.com"},
                     {20, "alt2.gmail-smtp-in.l.google.com"}})
                  .site.name,
              "gmail-smtp-in.l.google.com+2~zoeqr77fwldedmkw");
    EXPECT_EQ(site_name({}), "");
}

TEST(MxPlan, NormalHost) {
    EXPECT_EQ(normal_host("MX.Example.NET."), "mx.example.net");
    EXPECT_EQ(normal_host("_dc-mx.a1.example"), "_dc-mx.a1.example");
    EXPECT_EQ(normal_host("localhost"), "localhost");
    EXPECT_EQ(normal_host("xn--bcher-kva.example"), "xn--bcher-kva.example");
    for (const char* bad : {"", ".", "..", "a.", "1.2.3.4", "mx.example.1", "::1", "[192.0.2.1]",
                            "a b.example", ".example", "a..example", "mx.example..", "a/b"}) {
        EXPECT_EQ(normal_host(bad), std::string_view(bad) == "a." ? "a" : "") << bad;
    }
    EXPECT_EQ(normal_host(std::string(64, 'a') + ".example"), "");
    EXPECT_EQ(normal_host(std::string(63, 'a') + ".example"), std::string(63, 'a') + ".example");
    std::string longest;
    while (longest.size() < 254) {
        longest += "a.";
    }
    EXPECT_EQ(normal_host(longest + "b"), "");
    EXPECT_EQ(normal_host(std::string("a\0b.example", 11)), "");
}

TEST(MxPlan, EqualPreferencesAreShuffledUnequalOnesNever) {
    SeededRandom random(1);
    const Targets targets = {{10, "a"}, {10, "b"}, {10, "c"}, {20, "z"}};
    std::map<std::string, int> first;
    for (int i = 0; i < 3'000; ++i) {
        const Targets order = shuffled(targets, random);
        ASSERT_EQ(order.size(), 4U);
        EXPECT_EQ(order.back().host, "z");
        ++first[order.front().host];
    }
    ASSERT_EQ(first.size(), 3U);
    for (const auto& [host, times] : first) {
        EXPECT_NEAR(times, 1'000, 150) << host;
    }
    EXPECT_TRUE(shuffled({}, random).empty());
}

}  // namespace
}  // namespace tocsin::model
