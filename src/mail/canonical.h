// DKIM canonicalization (RFC 6376 section 3.4) and the splitting of a message into header fields.
// Pure; thread-safe; any bytes may be given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::mail {

enum class Canonicalization { Simple, Relaxed };

struct RawField {
    std::string_view name;   // as written, without trailing blanks
    std::string_view whole;  // the field with its folds, without the last CRLF
    std::string_view value;  // what follows the colon
};

struct RawMessage {
    std::vector<RawField> fields;
    std::string_view body;
};

// Views into `message`. Nothing if a header line is not a field or its continuation, or a line
// before the body ends otherwise than by CRLF.
std::optional<RawMessage> split_message(std::string_view message);

// Lower-case name, ":", unfolded value with single blanks inside and none around. No CRLF.
std::string relaxed_field(std::string_view name, std::string_view value);
// One value's part: unfolds and makes runs of blanks one space; does not trim.
std::string relaxed_value(std::string_view value);

std::string canonical_body(std::string_view body, Canonicalization method);

}  // namespace tocsin::mail
