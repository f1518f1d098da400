#include "net/form.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"

namespace tocsin::net {

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

enum class Plus { Literal, Space };

Result<std::string> decode_escapes(std::string_view text, Plus plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus == Plus::Space) {
            out.push_back(' ');
        } else if (text[i] != '%') {
            out.push_back(text[i]);
        } else {
            const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return invalid("a percent sign is not followed by two hex digits");
            }
            out.push_back(static_cast<char>(high * 16 + low));
            i += 2;
        }
    }
    if (out.find('\0') != std::string::npos) {
        return invalid("a NUL character is not allowed");
    }
    if (!is_utf8(out)) {
        return invalid("the text is not valid UTF-8");
    }
    return out;
}

Status add_field(Form& form, std::string name, std::string value, std::size_t fields_max) {
    if (std::distance(form.begin(), form.end()) >= static_cast<std::ptrdiff_t>(fields_max)) {
        return invalid("the form has too many fields");
    }
    if (name.size() > limits::kFormFieldBytesMax || value.size() > limits::kFormFieldBytesMax) {
        return invalid("a field of the form is too long");
    }
    form.add(std::move(name), std::move(value));
    return {};
}

// The value of a parameter of a header such as `form-data; name="email"`; quotes are removed.
// quoted-string as browsers write it: no backslash escapes, %22 for a quote (HTML, multipart).
std::optional<std::string> header_parameter(std::string_view header, std::string_view name) {
    std::size_t at = header.find(';');
    while (at != std::string_view::npos) {
        ++at;
        const std::size_t equals = header.find('=', at);
        if (equals == std::string_view::npos) {
            return std::nullopt;
        }
        const std::string_view key = trim(header.substr(at, equals - at));
        std::string_view rest = header.substr(equals + 1);
        std::size_t length = 0;
        std::string_view value;
        if (rest.starts_with('"')) {
            const std::size_t close = rest.find('"', 1);
            if (close == std::string_view::npos) {
                return std::nullopt;
            }
            value = rest.substr(1, close - 1);
            length = close + 1;
        } else {
            length = std::min(rest.find(';'), rest.size());
            value = trim(rest.substr(0, length));
        }
        if (ascii_iequals(key, name)) {
            return std::string(value);
        }
        at = header.find(';', equals + 1 + length);
    }
    return std::nullopt;
}

// Adds the field of one part: headers, an empty line, the value.
Status add_part(Form& form, std::string_view part, std::size_t fields_max) {
    const std::size_t headers_end = part.find("\r\n\r\n");
    if (headers_end == std::string_view::npos) {
        return invalid("a part of the form has no headers");
    }
    std::optional<std::string> name;
    std::string_view headers = part.substr(0, headers_end);
    while (!headers.empty()) {
        const std::size_t end = std::min(headers.find("\r\n"), headers.size());
        const std::string_view line = headers.substr(0, end);
        headers.remove_prefix(std::min(end + 2, headers.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) {
            return invalid("a part of the form has a header without a colon");
        }
        if (!ascii_iequals(line.substr(0, colon), "content-disposition")) {
            continue;
        }
        const std::string_view value = trim(line.substr(colon + 1));
        if (!ascii_lower(value).starts_with("form-data") || header_parameter(value, "filename") ||
            header_parameter(value, "filename*")) {
            return invalid("files are not accepted");
        }
        name = header_parameter(value, "name");
    }
    const std::string_view value = part.substr(headers_end + 4);
    if (!name || !is_utf8(*name) || !is_utf8(value) || value.find('\0') != std::string_view::npos) {
        return invalid("a part of the form has no name or is not valid UTF-8 text");
    }
    return add_field(form, std::move(*name), std::string(value), fields_max);
}

}  // namespace

std::string_view Form::get(std::string_view name) const {
    for (const auto& [field, value] : fields_) {
        if (field == name) {
            return value;
        }
    }
    return {};
}

bool Form::has(std::string_view name) const {
    return std::any_of(fields_.begin(), fields_.end(),
                       [&](const auto& field) { return field.first == name; });
}

std::vector<std::string> Form::all(std::string_view name) const {
    std::vector<std::string> out;
    for (const auto& [field, value] : fields_) {
        if (field == name) {
            out.push_back(value);
        }
    }
    return out;
}

void Form::add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
}

Result<Form> parse_form(const HttpRequest& request, std::size_t fields_max) {
    if (request.body.empty()) {
        return Form{};
    }
    const std::string_view type = request.headers.get("content-type");
    const std::string media = ascii_lower(trim(type.substr(0, type.find(';'))));
    if (media == "application/x-www-form-urlencoded") {
        return parse_urlencoded(request.body, fields_max);
    }
    if (media == "multipart/form-data") {
        const std::optional<std::string> boundary = header_parameter(type, "boundary");
        if (!boundary) {
            return invalid("multipart/form-data without a boundary");
        }
        return parse_multipart(*boundary, request.body, fields_max);
    }
    return invalid("the body must be application/x-www-form-urlencoded or multipart/form-data");
}

Result<Form> parse_urlencoded(std::string_view text, std::size_t fields_max) {
    Form form;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('&'), text.size());
        const std::string_view pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) {
            continue;
        }
        const std::size_t equals = std::min(pair.find('='), pair.size());
        TRY_AS(std::string name, decode_escapes(pair.substr(0, equals), Plus::Space));
        TRY_AS(std::string value,
               decode_escapes(pair.substr(std::min(equals + 1, pair.size())), Plus::Space));
        TRY(add_field(form, std::move(name), std::move(value), fields_max));
    }
    return form;
}

// multipart-body := dash-boundary CRLF part *(CRLF dash-boundary CRLF part) CRLF dash-boundary "--"
// (RFC 2046 section 5.1.1), without preamble; what follows the end is ignored.
Result<Form> parse_multipart(std::string_view boundary, std::string_view body,
                             std::size_t fields_max) {
    constexpr std::size_t kBoundaryBytesMax = 70;
    if (boundary.empty() || boundary.size() > kBoundaryBytesMax) {
        return invalid("the boundary must have 1 to 70 characters");
    }
    const std::string dash_boundary = "--" + std::string(boundary);
    const std::string delimiter = "\r\n" + dash_boundary;
    if (!body.starts_with(dash_boundary)) {
        return invalid("the body does not begin with its boundary");
    }
    body.remove_prefix(dash_boundary.size());
    Form form;
    while (!body.starts_with("--")) {
        if (!body.starts_with("\r\n")) {
            return invalid("a boundary is not followed by a line end");
        }
        body.remove_prefix(2);
        const std::size_t end = body.find(delimiter);
        if (end == std::string_view::npos) {
            return invalid("the form is cut off");
        }
        TRY(add_part(form, body.substr(0, end), fields_max));
        body.remove_prefix(end + delimiter.size());
    }
    return form;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                                c == '~';
        if (unreserved) {
            out.push_back(c);
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out.push_back('%');
            out.push_back(kDigits[byte >> 4]);
            out.push_back(kDigits[byte & 15]);
        }
    }
    return out;
}

Result<std::string> percent_decode(std::string_view text) {
    return decode_escapes(text, Plus::Literal);
}

}  // namespace tocsin::net
