// The one reading of links that people and programs hand us (alert links, page_url).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::net {

// An absolute http or https URL (RFC 3986, by Boost.URL) with a host, without user information,
// at most limits::kUrlBytesMax. Scheme and host come back in lower case, an empty path as "/"; the
// rest is as it was.
Result<std::string> parse_http_url(std::string_view text);

// "https://host:port" of a URL that parse_http_url accepts, without a default port.
Result<std::string> origin_of(std::string_view url);

}  // namespace tocsin::net
