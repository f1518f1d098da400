#include "mail/smtp_message.h"

namespace tocsin::mail {

namespace {

// Every pair of neighbours, without a branch and in bytes, so that the compiler makes it wide; how
// wide is decided by where it is inlined.
[[gnu::always_inline]] inline MessageForm inspect_pairs(const unsigned char* p, std::size_t size) {
    unsigned char bad = p[0] == 0;
    unsigned char high = p[0];
    for (std::size_t i = 0; i + 1 < size; ++i) {
        const unsigned char a = p[i];
        const unsigned char b = p[i + 1];
        const unsigned char split = (a == '\r') != (b == '\n');
        const unsigned char dot = (a == '\n') & (b == '.');
        const unsigned char nul = b == 0;
        bad = static_cast<unsigned char>(bad | split | dot | nul);
        high = static_cast<unsigned char>(high | b);
    }
    return {.canonical = bad == 0, .eight_bit = (high & 0x80U) != 0};
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] MessageForm inspect_wide(const unsigned char* p, std::size_t size) {
    return inspect_pairs(p, size);
}
#endif

}  // namespace

MessageForm inspect_message(std::string_view bytes) {
    if (bytes.size() < 2 || bytes.front() == '.' || bytes.front() == '\n' ||
        !bytes.ends_with("\r\n")) {
        return {};
    }
    const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
#if defined(__x86_64__)
    static const bool wide = __builtin_cpu_supports("avx2") != 0;
    if (wide) {
        return inspect_wide(p, bytes.size());
    }
#endif
    return inspect_pairs(p, bytes.size());
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
