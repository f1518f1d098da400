// The domain half of an address: ASCII rules by hand, Unicode through libidn2, once.
#include <glib.h>
#include <idn2.h>
#include <memory>

#include "base/bytes.h"
#include "base/limits.h"
#include "mail/address.h"

namespace tocsin::mail {

namespace {

struct IdnFree {
    void operator()(char* text) const { idn2_free(text); }
};
using IdnText = std::unique_ptr<char, IdnFree>;

struct GFree {
    void operator()(char* text) const { g_free(text); }
};
using GText = std::unique_ptr<char, GFree>;

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_label_char(char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
}

// UTF-8 to A-labels by UTS 46 (non-transitional) and IDNA2008. The answer is still to be judged:
// UTS 46 without the STD3 rule lets ASCII punctuation through.
Result<std::string> to_a_labels(const std::string& text) {
    char* out = nullptr;
    const int status = idn2_to_ascii_8z(text.c_str(), &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const IdnText owned(out);
    if (status != IDN2_OK) {
        return invalid("the domain is not a valid international name");
    }
    return std::string(owned.get());
}

// An "xn--" label must be Punycode of a name that IDNA2008 allows, written as IDNA writes it; at
// most in capitals, which encode to a label that DNS can hold though no software would register it.
Status check_a_label(std::string_view label) {
    const Error refusal = invalid("the domain has an invalid international (xn--) part");
    const std::string text(label);
    char* out = nullptr;
    if (idn2_to_unicode_8z8z(text.c_str(), &out, 0) != IDN2_OK) {
        return refusal;
    }
    const IdnText decoded(out);
    if (is_ascii(decoded.get())) {
        return refusal;
    }
    const GText lowered(g_utf8_strdown(decoded.get(), -1));
    const GText composed(g_utf8_normalize(lowered.get(), -1, G_NORMALIZE_NFC));
    if (composed == nullptr) {
        return refusal;
    }
    const Result<std::string> again = to_a_labels(composed.get());
    if (!again) {
        return refusal;
    }
    char* back = nullptr;
    if (idn2_to_unicode_8z8z(again->c_str(), &back, 0) != IDN2_OK) {
        return refusal;
    }
    const IdnText round_trip(back);
    if (std::string_view(round_trip.get()) != composed.get()) {
        return refusal;
    }
    return {};
}

// One label, lower case.
Status check_label(std::string_view label) {
    if (label.empty()) {
        return invalid("the domain has an empty part (a dot too many)");
    }
    if (label.size() > limits::kDomainLabelBytesMax) {
        return invalid("a part of the domain is longer than 63 bytes");
    }
    for (const char c : label) {
        if (!is_label_char(c)) {
            return invalid("the domain may have only letters, digits, hyphens and dots");
        }
    }
    if (label.front() == '-' || label.back() == '-') {
        return invalid("a part of the domain begins or ends with a hyphen");
    }
    if (label.size() >= 4 && label.substr(2, 2) == "--") {
        if (!label.starts_with("xn--")) {
            return invalid("a part of the domain has two hyphens in third place");
        }
        TRY(check_a_label(label));
    }
    return {};
}

Status check_ascii_domain(std::string_view domain) {
    if (domain.size() > limits::kDomainBytesMax) {
        return invalid("the domain is longer than 253 bytes");
    }
    if (domain.front() == '[') {
        return invalid("an address literal ([...]) is not a domain");
    }
    std::string_view last;
    std::size_t labels = 0;
    for (std::size_t start = 0; start <= domain.size(); ++labels) {
        const std::size_t dot = std::min(domain.find('.', start), domain.size());
        last = domain.substr(start, dot - start);
        TRY(check_label(last));
        start = dot + 1;
    }
    if (labels < 2) {
        return invalid("the domain has no dot, as in example.com");
    }
    if (std::all_of(last.begin(), last.end(), is_digit)) {
        return invalid("the domain ends in a number: an IP address is not a domain");
    }
    return {};
}

}  // namespace

Result<std::string> parse_domain(std::string_view text) {
    if (text.empty()) {
        return invalid("the domain is missing");
    }
    if (text.find('\0') != std::string_view::npos) {
        return invalid("the domain has a control character");
    }
    std::string domain = ascii_lower(text);
    if (!is_ascii(domain)) {
        if (!is_utf8(domain)) {
            return invalid("the domain is not UTF-8 text");
        }
        TRY_AS(domain, to_a_labels(domain));
        domain = ascii_lower(domain);
    }
    if (domain.empty()) {
        return invalid("the domain is missing");
    }
    TRY(check_ascii_domain(domain));
    return domain;
}

bool is_reserved_domain(std::string_view domain) {
    // RFC 6761, 6762, 7686, 8375 and 9476; "internal" by ICANN's resolution of July 2024.
    static constexpr std::string_view kReserved[] = {
        "alt",       "arpa",  "example", "internal",    "invalid",     "local",
        "localhost", "onion", "test",    "example.com", "example.net", "example.org",
    };
    for (const std::string_view reserved : kReserved) {
        if (domain == reserved || (domain.size() > reserved.size() && domain.ends_with(reserved) &&
                                   domain[domain.size() - reserved.size() - 1] == '.')) {
            return true;
        }
    }
    return false;
}

}  // namespace tocsin::mail
