// Config: tocsin.toml, read, checked and explained.
//
// One table (config_keys.cpp) knows every key: its section, its meaning, its default, how it is
// checked. From it come the reader, the explanation of `tocsin config check` and the commented file
// that `tocsin init` writes. Every key can be overridden by the environment: TOCSIN_SECTION_KEY
// (TOCSIN_SITE_PUBLIC_URL), lists separated by commas. Relative file names are relative to the
// folder of the configuration file.
//
// Failure: Invalid, naming file, key and line; a key that is not known or of the wrong type is
// refused, so that a slip of the pen is not a silent default. No sentence, explanation or log line
// holds a password. Plain values, any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/signup_limits.h"
#include "net/smtp_session.h"

namespace tocsin::app {

struct Endpoint {
    std::string host;
    std::uint16_t port = 0;

    std::string text() const;  // "127.0.0.1:8080", "[::1]:8080"
    bool is_loopback() const;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};
// "HOST:PORT" or "[V6]:PORT"; port 0 lets the system choose.
Result<Endpoint> parse_endpoint(std::string_view text);

// "smtp://user:pass@host:587?tls=required", the tls parameter being required (the default),
// opportunistic, none or implicit; "smtps://host" is implicit. Parameters also: ca=FILE (the only
// roots to trust), tls_name=NAME, window=N (messages unanswered on one connection, 1 to 16),
// plain_auth=loopback. User and password are percent-encoded.
Result<net::SmtpRoute> parse_relay_url(std::string_view text);

struct Config {
    std::string file;    // as it was named
    std::string folder;  // absolute; where relative names begin

    struct Site {
        std::string name;
        std::string public_url;      // no slash at the end
        std::string desk_url;        // no slash at the end
        std::string from;            // the address part of From; the name part is `name`
        std::string postal_address;  // one line
        std::string privacy_url;
        std::vector<std::string> languages{"en", "ar", "de", "es", "fr", "he", "it",
                                           "ja", "nl", "pl", "pt", "tr", "uk"};
        std::string time_zone = "UTC";  // IANA

        std::string public_host() const;  // of public_url, without a port
    } site;
    struct Store {
        std::string url = "sqlite:tocsin.db";  // the path made absolute
        // A connection pooler (PgBouncer) between us and PostgreSQL.
        enum class Pooler {
            Refuse,   // found at start: refused, with what would break
            Session,  // there is one, in session mode: everything works
        };
        Pooler pooler = Pooler::Refuse;
    } store;
    struct Node {
        enum class Role {
            All,   // web and send
            Web,   // readers' pages, the desk and the API; sends no mail
            Send,  // sends mail; the API and /metrics on the desk's listener, no public pages
        };
        Role role = Role::All;
        std::string name;  // empty: the machine's
    } node;
    struct Delivery {
        std::optional<net::SmtpRoute> relay;  // nullopt: straight to the recipients' servers (MX)
        std::string rules;                    // shaping file; empty: the shipped rules
        std::uint32_t threads = 1;
        std::uint32_t signers = 0;  // 0: one a core
        std::uint32_t connections_max = 8;
        std::uint32_t lease_seconds = 15;    // on a shared database
        std::uint32_t outcome_group_ms = 5;  // outcomes gather before they are committed
        std::string helo;                    // defaults to the host of public_url
        // Straight to the recipients' servers (relay = "mx"):
        enum class PrivateAddresses { Refuse, Allow };
        std::string dns;  // "127.0.0.1@53"; empty: the system's resolvers
        std::uint16_t mx_port = 25;
        std::string source_v4, source_v6;  // to connect from; empty: the system's choice
        std::uint32_t mx_connections_max = 200;
        PrivateAddresses mx_private_addresses = PrivateAddresses::Refuse;
    } delivery;
    struct Dkim {
        std::string domain;  // empty: mail is not signed
        std::string selector;
        std::string key_file;
        std::string ed25519_selector;
        std::string ed25519_key_file;

        bool enabled() const { return !domain.empty(); }
    } dkim;
    struct Inbound {
        std::optional<Endpoint> listen;
        std::string bounce_domain;  // defaults to the domain of `from`
    } inbound;
    struct Http {
        Endpoint listen{"127.0.0.1", 8080};
        Endpoint desk_listen{"127.0.0.1", 8081};
        std::string tls_cert;
        std::string tls_key;
        std::vector<std::string> trusted_proxies;  // whose X-Forwarded-For is believed
    } http;
    struct Signup {
        model::SignupLimits limits;
        Milliseconds answer_time{50};    // answers leave at whole multiples of it
        bool check_domains = true;       // ask the DNS whether a domain takes mail
        std::string disposable_domains;  // file; empty: none are tagged
    } signup;
    struct Desk {
        std::uint32_t people_required = 1;  // 2: nobody approves their own text
    } desk;
    struct Consent {
        std::string controller;  // defaults to the newspaper, its postal address and `from`
        std::uint32_t checkpoint_hours = 24;  // 0: only when asked for
        std::string checkpoint_to;            // a mail address; empty: none
        std::string checkpoint_folder;        // empty: none
        std::uint32_t keep_ip_days = 90;
        std::uint32_t keep_unconfirmed_days = 7;
    } consent;
    struct Control {
        std::string socket;  // the Unix socket of the command line
    } control;
    struct SecretsFile {
        std::string file;
    } secrets;
    struct Dev {
        bool inbox = false;  // take the mail ourselves and show it at /inbox
        Endpoint inbox_listen{"127.0.0.1", 2525};
    } dev;
    struct Log {
        std::string level = "info";
    } log;

    // For the explanation: of each key that is set its value, masked where secret, and its place.
    struct Shown {
        std::string value;
        std::string from;  // "line 3", "TOCSIN_SITE_NAME"
    };
    std::map<std::string, Shown, std::less<>> shown;
};

std::string_view to_string(Config::Node::Role role);  // "all", "web", "send"
std::optional<Config::Node::Role> parse_node_role(std::string_view text);
// Of what the command line may have changed: a role needs a database that others can share.
Status check_node_role(const Config& config);

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

struct ConfigReport {
    std::optional<Config> config;       // only without problems
    std::vector<std::string> problems;  // "tocsin.toml:12: [http] lisen is not a known key ..."
    std::vector<std::string> warnings;  // what works but should not stay so
};
ConfigReport check_config(const std::string& path,
                          const Environment& environment = process_environment());
// The first problem as the error, and how many more there are.
Result<Config> load_config(const std::string& path,
                           const Environment& environment = process_environment());
// The same on text; `path` only names it.
ConfigReport check_config_text(std::string_view toml, const std::string& path,
                               const Environment& environment);

// Every key with its value, where the value is from and what it means; passwords masked.
std::string explain_config(const Config& config);

// A commented tocsin.toml: keys given ("site.name" -> TOML-ready text value) are set, the others
// are there as comments with their defaults.
using ConfigValues = std::map<std::string, std::string, std::less<>>;
std::string config_text(const ConfigValues& values);

// "smtp://user:***@host:587?tls=required".
std::string masked_relay_url(std::string_view url);

}  // namespace tocsin::app
