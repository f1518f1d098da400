// Any text as a subject and a display name: refused, or one field of whole, short, 7-bit lines.
#include <algorithm>

#include "base/check.h"
#include "mail/header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using tocsin::mail::HeaderField;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const auto& field : {HeaderField::text("Subject", text), HeaderField::any("X-Note", text),
                              HeaderField::mailbox("From", text, "a@example.com")}) {
        std::string_view rest = field ? std::string_view(field->raw()) : std::string_view();
        for (bool first = true; !rest.empty(); first = false) {
            const std::size_t end = rest.find("\r\n");
            CHECK(end != std::string_view::npos && end <= 998 && (first || rest.starts_with(' ')));
            const std::string_view line = rest.substr(0, end);
            CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c >= 32 && c < 127; }));
            rest.remove_prefix(end + 2);
        }
    }
    return 0;
}
