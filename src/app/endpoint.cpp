// Addresses to listen on, and the smarthost's URL.
#include <charconv>

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include "app/config.h"
#include "base/bytes.h"
#include "mail/address.h"

namespace tocsin::app {

namespace {

using Tls = net::SmtpRoute::Tls;

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failed != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return port;
}

bool is_ip(const std::string& host) {
    boost::system::error_code failed;
    boost::asio::ip::make_address(host, failed);
    return !failed;
}

bool is_host(const std::string& host) {
    return host == "localhost" || is_ip(host) || mail::parse_domain(host) ||
           mail::parse_domain(host + ".internal");  // a name without a dot, as containers have
}

// Whole messages on their way on one connection; a lost connection leaves so many in doubt.
constexpr std::size_t kRelayWindowMax = 16;

Result<Tls> parse_tls(const std::string& text) {
    if (text == "required") {
        return Tls::Required;
    }
    if (text == "opportunistic") {
        return Tls::Opportunistic;
    }
    if (text == "none") {
        return Tls::None;
    }
    if (text == "implicit") {
        return Tls::Implicit;
    }
    return invalid("has another tls than required, opportunistic, none or implicit");
}

Result<std::size_t> parse_window(const std::string& text) {
    std::size_t window = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, window);
    if (error != std::errc{} || at != end || window < 1 || window > kRelayWindowMax) {
        return invalid(fmt::format("has a window that is not from 1 to {}", kRelayWindowMax));
    }
    return window;
}

Status apply_parameter(net::SmtpRoute& route, const std::string& key, const std::string& value) {
    if (key == "tls") {
        TRY_AS(route.tls, parse_tls(value));
    } else if (key == "ca") {
        route.ca_file = value;
    } else if (key == "tls_name") {
        TRY_AS(route.tls_name, mail::parse_domain(value));
    } else if (key == "plain_auth" && value == "loopback") {
        route.plain_auth = net::SmtpRoute::PlainAuth::OnLoopback;
    } else if (key == "window") {
        TRY_AS(route.window, parse_window(value));
    } else {
        return invalid(
            "has a parameter that is not tls, ca, tls_name, window or plain_auth=loopback");
    }
    return {};
}

}  // namespace

std::string Endpoint::text() const {
    const bool v6 = host.find(':') != std::string::npos;
    return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

bool Endpoint::is_loopback() const {
    boost::system::error_code failed;
    const auto address = boost::asio::ip::make_address(host, failed);
    return host == "localhost" || (!failed && address.is_loopback());
}

Result<Endpoint> parse_endpoint(std::string_view text) {
    const Error refusal = invalid("must be HOST:PORT, as in \"127.0.0.1:8080\" or \"[::1]:8080\"");
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return refusal;
    }
    std::string host(text.substr(0, colon));
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    const bool v6 = host.find(':') != std::string::npos;
    const auto port = parse_port(text.substr(colon + 1));
    if (!port || v6 != bracketed || !is_host(host)) {
        return refusal;
    }
    return Endpoint{std::move(host), *port};
}

Result<net::SmtpRoute> parse_relay_url(std::string_view text) {
    constexpr std::uint16_t kSubmissionPort = 587;
    constexpr std::uint16_t kSubmissionsPort = 465;
    const auto parsed = boost::urls::parse_uri(text);
    if (!parsed) {
        return invalid(
            "is not a URL like \"smtp://user:password@host:587?tls=required\"; "
            "write other characters of user and password than letters and digits as %XX");
    }
    const boost::urls::url_view& url = *parsed;
    const std::string scheme = ascii_lower(url.scheme());
    if (scheme != "smtp" && scheme != "smtps") {
        return invalid("must begin with smtp:// or smtps://, or be \"mx\"");
    }
    net::SmtpRoute route;
    route.tls = scheme == "smtps" ? Tls::Implicit : Tls::Required;
    route.host = std::string(url.host_address());
    route.user = std::string(url.user());
    route.password = std::string(url.password());
    const std::string path(url.encoded_path());
    if (!is_host(route.host) || (!path.empty() && path != "/") || url.has_fragment()) {
        return invalid("must name a host and nothing behind it but parameters");
    }
    for (const auto& parameter : url.params()) {
        TRY(apply_parameter(route, std::string(parameter.key), std::string(parameter.value)));
    }
    if (scheme == "smtps" && route.tls != Tls::Implicit) {
        return invalid("says smtps://, which is tls=implicit, and another tls");
    }
    route.port = route.tls == Tls::Implicit ? kSubmissionsPort : kSubmissionPort;
    if (url.has_port() && !url.port().empty()) {
        const auto port = parse_port(std::string(url.port()));
        if (!port || *port == 0) {
            return invalid("must have a port from 1 to 65535");
        }
        route.port = *port;
    }
    if (!route.user.empty() && route.tls == Tls::Opportunistic) {
        return invalid("has a password, which goes only over verified TLS: use tls=required");
    }
    const Endpoint peer{route.host, route.port};
    const bool plain = route.plain_auth == net::SmtpRoute::PlainAuth::OnLoopback;
    if (!route.user.empty() && route.tls == Tls::None && !(plain && peer.is_loopback())) {
        return invalid("has a password, which goes only over TLS: use tls=required");
    }
    return route;
}

std::string masked_relay_url(std::string_view url) {
    const std::size_t scheme = url.find("://");
    const std::size_t at = url.rfind('@');
    if (scheme == std::string_view::npos || at == std::string_view::npos || at < scheme) {
        return std::string(url);
    }
    const std::string_view login = url.substr(scheme + 3, at - scheme - 3);
    const std::string_view user = login.substr(0, login.find(':'));
    return fmt::format("{}://{}:***{}", url.substr(0, scheme), user, url.substr(at));
}

}  // namespace tocsin::app
