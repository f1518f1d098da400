// MIME bodies in quoted-printable, with places left for what differs between recipients.
//
// The encoder keeps these, whatever the text: lines of at most 76 bytes, CRLF only, 7-bit; no line
// begins with '.' or "From " (dot-stuffing and mbox quoting are the identity); no white space
// before a line's end and no two blanks in a row, so that the body is its own relaxed canonical
// form (RFC 6376 section 3.4.4); deterministic, boundary included.
//
// Pure; thread-safe. Text that is not UTF-8 or contains NUL is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::mail {

// What is filled in per recipient.
enum class Slot : std::uint8_t {
    None = 0,
    Address = 1,
    MessageId = 2,
    References = 3,
    UnsubscribeToken = 4,
    PreferencesToken = 5,
};

// Bytes [at, at + length) of a frozen body take bytes [from, from + length) of the slot's value. A
// token that is longer than a line has several pieces.
struct SlotPiece {
    Slot slot = Slot::None;
    std::size_t at = 0;
    std::size_t from = 0;
    std::size_t length = 0;
};

// Where `marker` stands in the text goes `prefix`, then `chars` bytes of the slot's value.
struct Marker {
    std::string_view marker;
    std::string_view prefix;
    Slot slot = Slot::None;
    std::size_t chars = 0;
};

struct MimeBody {
    std::string content_type;       // the Content-Type header's value
    std::string transfer_encoding;  // the Content-Transfer-Encoding header's value; may be empty
    std::string bytes;
    std::vector<SlotPiece> slots;  // in the order of `at`
};

// multipart/alternative of both, or text/plain alone if `html` is empty.
Result<MimeBody> write_body(std::string_view text, std::string_view html,
                            std::span<const Marker> markers);

}  // namespace tocsin::mail
