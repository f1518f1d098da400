#include "net/url.h"

#include <charconv>
#include <cstdint>

#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

#include "base/bytes.h"
#include "base/limits.h"

namespace tocsin::net {

namespace urls = boost::urls;

namespace {

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port != 0;
}

}  // namespace

Result<std::string> parse_http_url(std::string_view text) {
    if (text.empty() || text.size() > limits::kUrlBytesMax) {
        return invalid("the link is empty or too long");
    }
    const auto parsed = urls::parse_uri(text);
    if (!parsed) {
        return invalid("the link is not an absolute URL");
    }
    const urls::url_view view = *parsed;
    if (view.scheme_id() != urls::scheme::http && view.scheme_id() != urls::scheme::https) {
        return invalid("the link must begin with https:// or http://");
    }
    if (view.has_userinfo()) {
        return invalid("the link must not contain a user name or password");
    }
    const std::string_view host = view.encoded_host();
    if (!view.has_authority() || host.empty() || host.find('%') != std::string_view::npos) {
        return invalid("the link has no host");
    }
    if (view.has_port() && !is_port(view.port())) {
        return invalid("the link's port is not valid");
    }
    const std::string_view path = view.encoded_path();
    if (!path.empty() && !path.starts_with('/')) {
        return invalid("the link is not an absolute URL");  // Boost 1.81 takes "https://a:4=b"
    }
    // Not Boost's normalize(): it turns %2F into a slash, which is another path.
    std::string url = ascii_lower(view.scheme()) + "://" + ascii_lower(view.encoded_host());
    if (view.has_port()) {
        url.append(":").append(view.port());
    }
    url.append(path.empty() ? "/" : path);
    if (view.has_query()) {
        url.append("?").append(std::string_view(view.encoded_query()));
    }
    if (view.has_fragment()) {
        url.append("#").append(std::string_view(view.encoded_fragment()));
    }
    return url;
}

Result<std::string> origin_of(std::string_view url) {
    TRY_AS(const std::string normal, parse_http_url(url));
    const urls::url_view view(normal);
    std::string origin = std::string(view.scheme()) + "://" + std::string(view.encoded_host());
    const bool default_port =
        view.port_number() == 0 || view.port_number() == urls::default_port(view.scheme_id());
    if (!default_port) {
        origin += ":" + std::to_string(view.port_number());
    }
    return origin;
}

}  // namespace tocsin::net
