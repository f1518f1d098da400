#include "mail/address.h"

#include <glib.h>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/check.h"
#include "base/limits.h"
#include "mail/address_suggestion.h"

namespace tocsin::mail {

namespace {

struct GFree {
    void operator()(char* text) const { g_free(text); }
};
using GText = std::unique_ptr<char, GFree>;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 5322 atext and the dot: what WHATWG allows before the "@".
bool is_local_char(char c) {
    constexpr std::string_view kPunctuation = ".!#$%&'*+/=?^_`{|}~-";
    return is_alphanumeric(c) || kPunctuation.find(c) != std::string_view::npos;
}

GText normalize(std::string_view text, GNormalizeMode mode) {
    GText out(g_utf8_normalize(text.data(), static_cast<gssize>(text.size()), mode));
    CHECK(out != nullptr);  // the text is UTF-8: callers have checked
    return out;
}

// Characters that show nothing although Unicode calls them letters, marks or symbols
// (Default_Ignorable_Code_Point and the blank Braille pattern), and the pictures of controls,
// which stand for what may not stand here.
bool is_unseen(gunichar point) {
    struct Range {
        gunichar first, last;
    };
    static constexpr Range kUnseen[] = {
        {0x034F, 0x034F}, {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},
        {0x2400, 0x243F}, {0x2800, 0x2800},   {0x3164, 0x3164},   {0xFE00, 0xFE0F},
        {0xFFA0, 0xFFA0}, {0x1BCA0, 0x1BCA3}, {0xE0000, 0xE0FFF},
    };
    for (const Range& range : kUnseen) {
        if (point >= range.first && point <= range.last) {
            return true;
        }
    }
    return false;
}

// A fullwidth "@" or a one-character "..." would come apart into ASCII punctuation in any software
// down the road that applies NFKC, and move the border between local part and domain.
bool hides_ascii(gunichar point) {
    char utf8[6];
    const auto length = static_cast<std::size_t>(g_unichar_to_utf8(point, utf8));
    const GText folded = normalize(std::string_view(utf8, length), G_NORMALIZE_NFKC);
    for (const char* c = folded.get(); *c != '\0'; ++c) {
        if (static_cast<unsigned char>(*c) < 0x80 && !is_alphanumeric(*c)) {
            return true;
        }
    }
    return false;
}

// The reason why a character beyond ASCII may not stand in a local part, or null.
const char* refused_because(gunichar point) {
    switch (g_unichar_type(point)) {
        case G_UNICODE_CONTROL:
        case G_UNICODE_FORMAT:  // with bidi controls, zero-width joiners and spaces
        case G_UNICODE_LINE_SEPARATOR:
        case G_UNICODE_PARAGRAPH_SEPARATOR:
            return "the part before the @ has an invisible character";
        case G_UNICODE_SPACE_SEPARATOR:
            return "the part before the @ has a space";
        case G_UNICODE_UNASSIGNED:
        case G_UNICODE_PRIVATE_USE:
        case G_UNICODE_SURROGATE:
            return "the part before the @ has a character without a meaning in Unicode";
        default:
            break;
    }
    if (is_unseen(point)) {
        return "the part before the @ has an invisible character";
    }
    if (hides_ascii(point)) {
        return "the part before the @ has a character that stands for punctuation";
    }
    return nullptr;
}

Status check_ascii_char(char c) {
    if (is_local_char(c)) {
        return {};
    }
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ') {
        return invalid("the part before the @ has a space");
    }
    if (byte < 0x20 || byte == 0x7F) {
        return invalid("the part before the @ has a control character");
    }
    return invalid(std::string("the part before the @ may not have the character ") + c);
}

// `local` is UTF-8 with at least one character beyond ASCII.
Status check_unicode(const std::string& local) {
    const char* at = local.c_str();
    const char* const end = at + local.size();
    if (g_unichar_ismark(g_utf8_get_char(at))) {
        return invalid("the part before the @ begins with a combining mark");
    }
    for (; at < end; at = g_utf8_next_char(at)) {
        const gunichar point = g_utf8_get_char(at);
        if (point < 0x80) {
            continue;  // judged by check_ascii_char
        }
        if (const char* reason = refused_because(point)) {
            return invalid(reason);
        }
    }
    return {};
}

Status check_dots(std::string_view local) {
    if (local.front() == '.' || local.back() == '.') {
        return invalid("the part before the @ begins or ends with a dot");
    }
    if (local.find("..") != std::string_view::npos) {
        return invalid("the part before the @ has two dots together");
    }
    return {};
}

// "=?charset?q?...?=": some servers decode it, in an address as well, into another address.
bool has_encoded_word(std::string_view local) {
    const std::size_t open = local.find("=?");
    return open != std::string_view::npos && local.find("?=", open + 2) != std::string_view::npos;
}

enum class LocalKind { Ascii, Unicode };

Result<LocalKind> check_local(const std::string& local) {
    if (local.empty()) {
        return invalid("there is nothing before the @");
    }
    if (local.size() > limits::kAddressLocalBytesMax) {
        return invalid("the part before the @ is longer than 64 bytes");
    }
    LocalKind kind = LocalKind::Ascii;
    for (const char c : local) {
        if (static_cast<unsigned char>(c) >= 0x80) {
            kind = LocalKind::Unicode;
        } else {
            TRY(check_ascii_char(c));
        }
    }
    TRY(check_dots(local));
    if (has_encoded_word(local)) {
        return invalid("the part before the @ has an encoded word (=?...?=)");
    }
    if (kind == LocalKind::Unicode) {
        TRY(check_unicode(local));
    }
    return kind;
}

// What a slip of the hand adds to a good address: white space around it, a comma for a dot in the
// domain, a dot at the end.
std::string without_slips(std::string_view text) {
    std::string out(trim(text));
    const std::size_t at = out.rfind('@');
    if (at == std::string::npos) {
        return out;
    }
    std::replace(out.begin() + static_cast<std::ptrdiff_t>(at), out.end(), ',', '.');
    if (out.ends_with('.')) {
        out.pop_back();
    }
    return out;
}

std::optional<std::string> corrected(const Address& address) {
    if (const auto domain = suggest_domain(address.domain())) {
        return address.local() + "@" + *domain;
    }
    return std::nullopt;
}

}  // namespace

Result<Address> Address::parse(std::string_view text) {
    if (text.empty()) {
        return invalid("the address is empty");
    }
    // Four times the limit covers any Unicode spelling of a domain that fits as A-labels.
    if (text.size() > 4 * limits::kAddressBytesMax) {
        return invalid("the address is longer than 254 bytes");
    }
    if (!is_utf8(text)) {
        return invalid("the address is not UTF-8 text");
    }
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos) {
        return invalid("there is no @ in the address");
    }
    if (text.find('@', at + 1) != std::string_view::npos) {
        return invalid("there is more than one @ in the address");
    }
    std::string local(text.substr(0, at));
    TRY_AS(const LocalKind kind, check_local(local));
    TRY_AS(std::string domain, parse_domain(text.substr(at + 1)));
    if (local.size() + 1 + domain.size() > limits::kAddressBytesMax) {
        return invalid("the address is longer than 254 bytes");
    }
    return Address(std::move(local), std::move(domain), kind == LocalKind::Unicode);
}

std::string Address::key() const {
    std::string local = ascii_lower(local_);
    if (smtputf8_) {
        local = normalize(local, G_NORMALIZE_NFC).get();
    }
    return local + "@" + domain_;
}

AddressCheck check_address(std::string_view text) {
    AddressCheck check;
    if (const Result<Address> address = Address::parse(text)) {
        check.ok = true;
        check.suggestion = corrected(*address).value_or("");
        return check;
    } else {
        check.reason = address.error().message();
    }
    if (text.size() > limits::kAddressBytesMax) {
        return check;
    }
    // A refused address is corrected only to one that is good as it stands, or likely a slip of it.
    const std::string tidy = without_slips(text);
    if (tidy == text) {
        return check;
    }
    if (const Result<Address> address = Address::parse(tidy)) {
        check.suggestion = corrected(*address).value_or(address->local() + "@" + address->domain());
    }
    return check;
}

}  // namespace tocsin::mail
