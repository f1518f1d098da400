#include "model/shaping.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

namespace tocsin::model {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RouteShape site_of(const Shaping& shaping, const std::string& host,
                   std::string_view domain = "example.org") {
    return shaping.site("site of " + host, {host}, domain);
}

std::string problem(std::string_view text) {
    const auto shaping = Shaping::parse(text);
    return shaping ? std::string("accepted") : shaping.error().message();
}

TEST(Shaping, KnowsTheBigProvidersByTheirServers) {
    const Shaping shaping = Shaping::shipped();
    const RouteShape gmail = site_of(shaping, "alt1.gmail-smtp-in.l.google.com", "gmail.com");
    EXPECT_EQ(gmail.group, "Google");
    EXPECT_EQ(gmail.limits.connections, 5U);
    EXPECT_EQ(gmail.limits.messages_per_connection, 50U);
    EXPECT_EQ(gmail.tls, TlsPolicy::Required);
    EXPECT_EQ(site_of(shaping, "aspmx.l.google.com"), gmail) << "hosted domains share the limits";
    EXPECT_EQ(site_of(shaping, "smtp.google.com"), gmail);

    EXPECT_EQ(site_of(shaping, "mta5.am0.yahoodns.net").group, "Yahoo");
    EXPECT_EQ(site_of(shaping, "mta5.am0.yahoodns.net").limits.messages_per_connection, 20U);
    EXPECT_EQ(site_of(shaping, "hotmail-com.olc.protection.outlook.com").group, "Outlook.com");
    EXPECT_EQ(site_of(shaping, "example-org.mail.protection.outlook.com").group, "Office 365");
    EXPECT_EQ(site_of(shaping, "example-org.f-v1.mx.microsoft").group, "Office 365 (DANE)");
    EXPECT_EQ(site_of(shaping, "mx01.mail.icloud.com").limits.messages_per_connection, 5U);
    EXPECT_EQ(site_of(shaping, "mx1.comcast.net").limits.connections, 25U);
    EXPECT_EQ(site_of(shaping, "smtp-in.orange.fr").limits.connections, 2U);
    EXPECT_EQ(site_of(shaping, "mx00.emig.gmx.net").group, "GMX and WEB.DE");
    EXPECT_EQ(site_of(shaping, "mx3.mail.yahoo.co.jp").limits.per_second, 10);
    EXPECT_EQ(site_of(shaping, "mx01.t-online.de").group, "T-Online");
}

TEST(Shaping, EverySiteWithoutARuleIsItsOwnGroup) {
    const Shaping shaping = Shaping::shipped();
    const RouteShape shape = site_of(shaping, "mx.example.org");
    EXPECT_EQ(shape.group, "site of mx.example.org");
    EXPECT_EQ(shape.limits.connections, 10U);
    EXPECT_EQ(shape.limits.messages_per_connection, 100U);
    EXPECT_EQ(shape.limits.per_second, 100);
    EXPECT_EQ(shape.tls, TlsPolicy::Opportunistic);
    EXPECT_EQ(site_of(shaping, "google.com.example.org").group, "site of google.com.example.org");
    EXPECT_EQ(site_of(shaping, "notgoogle.com").group, "site of notgoogle.com");
}

TEST(Shaping, TheWholeSetHasToBeTheProvidersOrTheDomain) {
    const Shaping shaping = Shaping::shipped();
    EXPECT_EQ(shaping.site("s", {"alt1.aspmx.l.google.com", "aspmx.l.google.com"}, "x.org").group,
              "Google");
    // Else anybody could have Google's group suspended by what their own server says.
    EXPECT_EQ(shaping.site("s", {"mx.example.org", "aspmx.l.google.com"}, "example.org").group,
              "s");
    EXPECT_EQ(shaping.site("s", {"mx.example.org"}, "gmail.com").group, "Google");
    EXPECT_EQ(shaping.site("s", {}, "example.org").group, "s");
}

TEST(Shaping, ASmarthostHasTheLimitsOfItsRuleOrNone) {
    const Shaping shipped = Shaping::shipped();
    EXPECT_EQ(shipped.smarthost("email-smtp.eu-west-1.amazonaws.com").group, "Amazon SES");
    const RouteShape own = shipped.smarthost("mail.example.org");
    EXPECT_EQ(own.group, "mail.example.org");
    EXPECT_EQ(own.limits, (RouteLimits{kShapeConnectionsMax, 0, 0}));

    const auto shaping = Shaping::parse(
        "[[smarthost]]\nname = \"Amazon SES\"\nper_second = 14\n"
        "[[smarthost]]\nname = \"ours\"\nhost = \"*.Example.org\"\nconnections = 3\n");
    ASSERT_TRUE(shaping) << shaping.error().message();
    EXPECT_EQ(shaping->smarthost("email-smtp.eu-west-1.amazonaws.com").limits.per_second, 14);
    EXPECT_EQ(shaping->smarthost("mail.example.org"),
              (RouteShape{"ours", {3, 0, 0}, TlsPolicy::Opportunistic}));
}

TEST(Shaping, AnOperatorsRuleTakesWhatItLeavesOutFromTheShippedOne) {
    const auto shaping = Shaping::parse(R"(
[default]
per_second = 7
[[site]]
name = "Google"
connections = 40
[[site]]
name = "The big customer"
mx = ["*.example.com"]
messages_per_connection = 3
tls = "required"
)");
    ASSERT_TRUE(shaping) << shaping.error().message();
    const RouteShape google = site_of(*shaping, "aspmx.l.google.com");
    EXPECT_EQ(google.limits, (RouteLimits{40, 50, 100}));
    EXPECT_EQ(google.tls, TlsPolicy::Required);
    EXPECT_EQ(site_of(*shaping, "mx1.example.com"),
              (RouteShape{"The big customer", {10, 3, 7}, TlsPolicy::Required}));
    EXPECT_EQ(site_of(*shaping, "mx.example.org").limits, (RouteLimits{10, 100, 7}));
}

TEST(Shaping, AnOperatorsRuleComesBeforeTheShippedOnes) {
    const auto shaping = Shaping::parse(
        "[[site]]\nname = \"One customer at Google\"\ndomains = [\"example.org\"]\n"
        "connections = 1\n");
    ASSERT_TRUE(shaping) << shaping.error().message();
    EXPECT_EQ(site_of(*shaping, "aspmx.l.google.com", "example.org").group,
              "One customer at Google");
    EXPECT_EQ(site_of(*shaping, "aspmx.l.google.com", "example.net").group, "Google");
}

TEST(Shaping, TheShippedTextIsAGoodOperatorsFile) {
    const auto shaping = Shaping::parse(Shaping::shipped_text());
    ASSERT_TRUE(shaping) << shaping.error().message();
    EXPECT_EQ(site_of(*shaping, "aspmx.l.google.com"),
              site_of(Shaping::shipped(), "aspmx.l.google.com"));
}

TEST(Shaping, EveryMistakeIsOneLineThatNamesFileLineAndKey) {
    EXPECT_EQ(problem("[default]\nconections = 1\n"),
              "shaping.toml:2: [default] conections is not a known key (did you mean "
              "connections?)");
    EXPECT_EQ(problem("[default]\nfoo = 1\n"),
              "shaping.toml:2: [default] foo is not a known key: connections, "
              "messages_per_connection, per_second, tls are");
    EXPECT_EQ(problem("[sites]\n"),
              "shaping.toml:1: sites is not a known section (did you mean "
              "site?)");
    EXPECT_THAT(problem("[x]\n"), HasSubstr("x is not a known section: [default]"));
    EXPECT_EQ(problem("[site]\nname = \"x\"\n"),
              "shaping.toml:1: site is written as [[site]] sections");
    EXPECT_EQ(problem("default = 1\n"),
              "shaping.toml:1: default is written as a [default] section");
    EXPECT_EQ(problem("[default]\nconnections = 0\n"),
              "shaping.toml:2: [default] connections must be a whole number from 1 to 1000");
    EXPECT_THAT(problem("[default]\nconnections = \"5\"\n"), HasSubstr("must be a whole number"));
    EXPECT_THAT(problem("[default]\nconnections = 5.5\n"), HasSubstr("must be a whole number"));
    EXPECT_THAT(problem("[default]\nmessages_per_connection = -1\n"),
                HasSubstr("a whole number from 0 to 1000000"));
    for (const std::string_view rate : {"-1", "nan", "inf", "0.001", "\"10/s\"", "true", "1e9"}) {
        EXPECT_EQ(problem("[default]\nper_second = " + std::string(rate) + "\n"),
                  "shaping.toml:2: [default] per_second must be a number from 0.01 to 1000000, or "
                  "0 for no limit");
    }
    EXPECT_EQ(problem("[default]\ntls = \"yes\"\n"),
              "shaping.toml:2: [default] tls must be opportunistic or required");
    EXPECT_EQ(problem("[[site]]\nmx = [\"a.b\"]\n"),
              "shaping.toml:1: [[site]] name is missing: what the provider is called");
    EXPECT_EQ(problem("[[site]]\nname = \"x\"\n"),
              "shaping.toml:1: [[site]] \"x\" needs mx or domains: whom it is for");
    EXPECT_THAT(problem("[[site]]\nname = \"x\"\nmx = [\"*\"]\n"),
                HasSubstr(":3: [[site]] mx has"));
    EXPECT_THAT(problem("[[site]]\nname = \"x\"\nmx = [1]\n"), HasSubstr("a list of texts"));
    EXPECT_THAT(problem("[[site]]\nname = \"x\"\nmx = []\n"), HasSubstr("from 1 to 100 entries"));
    EXPECT_THAT(problem("[[site]]\nname = \"x\"\nmx = [\"b\xC3\xBC.de\"]\n"),
                HasSubstr("which is no host name"));
    EXPECT_THAT(problem("[[site]]\nname = \"x\"\ndomains = [\"*.de\"]\n"),
                HasSubstr("which is no host name"));
    EXPECT_THAT(problem("[[site]]\nname = \" x\"\nmx = [\"a.b\"]\n"),
                HasSubstr(":2: [[site]] name must be a name of at most 60 bytes"));
    EXPECT_EQ(problem("[[site]]\nname = \"x\"\nmx = \"a.b\"\n[[smarthost]]\nname = \"x\"\n"
                      "host = \"c.d\"\n"),
              "shaping.toml:5: [[smarthost]] name \"x\" is used twice");
    EXPECT_THAT(problem("[[smarthost]]\nname = \"x\"\n"), HasSubstr("needs host"));
    EXPECT_THAT(problem("[[smarthost]]\nname = \"x\"\ntls = \"required\"\n"),
                HasSubstr(":3: [[smarthost]] tls is set by the relay's URL"));
    EXPECT_THAT(problem("name = \n"), HasSubstr("shaping.toml:1: this is not TOML: "));
    EXPECT_EQ(Shaping::parse("x = 1", "/etc/tocsin/limits.toml").error().message().substr(0, 26),
              "/etc/tocsin/limits.toml:1:");
    EXPECT_THAT(problem(std::string(1'000'001, '#')), HasSubstr("is larger than"));
}

TEST(Shaping, TheCorpusIsReadOrRefusedInOneLine) {
    std::size_t files = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(TOCSIN_SOURCE_DIR "/fuzz/corpus/shaping")) {
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(in)),
                               std::istreambuf_iterator<char>());
        const std::string said = problem(text);
        EXPECT_THAT(said, Not(HasSubstr("\n"))) << entry.path();
        ++files;
    }
    EXPECT_GE(files, 8U);
}

}  // namespace
}  // namespace tocsin::model
