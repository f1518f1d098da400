// encoded-word = "=?" charset "?" encoding "?" encoded-text "?="      (RFC 2047 section 2)
//   at most 75 characters; holds whole characters; lines with one at most 76; a phrase may use only
//   letters, digits and "!*+-/" in "Q" (section 5), so that set serves everywhere
// phrase, quoted-string: RFC 5322 section 3.2.4, 3.2.5
#include "mail/header.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"

namespace tocsin::mail {

namespace {

constexpr std::size_t kFoldColumn = 78;         // RFC 5322 section 2.1.1, recommended
constexpr std::size_t kEncodedLineColumn = 76;  // RFC 2047 section 2
constexpr std::size_t kEncodedWordChars = 75;
constexpr std::size_t kNameBytesMax = 40;  // leaves room for any character encoded on its line
constexpr std::size_t kPlainWordBytesMax = 60;
constexpr std::size_t kDisplayBytesMax = 256;
constexpr std::size_t kTextBytesMax = 4096;
constexpr std::string_view kOpenQ = "=?utf-8?Q?";
constexpr std::string_view kOpenB = "=?utf-8?B?";
constexpr std::string_view kClose = "?=";

bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool is_printable_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

bool is_q_safe(char c) {
    return is_alnum(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

bool is_atext(char c) {
    return is_alnum(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

Status check_name(std::string_view name) {
    const auto fits = [](char c) { return is_alnum(c) || c == '-'; };
    if (name.empty() || name.size() > kNameBytesMax ||
        !std::all_of(name.begin(), name.end(), fits)) {
        return invalid("a header's name must be letters, digits and hyphens");
    }
    return {};
}

Status check_text(std::string_view name, std::string_view text) {
    const auto forbidden = [](char c) { return is_control(c) && c != '\t'; };
    if (std::any_of(text.begin(), text.end(), forbidden)) {
        return invalid("the " + std::string(name) +
                       " header would contain a line break or another control character");
    }
    if (!is_utf8(text)) {
        return invalid("the " + std::string(name) + " header is not valid UTF-8");
    }
    if (text.size() > kTextBytesMax) {
        return invalid("the " + std::string(name) + " header is longer than 4096 bytes");
    }
    return {};
}

// Every space single and inside, no word too long to fold, nothing that reads as an encoded word:
// such text survives folding and decoding unchanged.
bool travels_plain(std::string_view text) {
    if (!is_printable_ascii(text) || text.find("=?") != std::string_view::npos) {
        return false;
    }
    std::size_t word = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != ' ') {
            if (++word > kPlainWordBytesMax) {
                return false;
            }
            continue;
        }
        if (word == 0 || i + 1 == text.size()) {
            return false;
        }
        word = 0;
    }
    return true;
}

// Appends words separated by single spaces to `line`, folding before the word that would pass the
// column.
void append_folded(std::string& out, std::string_view value) {
    std::size_t column = out.size() - (out.rfind('\n') + 1);  // npos + 1 is 0
    bool first = true;
    while (true) {
        const std::size_t space = value.find(' ');
        const std::string_view word = value.substr(0, space);
        if (!first) {
            if (column + 1 + word.size() > kFoldColumn) {
                out += "\r\n ";
                column = 1;
            } else {
                out.push_back(' ');
                ++column;
            }
        }
        out += word;
        column += word.size();
        first = false;
        if (space == std::string_view::npos) {
            return;
        }
        value.remove_prefix(space + 1);
    }
}

std::size_t character_bytes(std::string_view text, std::size_t at) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
        ++end;
    }
    return end - at;
}

std::string q_encode(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == ' ') {
            out.push_back('_');
        } else if (is_q_safe(c)) {
            out.push_back(c);
        } else {
            out.push_back('=');
            out.push_back(kDigits[byte >> 4]);
            out.push_back(kDigits[byte & 15]);
        }
    }
    return out;
}

// How many bytes of `text` (whole characters) one word of `room` encoded characters takes, in Q.
std::size_t q_fits(std::string_view text, std::size_t room) {
    std::size_t end = 0;
    while (end < text.size()) {
        const std::size_t next = end + character_bytes(text, end);
        if (end > 0 && q_encode(text.substr(0, next)).size() > room) {
            break;
        }
        end = next;
    }
    return end;
}

// The same in B; 0 if nothing does. Some readers join neighbouring B words before they decode them
// and stop at padding in the middle, so only the last word may have any.
std::size_t b_fits(std::string_view text, std::size_t room) {
    const std::size_t bytes_max = room / 4 * 3;
    if (text.size() <= bytes_max) {
        return text.size();
    }
    std::size_t best = 0;
    for (std::size_t end = 0; end <= bytes_max; end += character_bytes(text, end)) {
        best = end % 3 == 0 ? end : best;
    }
    return best;
}

// Appends `text` as encoded words of whole characters, folded between them. Q where most of it
// stays readable, as people and filters prefer.
void append_encoded_words(std::string& out, std::string_view text) {
    const bool prefer_q = q_encode(text).size() * 2 <= base64_encode(text).size() * 3;
    std::size_t column = out.size() - (out.rfind('\n') + 1);
    while (!text.empty()) {
        const std::size_t room = std::min(kEncodedWordChars, kEncodedLineColumn - column) -
                                 kOpenQ.size() - kClose.size();
        const std::size_t in_b = prefer_q ? 0 : b_fits(text, room);
        const std::size_t taken = in_b > 0 ? in_b : q_fits(text, room);
        const std::string_view word = text.substr(0, taken);
        out += in_b > 0 ? kOpenB : kOpenQ;
        out += in_b > 0 ? base64_encode(word) : q_encode(word);
        out += kClose;
        text.remove_prefix(taken);
        if (!text.empty()) {
            out += "\r\n ";
            column = 1;
        }
    }
}

// Display names that need neither quotes nor encoding: atoms separated by single spaces.
bool is_plain_phrase(std::string_view text) {
    return travels_plain(text) &&
           std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || is_atext(c); });
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.push_back('\\');
        }
        out.push_back(c);
    }
    out.push_back('"');
    return out;
}

// An address that parsed has none of these; whatever reaches a header is looked at again.
Status check_address_text(std::string_view name, std::string_view address) {
    const auto forbidden = [](char c) {
        return is_control(c) ||
               std::string_view(" ,;:<>()[]\\\"").find(c) != std::string_view::npos;
    };
    if (address.find('@') == std::string_view::npos ||
        address.size() > limits::kAddressBytesMax * 2 ||
        std::any_of(address.begin(), address.end(), forbidden) || !is_utf8(address)) {
        return invalid("the " + std::string(name) + " header's address is not one");
    }
    return {};
}

// "Name: display <inner>", the display name plain, quoted or encoded as it needs.
Result<std::string> with_display(std::string_view name, std::string_view display,
                                 std::string_view inner) {
    TRY(check_text(name, display));
    if (display.size() > kDisplayBytesMax) {
        return invalid("the " + std::string(name) + " header's display name is too long");
    }
    std::string raw = std::string(name) + ": ";
    if (is_plain_phrase(display)) {
        append_folded(raw, display);
    } else if (is_printable_ascii(display) && display.find("=?") == std::string_view::npos) {
        raw += quoted(display);
    } else {
        append_encoded_words(raw, display);
    }
    const std::size_t column = raw.size() - (raw.rfind('\n') + 1);
    if (!display.empty()) {
        raw += column + inner.size() + 3 > kFoldColumn ? "\r\n " : " ";
    }
    raw += '<';
    raw += inner;
    raw += ">\r\n";
    return raw;
}

}  // namespace

Result<HeaderField> HeaderField::text(std::string_view name, std::string_view text) {
    TRY(check_name(name));
    TRY(check_text(name, text));
    if (text.empty()) {
        return invalid("the " + std::string(name) + " header would be empty");
    }
    std::string raw = std::string(name) + ": ";
    if (travels_plain(text)) {
        append_folded(raw, text);
    } else {
        append_encoded_words(raw, text);
    }
    raw += "\r\n";
    return HeaderField(name, std::move(raw));
}

Result<HeaderField> HeaderField::mailbox(std::string_view name, std::string_view display,
                                         std::string_view address) {
    TRY(check_name(name));
    TRY(check_address_text(name, address));
    if (display.empty()) {
        return HeaderField(name, std::string(name) + ": " + std::string(address) + "\r\n");
    }
    TRY_AS(std::string raw, with_display(name, display, address));
    return HeaderField(name, std::move(raw));
}

Result<HeaderField> HeaderField::list_id(std::string_view display, std::string_view id) {
    constexpr std::size_t kListIdBytesMax = 255;  // RFC 2919 section 3
    const auto fits = [](char c) { return is_atext(c) || c == '.'; };
    if (id.empty() || id.size() > kListIdBytesMax || !std::all_of(id.begin(), id.end(), fits)) {
        return invalid("the List-Id header's identifier must look like a domain name");
    }
    TRY_AS(std::string raw, with_display("List-Id", display, id));
    return HeaderField("List-Id", std::move(raw));
}

Result<HeaderField> HeaderField::verbatim(std::string_view name, std::string_view value) {
    TRY(check_name(name));
    if (value.empty() || !is_printable_ascii(value) || value.front() == ' ' ||
        value.back() == ' ' || value.find("  ") != std::string_view::npos) {
        return invalid("the " + std::string(name) +
                       " header's value must be printable ASCII with single spaces inside");
    }
    std::string raw = std::string(name) + ": ";
    append_folded(raw, value);
    raw += "\r\n";
    for (std::size_t at = 0; at < raw.size();) {
        const std::size_t end = raw.find("\r\n", at);
        if (end - at > limits::kMailLineBytesMax) {
            return invalid("the " + std::string(name) + " header has a word of over 998 bytes");
        }
        at = end + 2;
    }
    return HeaderField(name, std::move(raw));
}

Result<HeaderField> HeaderField::any(std::string_view name, std::string_view value) {
    return is_printable_ascii(value) && !value.empty() ? verbatim(name, value) : text(name, value);
}

}  // namespace tocsin::mail
