// Reads a mail of unknown origin (the development inbox shows it). GMime does the parsing and stays
// inside mime_reader.cpp.
//
// Any bytes may be given. Thread-safe. Invalid if there is nothing like a mail in them, Limited if
// they are longer than limits::kMessageBytesMax. Not done: decryption, signatures (see dkim.h),
// sanitizing: `html` is as hostile as its sender; show it in a sandboxed frame only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tocsin::mail {

struct MailAttachment {
    std::string name;  // as its sender calls it; empty if unnamed. Never a path to write to
    std::string content_type;
    std::size_t bytes = 0;  // decoded; 0 for an attached message
};

struct ParsedMail {
    // In their order, Content-* last; unfolded, encoded words decoded, always valid UTF-8.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string subject;
    std::string from;  // "Name <address>, ..." for people to read
    std::string to;
    std::string message_id;  // without <>
    std::optional<Time> date;
    std::string text;  // the first text/plain part, UTF-8; empty if none
    std::string html;  // the first text/html part, UTF-8; empty if none
    std::vector<MailAttachment> attachments;

    // The first header of that name, any case; empty if there is none.
    std::string_view header(std::string_view name) const;
};

Result<ParsedMail> parse_mail(std::string_view bytes);

}  // namespace tocsin::mail
