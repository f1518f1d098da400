#include "app/config_delivery.h"

#include <charconv>
#include <filesystem>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

namespace tocsin::app {

namespace {

std::optional<boost::asio::ip::address> parse_ip(const std::string& text) {
    boost::system::error_code failed;
    const auto address = boost::asio::ip::make_address(text, failed);
    return failed ? std::nullopt : std::optional(address);
}

}  // namespace

Status set_relay(Config& config, const KeyValue& value) {
    if (value.text == "mx") {
        config.delivery.relay.reset();
        return {};
    }
    TRY_AS(net::SmtpRoute route, parse_relay_url(value.text));
    if (!route.ca_file.empty()) {
        route.ca_file =
            (std::filesystem::path(config.folder) / route.ca_file).lexically_normal().string();
    }
    config.delivery.relay = std::move(route);
    return {};
}

Status set_dns(Config& config, const KeyValue& value) {
    if (value.text.empty()) {
        config.delivery.dns.clear();
        return {};
    }
    const std::size_t at = value.text.find('@');
    const auto address = parse_ip(value.text.substr(0, at));
    std::uint16_t port = 53;
    bool port_ok = true;
    if (at != std::string::npos) {
        const char* const begin = value.text.data() + at + 1;
        const char* const end = value.text.data() + value.text.size();
        const auto [stop, failed] = std::from_chars(begin, end, port);
        port_ok = failed == std::errc{} && stop == end && port != 0;
    }
    if (!address || !port_ok) {
        return invalid("must be an IP address, with @PORT if it is not 53, as in \"127.0.0.1@53\"");
    }
    config.delivery.dns = fmt::format("{}@{}", address->to_string(), port);
    return {};
}

Status set_source_addresses(Config& config, const KeyValue& value) {
    config.delivery.source_v4.clear();
    config.delivery.source_v6.clear();
    for (const std::string& text : value.list) {
        const auto address = parse_ip(text);
        if (!address || address->is_unspecified() || address->is_multicast()) {
            return invalid(fmt::format(
                "must be IP addresses of this machine, as in [\"192.0.2.10\"]: \"{}\" is none",
                text));
        }
        std::string& place =
            address->is_v4() ? config.delivery.source_v4 : config.delivery.source_v6;
        if (!place.empty()) {
            return invalid(
                fmt::format("may name one IPv4 and one IPv6 address: \"{}\" is a second", text));
        }
        place = address->to_string();
    }
    return {};
}

Status set_private_addresses(Config& config, const KeyValue& value) {
    if (value.text != "refuse" && value.text != "allow") {
        return invalid("must be refuse or allow");
    }
    config.delivery.mx_private_addresses = value.text == "allow"
                                               ? Config::Delivery::PrivateAddresses::Allow
                                               : Config::Delivery::PrivateAddresses::Refuse;
    return {};
}

}  // namespace tocsin::app
