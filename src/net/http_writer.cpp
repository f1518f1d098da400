#include "net/http_writer.h"

#include <algorithm>

#include <boost/beast/http/status.hpp>

#include "base/bytes.h"

namespace tocsin::net {

namespace {

bool is_token(std::string_view name) {
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kOthers.find(c) != std::string_view::npos;
    });
}

bool is_framing(std::string_view name) {
    return ascii_iequals(name, "content-length") || ascii_iequals(name, "transfer-encoding") ||
           ascii_iequals(name, "connection");
}

Status append_headers(std::string& out, const HttpHeaders& headers) {
    for (const auto& [name, value] : headers) {
        if (is_framing(name)) {
            continue;
        }
        if (!is_token(name) ||
            value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
            return invalid("the header '" + (is_token(name) ? name : std::string("?")) +
                           "' has a character that would split it");
        }
        out.append(name).append(": ").append(value).append("\r\n");
    }
    return {};
}

}  // namespace

Result<std::string> response_head(const HttpResponse& response, const HeadOptions& options) {
    std::string out =
        fmt::format("HTTP/1.1 {} {}\r\n", response.status, status_reason(response.status));
    TRY(append_headers(out, response.headers));
    if (!options.date.empty() && !response.headers.has("date")) {
        out.append("Date: ").append(options.date).append("\r\n");
    }
    if (status_has_body(response.status)) {
        if (options.framing == BodyFraming::Length) {
            out.append(fmt::format("Content-Length: {}\r\n", response.body.size()));
        } else if (options.framing == BodyFraming::Chunked) {
            out.append("Transfer-Encoding: chunked\r\n");
        }
    }
    if (options.close) {
        out.append("Connection: close\r\n");
    }
    out.append("\r\n");
    return out;
}

Result<std::string> request_bytes(const HttpRequest& request, std::string_view host) {
    const bool bad_target =
        request.target.empty() || std::any_of(request.target.begin(), request.target.end(),
                                              [](char c) { return c <= 0x20 || c == 0x7f; });
    if (!is_token(request.method) || bad_target) {
        return invalid("the request has no method or its target is not allowed");
    }
    std::string out = request.method + " " + request.target + " HTTP/1.1\r\n";
    if (!request.headers.has("host")) {
        out.append("Host: ").append(host).append("\r\n");
    }
    TRY(append_headers(out, request.headers));
    out.append(fmt::format("Content-Length: {}\r\nConnection: close\r\n\r\n", request.body.size()));
    out.append(request.body);
    return out;
}

std::string chunk(std::string_view bytes) {
    std::string out = fmt::format("{:x}\r\n", bytes.size());
    out.reserve(out.size() + bytes.size() + 2);
    out.append(bytes).append("\r\n");
    return out;
}

std::string_view status_reason(int status) {
    const auto reason = boost::beast::http::obsolete_reason(
        boost::beast::http::int_to_status(static_cast<unsigned>(status)));
    return std::string_view(reason.data(), reason.size());
}

bool status_has_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

}  // namespace tocsin::net
