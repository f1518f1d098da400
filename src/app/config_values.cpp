#include "app/config_values.h"

#include <algorithm>
#include <filesystem>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "mail/address.h"
#include "mail/catalog.h"
#include "model/zone.h"
#include "net/url.h"
#include "store/postgres_url.h"

namespace tocsin::app {

std::string resolved(const Config& config, const std::string& path) {
    if (path.empty()) {
        return path;
    }
    return (std::filesystem::path(config.folder) / path).lexically_normal().string();
}

// One line of text for people, which ends up in mail headers and pages.
Status check_line(const std::string& text, std::size_t bytes_max) {
    if (text.size() > bytes_max) {
        return invalid(fmt::format("is longer than {} bytes", bytes_max));
    }
    if (!is_utf8(text)) {
        return invalid("is not UTF-8 text");
    }
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (std::any_of(text.begin(), text.end(), is_control)) {
        return invalid("must be one line without control characters");
    }
    return {};
}

Status set_time_zone(Config& config, const KeyValue& value) {
    TRY(model::Zone::find(value.text));
    config.site.time_zone = value.text;
    return {};
}

Status set_line(std::string& out, const KeyValue& value, std::size_t bytes_max) {
    TRY(check_line(value.text, bytes_max));
    out = value.text;
    return {};
}

// A scheme, a host and perhaps a port; without a slash at the end.
Status set_origin(std::string& out, const KeyValue& value) {
    const auto url = net::parse_http_url(value.text);
    if (!url) {
        return invalid("is not a web address, as in \"https://alerts.example.org\"");
    }
    TRY_AS(std::string origin, net::origin_of(*url));
    if (*url != origin && *url != origin + "/") {
        return invalid("must be only https://HOST or https://HOST:PORT, without a path");
    }
    out = std::move(origin);
    return {};
}

Status set_url(std::string& out, const KeyValue& value) {
    if (value.text.empty()) {
        out.clear();
        return {};
    }
    auto url = net::parse_http_url(value.text);
    if (!url) {
        return invalid("is not a web address, as in \"https://www.example.org/privacy\"");
    }
    out = std::move(*url);
    return {};
}

Status set_domain(std::string& out, const KeyValue& value) {
    if (value.text.empty()) {
        out.clear();
        return {};
    }
    auto domain = mail::parse_domain(value.text);
    if (!domain) {
        return invalid("is not a domain name: " + domain.error().message());
    }
    out = std::move(*domain);
    return {};
}

// A DNS label or several: what stands before ._domainkey.
Status set_selector(std::string& out, const KeyValue& value) {
    constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-._";
    const std::string text = ascii_lower(value.text);
    if (text.size() > limits::kDomainLabelBytesMax ||
        text.find_first_not_of(kAllowed) != std::string::npos) {
        return invalid("may have only letters, digits, hyphens and dots");
    }
    out = text;
    return {};
}

Status set_endpoint(Endpoint& out, const KeyValue& value) {
    TRY_AS(out, parse_endpoint(value.text));
    return {};
}

Status set_number(std::uint32_t& out, const KeyValue& value, std::uint32_t least,
                  std::uint32_t most) {
    if (value.number < least || value.number > most) {
        return invalid(fmt::format("must be from {} to {}", least, most));
    }
    out = static_cast<std::uint32_t>(value.number);
    return {};
}

Status set_from(Config& config, const KeyValue& value) {
    const auto address = mail::Address::parse(value.text);
    if (!address) {
        return invalid("is not a mail address: " + address.error().message());
    }
    if (address->needs_smtputf8()) {
        return invalid("must be plain ASCII before the @: not every server takes other letters");
    }
    config.site.from = address->text();
    return {};
}

Status set_languages(Config& config, const KeyValue& value) {
    // A region is a language of ours to pages, mails and lists alike: "fr-FR" is written in "fr".
    TRY_AS(const mail::Catalog catalog, mail::Catalog::load());
    std::vector<std::string> languages;
    for (const std::string& tag : value.list) {
        std::string language = ascii_lower(tag.substr(0, tag.find('-')));
        if (!catalog.has(language)) {
            return invalid(fmt::format("must be languages that Tocsin speaks: {}",
                                       fmt::join(catalog.languages(), ", ")));
        }
        if (std::ranges::find(languages, language) == languages.end()) {
            languages.push_back(std::move(language));
        }
    }
    if (languages.empty()) {
        return invalid("must name at least one language");
    }
    config.site.languages = std::move(languages);
    return {};
}

Status set_store_url(Config& config, const KeyValue& value) {
    constexpr std::string_view kSqlite = "sqlite:";
    if (store::is_postgres_url(value.text)) {
        TRY(store::check_postgres_url(value.text));
        config.store.url = value.text;
        return {};
    }
    if (!value.text.starts_with(kSqlite) || value.text.size() == kSqlite.size()) {
        return invalid("must be \"sqlite:FILE\" or \"postgresql://USER:PASSWORD@HOST/DATABASE\"");
    }
    const std::string path = value.text.substr(kSqlite.size());
    config.store.url = std::string(kSqlite) + (path == ":memory:" ? path : resolved(config, path));
    return {};
}

Status set_proxies(Config& config, const KeyValue& value) {
    for (const std::string& text : value.list) {
        boost::system::error_code failed;
        boost::asio::ip::make_address(text, failed);
        if (failed) {
            return invalid("must be IP addresses, as in [\"127.0.0.1\", \"::1\"]");
        }
    }
    config.http.trusted_proxies = value.list;
    return {};
}

Status set_level(Config& config, const KeyValue& value) {
    constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error"};
    if (std::find(std::begin(kLevels), std::end(kLevels), value.text) == std::end(kLevels)) {
        return invalid("must be debug, info, warning or error");
    }
    config.log.level = value.text;
    return {};
}

}  // namespace tocsin::app
