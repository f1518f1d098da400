#include "mail/canonical.h"

#include "base/bytes.h"

namespace tocsin::mail {

namespace {

constexpr std::string_view kCrLf = "\r\n";

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// The line without its CRLF, taken off `rest`; the last line may lack one.
std::string_view take_line(std::string_view& rest) {
    const std::size_t end = rest.find(kCrLf);
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + kCrLf.size());
    return line;
}

}  // namespace

std::optional<RawMessage> split_message(std::string_view message) {
    RawMessage out;
    std::string_view rest = message;
    while (!rest.empty()) {
        if (rest.starts_with(kCrLf)) {
            out.body = rest.substr(kCrLf.size());
            return out;
        }
        const char* begin = rest.data();
        std::string_view line = take_line(rest);
        while (!rest.empty() && is_blank(rest.front())) {
            line = take_line(rest);
        }
        const std::string_view whole(begin,
                                     static_cast<std::size_t>(line.data() + line.size() - begin));
        const std::size_t colon = whole.find(':');
        if (colon == std::string_view::npos || colon == 0) {
            return std::nullopt;
        }
        std::string_view name = whole.substr(0, colon);
        while (!name.empty() && is_blank(name.back())) {
            name.remove_suffix(1);
        }
        if (name.empty() || name.find_first_of(" \t\r\n") != std::string_view::npos) {
            return std::nullopt;
        }
        out.fields.push_back(RawField{name, whole, whole.substr(colon + 1)});
    }
    return out;  // headers alone: an empty body
}

std::string relaxed_value(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value.substr(i).starts_with(kCrLf)) {
            ++i;
        } else if (!is_blank(value[i])) {
            out.push_back(value[i]);
        } else if (out.empty() || out.back() != ' ') {
            out.push_back(' ');
        }
    }
    return out;
}

std::string relaxed_field(std::string_view name, std::string_view value) {
    std::string text = relaxed_value(value);
    const std::size_t first = text.find_first_not_of(' ');
    text.erase(0, first == std::string::npos ? text.size() : first);
    if (text.ends_with(' ')) {
        text.pop_back();
    }
    return ascii_lower(name) + ":" + text;
}

std::string canonical_body(std::string_view body, Canonicalization method) {
    std::string out;
    out.reserve(body.size() + kCrLf.size());
    std::size_t kept = 0;  // length up to the last line that is not empty
    std::string_view rest = body;
    while (!rest.empty()) {
        const std::string_view line = take_line(rest);
        const std::size_t start = out.size();
        if (method == Canonicalization::Simple) {
            out += line;
        } else {
            for (const char c : line) {
                if (!is_blank(c)) {
                    out.push_back(c);
                } else if (out.size() == start || out.back() != ' ') {
                    out.push_back(' ');
                }
            }
            if (out.size() > start && out.back() == ' ') {
                out.pop_back();
            }
        }
        const bool empty = out.size() == start;
        out += kCrLf;
        if (!empty) {
            kept = out.size();
        }
    }
    out.resize(kept);
    if (out.empty() && method == Canonicalization::Simple) {
        out = kCrLf;
    }
    return out;
}

}  // namespace tocsin::mail
