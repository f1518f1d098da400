// Form bodies, query strings, escapes and links as strangers send them.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "net/form.h"
#include "net/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    (void)tocsin::net::parse_urlencoded(bytes);
    (void)tocsin::net::parse_multipart("b", bytes);
    if (const auto url = tocsin::net::parse_http_url(bytes)) {
        CHECK(*tocsin::net::parse_http_url(*url) == *url);
    }
    if (const auto text = tocsin::net::percent_decode(bytes)) {
        CHECK(*tocsin::net::percent_decode(tocsin::net::percent_encode(*text)) == *text);
    }
    return 0;
}
