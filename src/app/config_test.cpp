#include "app/config.h"

#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config_keys.h"

namespace tocsin::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Tls = net::SmtpRoute::Tls;

constexpr std::string_view kLeast =
    "[site]\n"
    "name = \"The Example Times\"\n"
    "public_url = \"https://alerts.example.org\"\n"
    "from = \"alerts@example.org\"\n";

ConfigReport check(std::string_view toml, std::map<std::string, std::string> environment = {}) {
    const Environment lookup =
        [environment](const std::string& name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    return check_config_text(toml, "/etc/tocsin/tocsin.toml", lookup);
}

std::string problem(const std::string& more) {
    const ConfigReport report = check(std::string(kLeast) + more);
    EXPECT_FALSE(report.config);
    return report.problems.empty() ? "none" : report.problems.front();
}

TEST(Config, TheLeastThatWorksHasSensibleDefaults) {
    const ConfigReport report = check(kLeast);
    ASSERT_THAT(report.problems, ElementsAre());
    const Config& config = *report.config;
    EXPECT_EQ(config.site.name, "The Example Times");
    EXPECT_EQ(config.site.public_url, "https://alerts.example.org");
    EXPECT_EQ(config.site.public_host(), "alerts.example.org");
    EXPECT_EQ(config.site.desk_url, "http://127.0.0.1:8081");
    EXPECT_EQ(config.store.url, "sqlite:/etc/tocsin/tocsin.db");
    EXPECT_EQ(config.control.socket, "/etc/tocsin/tocsin.sock");
    EXPECT_EQ(config.secrets.file, "/etc/tocsin/secrets.toml");
    EXPECT_EQ(config.delivery.helo, "alerts.example.org");
    EXPECT_EQ(config.inbound.bounce_domain, "example.org");
    EXPECT_EQ(config.http.listen.text(), "127.0.0.1:8080");
    EXPECT_FALSE(config.delivery.relay);
    EXPECT_FALSE(config.dkim.enabled());
    EXPECT_EQ(config.desk.people_required, 1U);
}

TEST(Config, ReadsEveryKindOfKey) {
    const ConfigReport report =
        check(std::string(kLeast) +
              "languages = [\"en\", \"de\"]\n"
              "[delivery]\nrelay = \"smtp://u:p%40ss@mail.example.org?tls=required&ca=ca.pem\"\n"
              "threads = 2\n"
              "[dkim]\ndomain = \"Example.ORG\"\nselector = \"s1\"\nkey_file = \"keys/dkim.pem\"\n"
              "[http]\nlisten = \"[::1]:80\"\ntrusted_proxies = [\"127.0.0.1\"]\n"
              "[dev]\ninbox = true\n");
    ASSERT_THAT(report.problems, ElementsAre());
    const Config& config = *report.config;
    EXPECT_THAT(config.site.languages, ElementsAre("en", "de"));
    ASSERT_TRUE(config.delivery.relay);
    EXPECT_EQ(config.delivery.relay->password, "p@ss");
    EXPECT_EQ(config.delivery.relay->ca_file, "/etc/tocsin/ca.pem");
    EXPECT_EQ(config.delivery.relay->helo, "alerts.example.org");
    EXPECT_EQ(config.delivery.threads, 2U);
    EXPECT_EQ(config.dkim.domain, "example.org");
    EXPECT_EQ(config.dkim.key_file, "/etc/tocsin/keys/dkim.pem");
    EXPECT_EQ(config.http.listen.text(), "[::1]:80");
    EXPECT_TRUE(config.http.listen.is_loopback());
    EXPECT_TRUE(config.dev.inbox);
}

TEST(Config, TheEnvironmentGoesBeforeTheFile) {
    const ConfigReport report = check(kLeast, {{"TOCSIN_SITE_NAME", "The Other Times"},
                                               {"TOCSIN_HTTP_LISTEN", "0.0.0.0:9000"},
                                               {"TOCSIN_SITE_LANGUAGES", "en, fr"},
                                               {"TOCSIN_DEV_INBOX", "1"},
                                               {"TOCSIN_DESK_PEOPLE_REQUIRED", "2"},
                                               {"TOCSIN_CONFIG", "not a key"}});
    ASSERT_THAT(report.problems, ElementsAre());
    EXPECT_EQ(report.config->site.name, "The Other Times");
    EXPECT_EQ(report.config->http.listen.port, 9000);
    EXPECT_THAT(report.config->site.languages, ElementsAre("en", "fr"));
    EXPECT_TRUE(report.config->dev.inbox);
    EXPECT_EQ(report.config->desk.people_required, 2U);

    const ConfigReport regions = check(kLeast, {{"TOCSIN_SITE_LANGUAGES", "fr-FR, pt-BR, fr-CA"}});
    ASSERT_THAT(regions.problems, ElementsAre());
    EXPECT_THAT(regions.config->site.languages, ElementsAre("fr", "pt"));
    const ConfigReport unspoken = check(kLeast, {{"TOCSIN_SITE_LANGUAGES", "en, xx"}});
    ASSERT_EQ(unspoken.problems.size(), 1U);
    EXPECT_THAT(unspoken.problems.front(), testing::HasSubstr("that Tocsin speaks: ar, de, en"));

    const ConfigReport bad = check(kLeast, {{"TOCSIN_DELIVERY_THREADS", "many"}});
    EXPECT_THAT(bad.problems,
                ElementsAre("TOCSIN_DELIVERY_THREADS (environment): [delivery] threads must be a "
                            "whole number"));
}

TEST(Config, ProblemsNameFileKeyAndLine) {
    EXPECT_EQ(problem("[http]\nlisen = \"127.0.0.1:1\"\n"),
              "/etc/tocsin/tocsin.toml:6: [http] lisen is not a known key (did you mean listen?)");
    EXPECT_EQ(problem("[htpp]\n"),
              "/etc/tocsin/tocsin.toml:5: [htpp] is not a known section (did you mean http?)");
    EXPECT_EQ(problem("[delivery]\nthreads = \"2\"\n"),
              "/etc/tocsin/tocsin.toml:6: [delivery] threads must be a whole number");
    EXPECT_EQ(problem("[delivery]\nthreads = 0\n"),
              "/etc/tocsin/tocsin.toml:6: [delivery] threads must be from 1 to 256");
    EXPECT_EQ(problem("[dev]\ninbox = \"yes\"\n"),
              "/etc/tocsin/tocsin.toml:6: [dev] inbox must be true or false");
    EXPECT_THAT(problem("[http]\nlisten = \"8080\"\n"), HasSubstr("toml:6: [http] listen must be"));
    EXPECT_THAT(problem("broken\n"), HasSubstr("toml:5: this is not TOML"));
    EXPECT_THAT(problem("[dkim]\ndomain = \"example.org\"\n"),
                HasSubstr("must be set together: dkim.selector, dkim.key_file is missing"));
    EXPECT_THAT(problem("[http]\ndesk_listen = \"127.0.0.1:8080\"\n"), HasSubstr("must differ"));
    EXPECT_THAT(problem("[store]\nurl = \"mysql://db\"\n"), HasSubstr("must be \"sqlite:FILE\""));
    EXPECT_THAT(check("").problems.front(), HasSubstr("[site] name is missing"));
    EXPECT_THAT(check("name = \"x\"\n").problems.front(), HasSubstr("in no section"));
    EXPECT_THAT(check("site = 1\n").problems.front(), HasSubstr("site is a section"));
    EXPECT_EQ(check("\xFF").problems.size(), 1U);
}

TEST(Config, MxDeliveryIsChecked) {
    const ConfigReport least = check(kLeast);
    ASSERT_TRUE(least.config);
    EXPECT_EQ(least.config->delivery.dns, "");
    EXPECT_EQ(least.config->delivery.mx_port, 25);
    EXPECT_EQ(least.config->delivery.mx_connections_max, 200U);
    EXPECT_EQ(least.config->delivery.lease_seconds, 15U);
    EXPECT_EQ(least.config->delivery.outcome_group_ms, 5U);
    EXPECT_EQ(least.config->delivery.mx_private_addresses,
              Config::Delivery::PrivateAddresses::Refuse);

    const ConfigReport set =
        check(std::string(kLeast) +
              "[delivery]\nrelay = \"mx\"\ndns = \"::1\"\nmx_port = 2525\n"
              "source_addresses = [\"2001:db8::7\", \"192.0.2.7\"]\nmx_connections_max = 9\n"
              "mx_private_addresses = \"allow\"\n");
    ASSERT_THAT(set.problems, ElementsAre());
    const Config::Delivery& delivery = set.config->delivery;
    EXPECT_FALSE(delivery.relay);
    EXPECT_EQ(delivery.dns, "::1@53");
    EXPECT_EQ(delivery.mx_port, 2525);
    EXPECT_EQ(delivery.source_v4, "192.0.2.7");
    EXPECT_EQ(delivery.source_v6, "2001:db8::7");
    EXPECT_EQ(delivery.mx_connections_max, 9U);
    EXPECT_EQ(delivery.mx_private_addresses, Config::Delivery::PrivateAddresses::Allow);
    EXPECT_THAT(explain_config(*set.config), HasSubstr("mx_port = 2525  (line 8)"));

    for (const std::string_view bad : {"dns.example", "127.0.0.1:53", "127.0.0.1@", "127.0.0.1@0",
                                       "127.0.0.1@53x", "@53", "127.0.0.1@65536"}) {
        EXPECT_THAT(problem(fmt::format("[delivery]\ndns = \"{}\"\n", bad)),
                    HasSubstr("toml:6: [delivery] dns must be an IP address"))
            << bad;
    }
    EXPECT_THAT(problem("[delivery]\nsource_addresses = [\"192.0.2.1\", \"192.0.2.2\"]\n"),
                HasSubstr("one IPv4 and one IPv6 address: \"192.0.2.2\" is a second"));
    EXPECT_THAT(problem("[delivery]\nsource_addresses = [\"0.0.0.0\"]\n"),
                HasSubstr("\"0.0.0.0\" is none"));
    EXPECT_THAT(problem("[delivery]\nmx_port = 0\n"), HasSubstr("must be from 1 to 65535"));
    EXPECT_THAT(problem("[delivery]\nmx_connections_max = 0\n"), HasSubstr("from 1 to 10000"));
    EXPECT_THAT(problem("[delivery]\nlease_seconds = 1\n"), HasSubstr("from 2 to 600"));
    EXPECT_THAT(problem("[delivery]\noutcome_group_ms = 0\n"), HasSubstr("from 1 to 1000"));
    EXPECT_THAT(problem("[delivery]\nmx_private_addresses = true\n"),
                HasSubstr("mx_private_addresses must be"));
    EXPECT_THAT(problem("[delivery]\nmx_private_addresses = \"yes\"\n"),
                HasSubstr("must be refuse or allow"));
}

TEST(Config, ARoleNeedsADatabaseThatSeveralMachinesShare) {
    const ConfigReport least = check(kLeast);
    ASSERT_TRUE(least.config);
    EXPECT_EQ(least.config->node.role, Config::Node::Role::All);
    EXPECT_EQ(least.config->node.name, "");
    EXPECT_EQ(least.config->store.pooler, Config::Store::Pooler::Refuse);

    const std::string store = "[store]\nurl = \"postgresql://db/news\"\npooler = \"session\"\n";
    const ConfigReport web =
        check(std::string(kLeast) + store + "[node]\nrole = \"web\"\nname = \"desk-1.example\"\n");
    ASSERT_THAT(web.problems, ElementsAre());
    EXPECT_EQ(web.config->node.role, Config::Node::Role::Web);
    EXPECT_EQ(web.config->node.name, "desk-1.example");
    EXPECT_EQ(web.config->store.pooler, Config::Store::Pooler::Session);
    EXPECT_THAT(explain_config(*web.config), HasSubstr("role = web  (line 9)"));

    EXPECT_THAT(problem("[node]\nrole = \"send\"\n"), HasSubstr("one process has to itself"));
    EXPECT_THAT(problem("[node]\nrole = \"both\"\n"), HasSubstr("must be all, web or send"));
    EXPECT_THAT(problem("[node]\nname = \"a b\"\n"), HasSubstr("only letters, digits"));
    EXPECT_THAT(problem("[store]\npooler = \"yes\"\n"), HasSubstr("refuse or session"));
}

TEST(Config, AllProblemsAreReportedAtOnce) {
    EXPECT_EQ(check("[site]\nname = 1\nfrom = \"x\"\nx = 1\n").problems.size(), 4U);
    const auto config = load_config("/nonexistent/tocsin.toml");
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().message(), HasSubstr("no such configuration file"));
    EXPECT_FALSE(load_config("/"));
}

TEST(Config, HeadersCannotBeInjectedByNames) {
    EXPECT_FALSE(check("[site]\nname = \"A\\r\\nBcc: x\"\npublic_url = \"https://a.b\"\n"
                       "from = \"a@b.cd\"\n")
                     .config);
    EXPECT_THAT(problem("postal_address = \"a\\nb\"\n"), HasSubstr("one line"));
}

TEST(Config, PublicUrlIsSchemeAndHostOnly) {
    const auto with = [](const std::string& url) {
        return check("[site]\nname = \"A\"\nfrom = \"a@b.cd\"\npublic_url = \"" + url + "\"\n");
    };
    EXPECT_EQ(with("https://A.example.org/").config->site.public_url, "https://a.example.org");
    EXPECT_EQ(with("http://127.0.0.1:8080").config->site.public_url, "http://127.0.0.1:8080");
    EXPECT_FALSE(with("https://a.example.org/news").config);
    EXPECT_FALSE(with("https://a.example.org?x").config);
    EXPECT_FALSE(with("ftp://a.example.org").config);
    EXPECT_FALSE(with("alerts.example.org").config);
    EXPECT_THAT(with("http://a.example.org").warnings.front(), HasSubstr("not https"));
}

TEST(Config, NoPasswordIsEverShown) {
    const std::string relay = "[delivery]\nrelay = \"smtp://user:hunter2@mail.example.org\"\n";
    const ConfigReport good = check(std::string(kLeast) + relay);
    ASSERT_TRUE(good.config);
    const std::string explained = explain_config(*good.config);
    EXPECT_THAT(explained, HasSubstr("relay = smtp://user:***@mail.example.org  (line 6)"));
    EXPECT_THAT(explained, Not(HasSubstr("hunter2")));
    for (const std::string bad : {
             "[delivery]\nrelay = \"smtp://user:hunter2@mail.example.org?tls=hunter2\"\n",
             "[delivery]\nrelay = \"smtp://user:hunter2 @mail.example.org\"\n",
             "[delivery]\nrelay = \"http://user:hunter2@mail.example.org\"\n",
             "[delivery]\nrelay = \"smtp://user:hunter2@mail.example.org\n",
             "[delivery]\nrelay = \"smtp://user:hunter2@mail.example.org?tls=none\"\n",
         }) {
        EXPECT_THAT(problem(bad), Not(HasSubstr("hunter2"))) << bad;
    }
}

TEST(Config, TheDatabasesPasswordIsNeverShownEither) {
    const ConfigReport good =
        check(std::string(kLeast) +
              "[store]\nurl = \"postgresql://tocsin:hunter2@db.example/news?sslmode=require\"\n");
    ASSERT_THAT(good.problems, ElementsAre());
    EXPECT_EQ(good.config->store.url,
              "postgresql://tocsin:hunter2@db.example/news?sslmode=require");
    const std::string explained = explain_config(*good.config);
    EXPECT_THAT(explained, HasSubstr("url = postgresql://tocsin@db.example/news  (line 6)"));
    EXPECT_THAT(explained, Not(HasSubstr("hunter2")));
    for (const std::string url : {"postgresql://tocsin:hun/ter2@db/news", "postgres:hunter2@db",
                                  "postgresql://tocsin:hun@ter2@db/news"}) {
        EXPECT_THAT(problem("[store]\nurl = \"" + url + "\"\n"), Not(HasSubstr("ter2"))) << url;
    }
}

TEST(Config, TheCommentedFileIsReadBack) {
    const std::string text = config_text({{"site.name", "\"The Example Times\""},
                                          {"site.public_url", "\"https://alerts.example.org\""},
                                          {"site.from", "\"alerts@example.org\""}});
    const ConfigReport report = check(text);
    ASSERT_THAT(report.problems, ElementsAre());
    for (const ConfigKey& key : config_keys()) {
        EXPECT_THAT(text, HasSubstr("# " + std::string(key.help.substr(0, key.help.find('\n')))));
        EXPECT_THAT(text, HasSubstr(std::string(key.name) + " = "));
    }
    // Every default in the comments is one that the reader takes.
    std::string all = text;
    for (std::size_t at = all.find("\n#"); at != std::string::npos; at = all.find("\n#", at + 1)) {
        if (all[at + 2] != ' ') {
            all.erase(at + 1, 1);
        }
    }
    for (const std::string& trouble : check(all).problems) {
        EXPECT_THAT(trouble, HasSubstr("set together")) << all;
    }
}

TEST(RelayUrl, SaysWhereHowAndAsWhom) {
    const auto plain = parse_relay_url("smtp://mail.example.org");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->host, "mail.example.org");
    EXPECT_EQ(plain->port, 587);
    EXPECT_EQ(plain->tls, Tls::Required);
    const auto implicit = parse_relay_url("smtps://u:p@mail.example.org");
    ASSERT_TRUE(implicit);
    EXPECT_EQ(implicit->port, 465);
    EXPECT_EQ(implicit->tls, Tls::Implicit);
    EXPECT_EQ(parse_relay_url("smtp://h.example.org?tls=implicit")->port, 465);
    EXPECT_EQ(parse_relay_url("smtp://127.0.0.1:2525?tls=none")->tls, Tls::None);
    EXPECT_EQ(parse_relay_url("smtp://[::1]:25?tls=opportunistic")->host, "::1");
    EXPECT_EQ(parse_relay_url("smtp://10.0.0.1?tls_name=mail.example.org")->tls_name,
              "mail.example.org");
    EXPECT_TRUE(parse_relay_url("smtp://u:p@127.0.0.1?tls=none&plain_auth=loopback"));
    EXPECT_TRUE(parse_relay_url("smtp://mailhost:25?tls=none"));
    EXPECT_EQ(parse_relay_url("smtp://mailhost?window=4")->window, 4U);
}

TEST(RelayUrl, RefusesWhatWouldLeakOrNotWork) {
    for (const std::string_view url : {
             "",
             "mx2",
             "mail.example.org",
             "http://mail.example.org",
             "smtp://",
             "smtp://mail.example.org/path",
             "smtp://mail.example.org:0",
             "smtp://mail.example.org:99999",
             "smtp://mail.example.org?tls=maybe",
             "smtp://mail.example.org?unknown=1",
             "smtps://mail.example.org?tls=none",
             "smtp://u:p@mail.example.org?tls=none",
             "smtp://u:p@mail.example.org?tls=opportunistic",
             "smtp://u:p@mail.example.org?tls=none&plain_auth=loopback",
             "smtp://a b.example.org",
             "smtp://mail.example.org?window=0",
             "smtp://mail.example.org?window=17",
             "smtp://mail.example.org?window=4x",
         }) {
        EXPECT_FALSE(parse_relay_url(url)) << url;
    }
}

TEST(Endpoint, ReadsHostsAndPorts) {
    EXPECT_EQ(parse_endpoint("localhost:80")->text(), "localhost:80");
    EXPECT_EQ(parse_endpoint("[::]:0")->text(), "[::]:0");
    for (const std::string_view text : {"", ":80", "80", "::1:80", "a:b", "127.0.0.1:", "[x]:1",
                                        "127.0.0.1:70000", "127.0.0.1:-1", "a b:1", "[]:1"}) {
        EXPECT_FALSE(parse_endpoint(text)) << text;
    }
}

}  // namespace
}  // namespace tocsin::app
