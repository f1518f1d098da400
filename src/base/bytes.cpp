#include "base/bytes.h"

#include <array>
#include <cstdint>

namespace tocsin {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";

using Reverse = std::array<std::int8_t, 256>;

constexpr Reverse reverse_of(std::string_view alphabet, bool fold_case) {
    Reverse table{};
    table.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        const auto c = static_cast<unsigned char>(alphabet[i]);
        table[c] = static_cast<std::int8_t>(i);
        if (fold_case && c >= 'a' && c <= 'z') {
            table[static_cast<std::size_t>(c - 'a' + 'A')] = static_cast<std::int8_t>(i);
        }
    }
    return table;
}

// Writes `bits_per_char` bits a character, most significant first, no padding.
std::string encode_bits(std::string_view bytes, std::string_view alphabet,
                        std::size_t bits_per_char) {
    std::string out((bytes.size() * 8 + bits_per_char - 1) / bits_per_char, '\0');
    const std::uint32_t mask = (1U << bits_per_char) - 1;
    std::uint32_t buffer = 0;
    std::size_t held = 0;
    char* at = out.data();
    for (const char c : bytes) {
        buffer = (buffer << 8) | static_cast<unsigned char>(c);
        held += 8;
        while (held >= bits_per_char) {
            held -= bits_per_char;
            *at++ = alphabet.data()[(buffer >> held) & mask];
        }
    }
    if (held > 0) {
        *at++ = alphabet.data()[(buffer << (bits_per_char - held)) & mask];
    }
    return out;
}

std::optional<std::string> decode_bits(std::string_view text, const Reverse& table,
                                       int bits_per_char) {
    std::string out;
    out.reserve(text.size() * static_cast<std::size_t>(bits_per_char) / 8);
    std::uint32_t buffer = 0;
    int held = 0;
    for (const char c : text) {
        const int value = table[static_cast<unsigned char>(c)];
        if (value < 0) {
            return std::nullopt;
        }
        buffer = (buffer << bits_per_char) | static_cast<std::uint32_t>(value);
        held += bits_per_char;
        if (held >= 8) {
            held -= 8;
            out.push_back(static_cast<char>((buffer >> held) & 0xFF));
        }
    }
    // Leftover bits must be fewer than a character's and zero: one text for one value.
    if (held >= bits_per_char || (buffer & ((1U << held) - 1)) != 0) {
        return std::nullopt;
    }
    return out;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string hex_encode(std::string_view bytes) {
    return encode_bits(bytes, kHex, 4);
}

std::optional<std::string> hex_decode(std::string_view text) {
    static constexpr Reverse kTable = reverse_of(kHex, false);
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    return decode_bits(text, kTable, 4);
}

std::string base64_encode(std::string_view bytes) {
    std::string out = encode_bits(bytes, kBase64, 6);
    out.append((4 - out.size() % 4) % 4, '=');
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    static constexpr Reverse kTable = reverse_of(kBase64, false);
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    std::size_t padding = 0;
    while (padding < 2 && !text.empty() && text.back() == '=') {
        text.remove_suffix(1);
        ++padding;
    }
    return decode_bits(text, kTable, 6);
}

std::string base64url_encode(std::string_view bytes) {
    return encode_bits(bytes, kBase64Url, 6);
}

std::optional<std::string> base64url_decode(std::string_view text) {
    static constexpr Reverse kTable = reverse_of(kBase64Url, false);
    return decode_bits(text, kTable, 6);
}

std::string base32_encode(std::string_view bytes) {
    return encode_bits(bytes, kBase32, 5);
}

std::optional<std::string> base32_decode(std::string_view text) {
    static constexpr Reverse kTable = reverse_of(kBase32, true);
    return decode_bits(text, kTable, 5);
}

std::string ascii_lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        c = lower(c);
    }
    return out;
}

bool ascii_iequals(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) {
        return false;
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n\v\f";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

bool is_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto lead = static_cast<unsigned char>(text[i]);
        std::size_t more = 0;
        std::uint32_t point = 0;
        std::uint32_t least = 0;
        if (lead < 0x80) {
            ++i;
            continue;
        }
        if ((lead & 0xE0) == 0xC0) {
            more = 1, point = lead & 0x1F, least = 0x80;
        } else if ((lead & 0xF0) == 0xE0) {
            more = 2, point = lead & 0x0F, least = 0x800;
        } else if ((lead & 0xF8) == 0xF0) {
            more = 3, point = lead & 0x07, least = 0x10000;
        } else {
            return false;
        }
        if (text.size() - i <= more) {
            return false;
        }
        for (std::size_t k = 1; k <= more; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xC0) != 0x80) {
                return false;
            }
            point = (point << 6) | (next & 0x3F);
        }
        if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
            return false;
        }
        i += more + 1;
    }
    return true;
}

}  // namespace tocsin
