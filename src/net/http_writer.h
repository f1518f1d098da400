// The bytes of an HTTP/1.1 answer (RFC 9112). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace tocsin::net {

enum class BodyFraming {
    Length,      // Content-Length
    Chunked,     // Transfer-Encoding: chunked
    UntilClose,  // HTTP/1.0: the body ends with the connection
};

struct HeadOptions {
    BodyFraming framing = BodyFraming::Length;
    bool close = false;  // Connection: close
    std::string date;    // HTTP date; none if empty
};

// Status line, headers and the empty line. Invalid if a header could be split (CR, LF or NUL in a
// value, or a name that is no token). Framing headers of the response itself are left out.
Result<std::string> response_head(const HttpResponse& response, const HeadOptions& options);

// A request in full. Host is added if the request has none.
Result<std::string> request_bytes(const HttpRequest& request, std::string_view host);

// One chunk; `bytes` must not be empty (that would be the last chunk).
std::string chunk(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// "Not Found"; "Unknown" for what has no name.
std::string_view status_reason(int status);
// 1xx, 204 and 304 have no body.
bool status_has_body(int status);

}  // namespace tocsin::net
