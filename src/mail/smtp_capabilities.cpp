#include "mail/smtp_capabilities.h"

#include <charconv>

#include "base/bytes.h"

namespace tocsin::mail {
namespace {

// Cuts the next word off the front of the line.
std::string_view next_word(std::string_view& line) {
    while (!line.empty() && line.front() == ' ') {
        line.remove_prefix(1);
    }
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    return word;
}

void parse_auth(std::string_view mechanisms, SmtpCapabilities& out) {
    for (std::string_view name = next_word(mechanisms); !name.empty();
         name = next_word(mechanisms)) {
        out.auth_plain |= ascii_iequals(name, "PLAIN");
        out.auth_login |= ascii_iequals(name, "LOGIN");
    }
}

void parse_line(std::string_view line, SmtpCapabilities& out) {
    const std::string_view keyword = next_word(line);
    if (ascii_iequals(keyword, "PIPELINING")) {
        out.pipelining = true;
    } else if (ascii_iequals(keyword, "CHUNKING")) {
        out.chunking = true;
    } else if (ascii_iequals(keyword, "8BITMIME")) {
        out.eight_bit = true;
    } else if (ascii_iequals(keyword, "SMTPUTF8")) {
        out.smtputf8 = true;
    } else if (ascii_iequals(keyword, "STARTTLS")) {
        out.starttls = true;
    } else if (ascii_iequals(keyword, "AUTH")) {
        parse_auth(line, out);
    } else if (ascii_iequals(keyword, "SIZE")) {
        out.size = true;
        const std::string_view number = next_word(line);
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(number.begin(), number.end(), value);
        if (error == std::errc() && end == number.end()) {
            out.size_max = value;
        }
    }
}

}  // namespace

SmtpCapabilities parse_capabilities(std::string_view ehlo_text) {
    SmtpCapabilities out;
    std::size_t line_end = ehlo_text.find('\n');
    while (line_end != std::string_view::npos) {
        ehlo_text.remove_prefix(line_end + 1);
        line_end = ehlo_text.find('\n');
        parse_line(ehlo_text.substr(0, line_end), out);
    }
    return out;
}

}  // namespace tocsin::mail
