#include "app/config.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>
#include <toml++/toml.h>

#include "app/config_keys.h"
#include "base/bytes.h"
#include "base/slips.h"
#include "mail/address.h"
#include "store/postgres_url.h"

namespace tocsin::app {

namespace {

constexpr std::size_t kConfigBytesMax = 1024 * 1024;
constexpr std::string_view kRelayKey = "delivery.relay";
constexpr std::string_view kStoreKey = "store.url";

// The two keys in which a password may be.
std::string without_password(std::string_view dotted, const std::string& value) {
    if (dotted == kRelayKey) {
        return masked_relay_url(value);
    }
    return dotted == kStoreKey && store::is_postgres_url(value) ? store::shown_postgres_url(value)
                                                                : value;
}

std::string_view type_in_words(KeyKind kind) {
    switch (kind) {
        case KeyKind::Text:
            return "text in quotes";
        case KeyKind::Number:
            return "a whole number";
        case KeyKind::Flag:
            return "true or false";
        case KeyKind::List:
            return "a list of texts, as in [\"a\", \"b\"]";
    }
    return "";
}

std::string join(const std::vector<std::string>& parts) {
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::optional<std::vector<std::string>> text_list(const toml::node& node) {
    const toml::array* array = node.as_array();
    if (array == nullptr) {
        return std::nullopt;
    }
    std::vector<std::string> list;
    for (const toml::node& item : *array) {
        const toml::value<std::string>* text = item.as_string();
        if (text == nullptr) {
            return std::nullopt;
        }
        list.push_back(text->get());
    }
    return list;
}

std::optional<KeyValue> value_of(const toml::node& node, KeyKind kind) {
    KeyValue value;
    switch (kind) {
        case KeyKind::Text:
            if (const auto* text = node.as_string()) {
                value.text = text->get();
                return value;
            }
            return std::nullopt;
        case KeyKind::Number:
            if (const auto* number = node.as_integer()) {
                value.number = number->get();
                value.text = std::to_string(value.number);
                return value;
            }
            return std::nullopt;
        case KeyKind::Flag:
            if (const auto* flag = node.as_boolean()) {
                value.flag = flag->get();
                value.text = value.flag ? "true" : "false";
                return value;
            }
            return std::nullopt;
        case KeyKind::List:
            if (auto list = text_list(node)) {
                value.text = join(*list);
                value.list = std::move(*list);
                return value;
            }
            return std::nullopt;
    }
    return std::nullopt;
}

std::vector<std::string> split_at_commas(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        if (const auto part = trim(text.substr(0, comma)); !part.empty()) {
            parts.emplace_back(part);
        }
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

std::optional<KeyValue> value_of(const std::string& text, KeyKind kind) {
    KeyValue value;
    value.text = text;
    switch (kind) {
        case KeyKind::Text:
            return value;
        case KeyKind::Number: {
            const char* const end = text.data() + text.size();
            const auto [rest, failed] = std::from_chars(text.data(), end, value.number);
            return failed == std::errc() && rest == end ? std::optional(value) : std::nullopt;
        }
        case KeyKind::Flag:
            value.flag = text == "true" || text == "1";
            return value.flag || text == "false" || text == "0" ? std::optional(value)
                                                                : std::nullopt;
        case KeyKind::List:
            value.list = split_at_commas(text);
            return value;
    }
    return std::nullopt;
}

// The known word that was probably meant, as " (did you mean x?)".
std::string did_you_mean(std::string_view typed, const std::set<std::string_view>& known) {
    constexpr std::size_t kSlipsMax = 2;
    if (typed.size() > 64) {
        return {};
    }
    std::string_view best;
    std::size_t slips = kSlipsMax + 1;
    for (const std::string_view word : known) {
        const std::size_t n = slips_between(typed, word);
        if (n < slips && n < word.size()) {
            best = word;
            slips = n;
        }
    }
    return best.empty() ? std::string() : fmt::format(" (did you mean {}?)", best);
}

// Reads one file into one report.
class Reading {
  public:
    Reading(const std::string& path, const Environment& environment) : environment_(environment) {
        config_.file = path;
        config_.folder = std::filesystem::absolute(path).lexically_normal().parent_path().string();
    }

    void problem(std::string what) { report_.problems.push_back(std::move(what)); }

    void read(std::string_view text) {
        try {
            table_ = toml::parse(text, config_.file);
        } catch (const toml::parse_error& error) {
            // The library's words hold at most the characters around the mistake, which may be
            // those of a password: only where it is goes into the message.
            problem(
                fmt::format("{}:{}: this is not TOML: check the quotes, the = and the brackets "
                            "of this line",
                            config_.file, error.source().begin.line));
            return;
        }
        refuse_unknown();
        for (const ConfigKey& key : config_keys()) {
            take(key);
        }
        if (report_.problems.empty()) {
            complete();
        }
    }

    ConfigReport report() && {
        if (report_.problems.empty()) {
            report_.config = std::move(config_);
        }
        return std::move(report_);
    }

  private:
    std::string at(const toml::source_region& where) const {
        return fmt::format("{}:{}: ", config_.file, where.begin.line);
    }

    void refuse_unknown() {
        std::set<std::string_view> sections;
        for (const ConfigKey& key : config_keys()) {
            sections.insert(key.section);
        }
        for (const auto& [name, node] : table_) {
            const std::string place = at(name.source());
            if (!sections.contains(name.str())) {
                problem(place +
                        (node.is_table() ? fmt::format("[{}] is not a known section", name.str())
                                         : fmt::format("{} is in no section: write it "
                                                       "below a [section] line",
                                                       name.str())) +
                        did_you_mean(name.str(), sections));
            } else if (const toml::table* section = node.as_table()) {
                refuse_unknown_keys(name.str(), *section);
            } else {
                problem(place + fmt::format("{} is a section: write [{}]", name.str(), name.str()));
            }
        }
    }

    void refuse_unknown_keys(std::string_view section, const toml::table& table) {
        std::set<std::string_view> known;
        for (const ConfigKey& key : config_keys()) {
            if (key.section == section) {
                known.insert(key.name);
            }
        }
        for (const auto& [name, node] : table) {
            if (!known.contains(name.str())) {
                problem(at(name.source()) + fmt::format("[{}] {} is not a known key{}", section,
                                                        name.str(),
                                                        did_you_mean(name.str(), known)));
            }
        }
    }

    // The environment goes before the file, the file before the default.
    void take(const ConfigKey& key) {
        const std::string variable = key.environment_name();
        if (const auto text = environment_(variable)) {
            apply(key, value_of(*text, key.kind), fmt::format("{} (environment): ", variable),
                  variable);
            return;
        }
        const toml::node* node = nullptr;
        if (const toml::table* section = table_[key.section].as_table()) {
            node = section->get(key.name);
        }
        if (node != nullptr) {
            apply(key, value_of(*node, key.kind), at(node->source()),
                  fmt::format("line {}", node->source().begin.line));
        } else if (key.presence == ConfigKey::Presence::Required) {
            problem(fmt::format("{}: [{}] {} is missing: add {} = {}", config_.file, key.section,
                                key.name, key.name, key.initial));
        }
    }

    void apply(const ConfigKey& key, const std::optional<KeyValue>& value, const std::string& place,
               std::string from) {
        if (!value) {
            problem(fmt::format("{}[{}] {} must be {}", place, key.section, key.name,
                                type_in_words(key.kind)));
            return;
        }
        if (const Status status = key.apply(config_, *value); !status) {
            problem(fmt::format("{}[{}] {} {}", place, key.section, key.name,
                                status.error().message()));
            return;
        }
        config_.shown[key.dotted()] = {without_password(key.dotted(), value->text),
                                       std::move(from)};
    }

    bool is_set(std::string_view dotted) const {
        const auto found = config_.shown.find(dotted);
        return found != config_.shown.end() && !found->second.value.empty();
    }

    // Files that are not named, defaults that follow from other keys, and rules between keys.
    void complete() {
        const auto file_default = [&](std::string& path, std::string_view name) {
            if (path.empty()) {
                path = (std::filesystem::path(config_.folder) / name).string();
            }
        };
        file_default(config_.control.socket, "tocsin.sock");
        file_default(config_.secrets.file, "secrets.toml");
        if (config_.control.socket.size() > kSocketPathBytesMax) {
            problem(
                fmt::format("{}: [control] socket: {} is longer than {} bytes: name a shorter "
                            "path",
                            config_.file, config_.control.socket, kSocketPathBytesMax));
        }
        if (!is_set("store.url")) {
            config_.store.url =
                "sqlite:" + (std::filesystem::path(config_.folder) / "tocsin.db").string();
        }
        if (config_.site.desk_url.empty()) {
            config_.site.desk_url = "http://" + config_.http.desk_listen.text();
        }
        if (config_.delivery.helo.empty()) {
            config_.delivery.helo = config_.site.public_host();
        }
        if (config_.inbound.bounce_domain.empty()) {
            const std::string& from = config_.site.from;
            config_.inbound.bounce_domain = from.substr(from.find('@') + 1);
        }
        if (config_.delivery.relay) {
            config_.delivery.relay->helo = config_.delivery.helo;
        }
        if (const Status role = check_node_role(config_); !role) {
            problem(config_.file + ": " + role.error().message());
        }
        check_together({"dkim.domain", "dkim.selector", "dkim.key_file"});
        check_together({"dkim.ed25519_selector", "dkim.ed25519_key_file"});
        check_together({"http.tls_cert", "http.tls_key"});
        if (is_set("dkim.ed25519_selector") && !is_set("dkim.domain")) {
            problem(config_.file +
                    ": [dkim] a second signature needs a first: set domain, selector "
                    "and key_file");
        }
        if (config_.http.listen == config_.http.desk_listen && config_.http.listen.port != 0) {
            problem(config_.file +
                    ": [http] listen and desk_listen must differ: the desk has its "
                    "own listener");
        }
        warn();
    }

    void check_together(const std::vector<std::string_view>& keys) {
        std::vector<std::string> missing;
        for (const std::string_view key : keys) {
            if (!is_set(key)) {
                missing.emplace_back(key);
            }
        }
        if (!missing.empty() && missing.size() < keys.size()) {
            problem(fmt::format("{}: {} must be set together: {} is missing", config_.file,
                                fmt::join(keys, ", "), join(missing)));
        }
    }

    void warn() {
        const auto url = boost::urls::parse_uri(config_.site.public_url);
        const Endpoint host{config_.site.public_host(), 0};
        if (url && url->scheme() != "https" && !host.is_loopback()) {
            report_.warnings.push_back(
                "[site] public_url is not https: one-click unsubscribe (RFC 8058) needs it");
        }
        if (!config_.dkim.enabled()) {
            report_.warnings.push_back(
                "[dkim] is not set: mail leaves unsigned, and the big providers refuse bulk mail "
                "without DKIM");
        }
        if (config_.dev.inbox) {
            report_.warnings.push_back("[dev] inbox is on: no mail leaves this machine");
        } else if (!config_.delivery.relay) {
            report_.warnings.push_back(
                "[delivery] relay is \"mx\": mail goes straight to the recipients' servers, "
                "which needs port 25, a PTR record and an address that they know");
        } else if (config_.delivery.relay->tls == net::SmtpRoute::Tls::None &&
                   !Endpoint{config_.delivery.relay->host, 0}.is_loopback()) {
            report_.warnings.push_back(
                "[delivery] relay has tls=none: readers' addresses cross the network in the clear");
        }
    }

    const Environment& environment_;
    toml::table table_;
    Config config_;
    ConfigReport report_;
};

}  // namespace

std::string Config::Site::public_host() const {
    const auto url = boost::urls::parse_uri(public_url);
    return url ? std::string(url->host_address()) : std::string();
}

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
}

ConfigReport check_config_text(std::string_view toml, const std::string& path,
                               const Environment& environment) {
    Reading reading(path, environment);
    if (is_utf8(toml)) {
        reading.read(toml);
    } else {
        reading.problem(path + ": is not UTF-8 text");
    }
    return std::move(reading).report();
}

ConfigReport check_config(const std::string& path, const Environment& environment) {
    ConfigReport report;
    std::error_code failed;
    if (!std::filesystem::exists(path, failed)) {
        report.problems.push_back(fmt::format(
            "{}: no such configuration file: run `tocsin init`, or name one with --config", path));
        return report;
    }
    std::ifstream file(path, std::ios::binary);
    std::string text(kConfigBytesMax + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (!file.is_open() || file.bad() || std::filesystem::is_directory(path, failed)) {
        report.problems.push_back(path + ": cannot be read: is it a file, and ours to read?");
        return report;
    }
    if (text.size() > kConfigBytesMax) {
        report.problems.push_back(path + ": is larger than 1 MiB");
        return report;
    }
    return check_config_text(text, path, environment);
}

Result<Config> load_config(const std::string& path, const Environment& environment) {
    ConfigReport report = check_config(path, environment);
    if (report.config) {
        return std::move(*report.config);
    }
    std::string message = report.problems.front();
    if (report.problems.size() > 1) {
        message +=
            fmt::format(" (and {} more: see `tocsin config check`)", report.problems.size() - 1);
    }
    return invalid(std::move(message));
}

}  // namespace tocsin::app
