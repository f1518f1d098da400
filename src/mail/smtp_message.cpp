#include "mail/smtp_message.h"

namespace tocsin::mail {

MessageForm inspect_message(std::string_view bytes) {
    MessageForm form;
    if (bytes.size() < 2 || bytes.front() == '.' || bytes.front() == '\n' ||
        !bytes.ends_with("\r\n")) {
        return form;
    }
    // Every pair of neighbours, without a branch and in bytes, so that the compiler makes it wide.
    const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
    const std::size_t pairs = bytes.size() - 1;
    unsigned char bad = p[0] == 0;
    unsigned char high = p[0];
    for (std::size_t i = 0; i < pairs; ++i) {
        const unsigned char a = p[i];
        const unsigned char b = p[i + 1];
        const unsigned char split = (a == '\r') != (b == '\n');
        const unsigned char dot = (a == '\n') & (b == '.');
        const unsigned char nul = b == 0;
        bad = static_cast<unsigned char>(bad | split | dot | nul);
        high = static_cast<unsigned char>(high | b);
    }
    form.canonical = bad == 0;
    form.eight_bit = (high & 0x80U) != 0;
    return form;
}

bool is_safe_path(std::string_view address) {
    for (const char c : address) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte == 0x7f || c == '<' || c == '>') {
            return false;
        }
    }
    return address.size() <= 254;
}

}  // namespace tocsin::mail
