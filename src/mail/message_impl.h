// The parts of a frozen message, shared by compiling, freezing and composing. Internal to mail.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/message.h"
#include "mail/mime_writer.h"

namespace tocsin::mail {

// Frozen text, then the value of a slot (None: nothing; the last piece's).
struct HeaderPiece {
    std::string text;
    Slot then = Slot::None;
};

// One header field: its pieces in a row are "Name: value\r\n", folded.
struct TemplateHeader {
    std::string name;
    std::vector<HeaderPiece> pieces;

    // Only there when the recipient has a reference.
    bool threads() const { return pieces.front().then == Slot::References; }
    bool frozen() const { return pieces.size() == 1; }
};

struct MessageTemplate::Impl {
    Time date{};
    std::string message_id_domain;
    std::size_t unsubscribe_token_chars = 0;
    std::size_t preferences_token_chars = 0;
    std::vector<TemplateHeader> headers;  // in the order in which they are sent
    std::string body;
    std::vector<SlotPiece> slots;  // in the body, in the order of `at`
};

// What compile() makes and decode() must find: anything that composing relies on.
Status check_template(const MessageTemplate::Impl& message);

}  // namespace tocsin::mail
