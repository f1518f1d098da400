// Header fields, built from typed values so that no value can become a second header.
//
// A value with CR, LF, NUL or any other control character (tab apart, in text) is refused: Invalid,
// naming the header. It is never repaired: a cleaned-up attack is still an attack, and a cleaned-up
// headline is not what was approved. Malformed UTF-8 is refused as well.
//
// What comes out is 7-bit ASCII (mailboxes of SMTPUTF8 readers apart), folded at 78 columns where
// it can be, never above 998. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::mail {

class HeaderField {
  public:
    // Text for people (Subject): as it is if plain ASCII, otherwise RFC 2047 encoded words. The
    // reader's client shows exactly `text`.
    static Result<HeaderField> text(std::string_view name, std::string_view text);
    // `display <address>`; the display name may be empty and is quoted or encoded as needed. The
    // address is one that parsed (mail/address.h).
    static Result<HeaderField> mailbox(std::string_view name, std::string_view display,
                                       std::string_view address);
    // `name <id>`: a List-Id (RFC 2919), its name quoted or encoded as a display name is.
    static Result<HeaderField> list_id(std::string_view display, std::string_view id);
    // A structured value that is already in wire form (Date, List-Id): printable ASCII, folded only
    // at its spaces.
    static Result<HeaderField> verbatim(std::string_view name, std::string_view value);
    // verbatim() for printable ASCII, text() otherwise.
    static Result<HeaderField> any(std::string_view name, std::string_view value);

    const std::string& name() const { return name_; }
    // The whole field: "Name: value\r\n", folded.
    const std::string& raw() const { return raw_; }

  private:
    HeaderField(std::string_view name, std::string raw) : name_(name), raw_(std::move(raw)) {}

    std::string name_;
    std::string raw_;
};

}  // namespace tocsin::mail
