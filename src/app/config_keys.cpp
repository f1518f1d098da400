#include "app/config_keys.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/config_consent.h"
#include "app/config_delivery.h"
#include "app/config_node.h"
#include "app/config_signup.h"
#include "app/config_values.h"
#include "base/bytes.h"

namespace tocsin::app {

namespace {

using Presence = ConfigKey::Presence;

constexpr ConfigKey kKeys[] = {
    {"site", "name", KeyKind::Text, Presence::Required, "\"The Example Times\"",
     "The newspaper's name: the sender's name of every mail, and on every page.",
     [](Config& c, const KeyValue& v) -> Status {
         if (trim(v.text).empty()) {
             return invalid("must not be empty");
         }
         return set_line(c.site.name, v, kNameBytesMax);
     }},
    {"site", "public_url", KeyKind::Text, Presence::Required, "\"https://alerts.example.org\"",
     "Where readers reach this service. Links in mails begin with it: it must stay.",
     [](Config& c, const KeyValue& v) { return set_origin(c.site.public_url, v); }},
    {"site", "desk_url", KeyKind::Text, Presence::Example, "\"http://127.0.0.1:8081\"",
     "Where the newsroom reaches the desk: another host name than public_url.",
     [](Config& c, const KeyValue& v) { return set_origin(c.site.desk_url, v); }},
    {"site", "from", KeyKind::Text, Presence::Required, "\"alerts@example.org\"",
     "The address that alerts come from.", set_from},
    {"site", "postal_address", KeyKind::Text, Presence::Default, "\"\"",
     "One line at the foot of every mail; the law of many countries asks for it.",
     [](Config& c, const KeyValue& v) {
         return set_line(c.site.postal_address, v, kLineBytesMax);
     }},
    {"site", "privacy_url", KeyKind::Text, Presence::Default, "\"\"",
     "The privacy notice that the sign-up box links to.",
     [](Config& c, const KeyValue& v) { return set_url(c.site.privacy_url, v); }},
    {"site", "languages", KeyKind::List, Presence::Default,
     "[\"en\", \"ar\", \"de\", \"es\", \"fr\", \"he\", \"it\", \"ja\", \"nl\", \"pl\", \"pt\", "
     "\"tr\", \"uk\"]",
     "Languages of pages and mails, the first for readers whose language is not known.",
     set_languages},
    {"site", "time_zone", KeyKind::Text, Presence::Default, "\"UTC\"",
     "Of readers who have not chosen theirs, for quiet hours and daily emails: \"Europe/Paris\".",
     set_time_zone},

    {"store", "url", KeyKind::Text, Presence::Default, "\"sqlite:tocsin.db\"",
     "The database: one file, for one machine, or a database of a PostgreSQL server (13 or later,\n"
     "UTF-8), for as many as you like, as in "
     "\"postgresql://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full\".\n"
     "The password may also be in ~/.pgpass.",
     set_store_url},
    {"store", "pooler", KeyKind::Text, Presence::Default, "\"refuse\"",
     "A connection pooler (PgBouncer) in front of PostgreSQL: refuse it, or \"session\" if it is "
     "in\n"
     "session mode. In the other modes prepared statements, LISTEN and locks would break.",
     set_pooler},

    {"node", "role", KeyKind::Text, Presence::Default, "\"all\"",
     "What this machine does: all, or only web (readers' pages, desk, API), or only send (mail).\n"
     "One database needs at least one that sends. `tocsin serve --role` goes before it.",
     set_role},
    {"node", "name", KeyKind::Text, Presence::Example, "\"alerts-1\"",
     "What `tocsin nodes` calls this machine; its host name if unset.", set_node_name},

    {"delivery", "relay", KeyKind::Text, Presence::Default, "\"mx\"",
     "The smarthost: \"smtp://user:password@host:587?tls=required\", or smtps://host for TLS from "
     "the\n"
     "first byte. tls: required, opportunistic, none, implicit. Also ca=FILE, tls_name=NAME,\n"
     "window=N: messages unanswered on one connection, if the smarthost offers CHUNKING (1 to 16).",
     set_relay},
    {"delivery", "helo", KeyKind::Text, Presence::Example, "\"alerts.example.org\"",
     "The name by which this machine greets mail servers; the host of public_url if unset.",
     [](Config& c, const KeyValue& v) { return set_domain(c.delivery.helo, v); }},
    {"delivery", "threads", KeyKind::Number, Presence::Default, "1",
     "Threads that hold connections. One fills a fast smarthost.",
     [](Config& c, const KeyValue& v) { return set_number(c.delivery.threads, v, 1, 256); }},
    {"delivery", "signers", KeyKind::Number, Presence::Default, "0",
     "Threads that compose and sign mail; 0 is one a core.",
     [](Config& c, const KeyValue& v) { return set_number(c.delivery.signers, v, 0, 256); }},
    {"delivery", "connections_max", KeyKind::Number, Presence::Default, "8",
     "Connections to the smarthost at once.",
     [](Config& c, const KeyValue& v) {
         return set_number(c.delivery.connections_max, v, 1, 1000);
     }},
    {"delivery", "lease_seconds", KeyKind::Number, Presence::Default, "15",
     "With several machines: so long the mail that a machine held when it died waits for another.",
     [](Config& c, const KeyValue& v) { return set_number(c.delivery.lease_seconds, v, 2, 600); }},
    {"delivery", "outcome_group_ms", KeyKind::Number, Presence::Default, "5",
     "Outcomes gather for so long before they are committed. Longer costs the database less; after "
     "a\n"
     "kill -9 so much more is sent twice.",
     [](Config& c, const KeyValue& v) {
         return set_number(c.delivery.outcome_group_ms, v, 1, 1000);
     }},
    {"delivery", "rules", KeyKind::Text, Presence::Default, "\"\"",
     "File with limits for providers and rules that read servers' replies, before the shipped "
     "ones\n"
     "(`tocsin routes --defaults`). Read again when it changes.",
     [](Config& c, const KeyValue& v) -> Status {
         c.delivery.rules = resolved(c, v.text);
         return {};
     }},
    {"delivery", "mx_connections_max", KeyKind::Number, Presence::Default, "200",
     "With relay = \"mx\": connections to all servers together.",
     [](Config& c, const KeyValue& v) {
         return set_number(c.delivery.mx_connections_max, v, 1, 10'000);
     }},
    {"delivery", "dns", KeyKind::Text, Presence::Default, "\"\"",
     "With relay = \"mx\": the DNS resolver to ask, IP@PORT; those of the system if unset.",
     set_dns},
    {"delivery", "source_addresses", KeyKind::List, Presence::Default, "[]",
     "With relay = \"mx\": addresses of this machine that mail leaves from, one IPv4, one IPv6.",
     set_source_addresses},
    {"delivery", "mx_port", KeyKind::Number, Presence::Default, "25",
     "With relay = \"mx\": the port of the recipients' servers. For tests.",
     [](Config& c, const KeyValue& v) -> Status {
         std::uint32_t port = 0;
         TRY(set_number(port, v, 1, 65'535));
         c.delivery.mx_port = static_cast<std::uint16_t>(port);
         return {};
     }},
    {"delivery", "mx_private_addresses", KeyKind::Text, Presence::Default, "\"refuse\"",
     "With relay = \"mx\": refuse, or allow, mail to servers on this machine or in private\n"
     "networks, which a stranger's DNS record may name.",
     set_private_addresses},

    {"dkim", "domain", KeyKind::Text, Presence::Example, "\"example.org\"",
     "The domain that signs; the one of `from`, or above it.",
     [](Config& c, const KeyValue& v) { return set_domain(c.dkim.domain, v); }},
    {"dkim", "selector", KeyKind::Text, Presence::Example, "\"tocsin\"",
     "The DNS name of the key: SELECTOR._domainkey.DOMAIN.",
     [](Config& c, const KeyValue& v) { return set_selector(c.dkim.selector, v); }},
    {"dkim", "key_file", KeyKind::Text, Presence::Example, "\"dkim.pem\"",
     "The private RSA key, mode 0600.",
     [](Config& c, const KeyValue& v) -> Status {
         c.dkim.key_file = resolved(c, v.text);
         return {};
     }},
    {"dkim", "ed25519_selector", KeyKind::Text, Presence::Default, "\"\"",
     "A second, Ed25519 signature; its own selector and key.",
     [](Config& c, const KeyValue& v) { return set_selector(c.dkim.ed25519_selector, v); }},
    {"dkim", "ed25519_key_file", KeyKind::Text, Presence::Default, "\"\"",
     "The private Ed25519 key, mode 0600.",
     [](Config& c, const KeyValue& v) -> Status {
         c.dkim.ed25519_key_file = resolved(c, v.text);
         return {};
     }},

    {"inbound", "listen", KeyKind::Text, Presence::Example, "\"0.0.0.0:25\"",
     "Where bounces are taken; not read by this version yet.",
     [](Config& c, const KeyValue& v) { return set_endpoint(c.inbound.listen.emplace(), v); }},
    {"inbound", "bounce_domain", KeyKind::Text, Presence::Example, "\"example.org\"",
     "The domain of envelope senders; the one of `from` if unset.",
     [](Config& c, const KeyValue& v) { return set_domain(c.inbound.bounce_domain, v); }},

    {"http", "listen", KeyKind::Text, Presence::Default, "\"127.0.0.1:8080\"",
     "Readers' pages, the sign-up box and the API.",
     [](Config& c, const KeyValue& v) { return set_endpoint(c.http.listen, v); }},
    {"http", "desk_listen", KeyKind::Text, Presence::Default, "\"127.0.0.1:8081\"",
     "The newsroom's desk.",
     [](Config& c, const KeyValue& v) { return set_endpoint(c.http.desk_listen, v); }},
    {"http", "tls_cert", KeyKind::Text, Presence::Default, "\"\"",
     "Certificate chain (PEM) of both listeners; without it a proxy in front must do TLS.",
     [](Config& c, const KeyValue& v) -> Status {
         c.http.tls_cert = resolved(c, v.text);
         return {};
     }},
    {"http", "tls_key", KeyKind::Text, Presence::Default, "\"\"",
     "Its private key (PEM), mode 0600.",
     [](Config& c, const KeyValue& v) -> Status {
         c.http.tls_key = resolved(c, v.text);
         return {};
     }},
    {"http", "trusted_proxies", KeyKind::List, Presence::Default, "[]",
     "Addresses of all proxies in front, whose X-Forwarded-For is believed.", set_proxies},

    {"signup", "service_per_minute", KeyKind::Number, Presence::Default, "6000",
     "Confirmation mails that sign-ups may cause, all together; beyond it they wait in a queue. "
     "How\n"
     "the limits below share themselves out: docs/SIGNUP.md.",
     set_signup_service},
    {"signup", "domain_per_hour", KeyKind::Number, Presence::Default, "200",
     "The same to one mail domain that is not a large provider's.", set_signup_domain},
    {"signup", "address_per_hour", KeyKind::Number, Presence::Default, "1200",
     "Sign-ups from one network address (IPv4 /32, IPv6 /64).", set_signup_address},
    {"signup", "network_per_hour", KeyKind::Number, Presence::Default, "3600",
     "Sign-ups from one network (IPv4 /24, IPv6 /48).", set_signup_network},
    {"signup", "proof", KeyKind::Text, Presence::Default, "\"when-needed\"",
     "Work that a reader's browser does when a limit is near: when-needed, always or never. Forms\n"
     "without a script wait in the queue instead.",
     set_signup_proof},
    {"signup", "fill_seconds", KeyKind::Number, Presence::Default, "2",
     "A form that was filled in faster is answered as usual and dropped.", set_signup_fill},
    {"signup", "answer_ms", KeyKind::Number, Presence::Default, "50",
     "Answers to sign-ups leave at whole multiples of so long, so that their time tells nothing.",
     set_signup_answer},
    {"signup", "check_domains", KeyKind::Flag, Presence::Default, "true",
     "Ask the DNS whether an address's domain takes mail.",
     [](Config& c, const KeyValue& v) -> Status {
         c.signup.check_domains = v.flag;
         return {};
     }},
    {"signup", "disposable_domains", KeyKind::Text, Presence::Default, "\"\"",
     "File with domains of throw-away addresses, one a line: readers there are tagged, no more.",
     set_signup_disposable},

    {"desk", "people_required", KeyKind::Number, Presence::Default, "1",
     "People it takes to send an alert; with 2 nobody approves their own text.",
     [](Config& c, const KeyValue& v) { return set_number(c.desk.people_required, v, 1, 2); }},

    {"consent", "controller", KeyKind::Text, Presence::Example,
     "\"Example Media Ltd, 1 Harbour Street, privacy@example.org\"",
     "Who answers for readers' data, legal name and contact: kept with every consent. If unset: "
     "the "
     "name,\nthe postal address and `from` of [site].",
     set_controller},
    {"consent", "checkpoint_hours", KeyKind::Number, Presence::Default, "24",
     "The record of consent is signed at least so far apart while it grows; 0 is only when asked.",
     set_checkpoint_hours},
    {"consent", "checkpoint_to", KeyKind::Text, Presence::Default, "\"\"",
     "Each signed checkpoint is mailed to this address, of somebody who cannot change the "
     "database.",
     set_checkpoint_to},
    {"consent", "checkpoint_folder", KeyKind::Text, Presence::Default, "\"\"",
     "Each signed checkpoint is written to a file in this folder, best on another machine's disk.",
     set_checkpoint_folder},
    {"consent", "keep_ip_days", KeyKind::Number, Presence::Default, "90",
     "Network address and browser of a consent are forgotten after so many days.",
     set_keep_ip_days},
    {"consent", "keep_unconfirmed_days", KeyKind::Number, Presence::Default, "7",
     "Sign-ups that were never confirmed are erased after so many days.",
     set_keep_unconfirmed_days},

    {"control", "socket", KeyKind::Text, Presence::Default, "\"tocsin.sock\"",
     "The Unix socket by which the command line talks to the service, mode 0600.",
     [](Config& c, const KeyValue& v) -> Status {
         c.control.socket = resolved(c, v.text);
         return {};
     }},

    {"secrets", "file", KeyKind::Text, Presence::Default, "\"secrets.toml\"",
     "What signs the links in mails, mode 0600. Keep a copy: without it no link in old mail opens.",
     [](Config& c, const KeyValue& v) -> Status {
         c.secrets.file = resolved(c, v.text);
         return {};
     }},

    {"dev", "inbox", KeyKind::Flag, Presence::Default, "false",
     "Send no mail out: take it all here and show it at /inbox. For trying things out.",
     [](Config& c, const KeyValue& v) -> Status {
         c.dev.inbox = v.flag;
         return {};
     }},
    {"dev", "inbox_listen", KeyKind::Text, Presence::Default, "\"127.0.0.1:2525\"",
     "Where that inbox takes mail.",
     [](Config& c, const KeyValue& v) { return set_endpoint(c.dev.inbox_listen, v); }},

    {"log", "level", KeyKind::Text, Presence::Default, "\"info\"", "debug, info, warning or error.",
     set_level},
};

}  // namespace

std::string ConfigKey::environment_name() const {
    std::string out = fmt::format("TOCSIN_{}_{}", section, name);
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return out;
}

std::span<const ConfigKey> config_keys() {
    return kKeys;
}

std::string_view section_help(std::string_view section) {
    static constexpr std::pair<std::string_view, std::string_view> kSections[] = {
        {"site", "Who writes, and where readers find it."},
        {"store", "Where everything is kept."},
        {"node", "This machine, one of several on one database."},
        {"delivery", "How mail leaves."},
        {"dkim", "The signature that lets mailbox providers trust the mail. All three or none."},
        {"inbound", "Mail that comes back."},
        {"http", "Where web pages are served."},
        {"signup", "What guards the sign-up box (docs/SIGNUP.md)."},
        {"desk", "The newsroom's rules."},
        {"consent", "How readers' consent is recorded, proved and forgotten (docs/CONSENT.md)."},
        {"control", "How `tocsin` commands reach the running service."},
        {"secrets", "Keys of this installation."},
        {"dev", "For development."},
        {"log", "What is written to standard error."},
    };
    for (const auto& [name, help] : kSections) {
        if (name == section) {
            return help;
        }
    }
    return {};
}

}  // namespace tocsin::app
