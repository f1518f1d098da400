// Text encodings of bytes: hex, base64 (RFC 4648 section 4), base64url without padding
// (section 5) and lower-case base32 without padding (section 6, for mail local parts, which
// servers may fold to one case). Decoders accept exactly what the encoders write.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tocsin {

std::string hex_encode(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);

std::string base64_encode(std::string_view bytes);
// Strict: padding required, no white space, no stray bits.
std::optional<std::string> base64_decode(std::string_view text);

std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

std::string base32_encode(std::string_view bytes);
// Upper and lower case are the same.
std::optional<std::string> base32_decode(std::string_view text);

// ASCII only; other bytes are left as they are.
std::string ascii_lower(std::string_view text);
bool ascii_iequals(std::string_view a, std::string_view b);
// Without leading and trailing ASCII white space.
std::string_view trim(std::string_view text);
// True if the text is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

}  // namespace tocsin
