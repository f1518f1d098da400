#include "net/url.h"

#include <charconv>
#include <cstdint>

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

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
    if (!view.has_authority() || view.host().empty()) {
        return invalid("the link has no host");
    }
    if (view.has_port() && !is_port(view.port())) {
        return invalid("the link's port is not valid");
    }
    urls::url url(view);
    if (url.encoded_path().empty()) {
        url.set_encoded_path("/");
    }
    url.normalize();
    return std::string(url.buffer());
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
