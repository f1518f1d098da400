#include "web/page.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "net/http_writer.h"

namespace tocsin::web {

namespace {

void add_common_headers(net::HttpResponse& response) {
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("Referrer-Policy", "no-referrer");
}

std::string_view frame_ancestors(Framing framing) {
    switch (framing) {
        case Framing::Nobody:
            return "'none'";
        case Framing::SameOrigin:
            return "'self'";
        case Framing::Anyone:
            return "*";
    }
    return "'none'";
}

std::string_view cache_control(Caching caching) {
    switch (caching) {
        case Caching::NoStore:
            return "no-store";
        case Caching::Revalidate:
            return "no-cache";
        case Caching::Minute:
            return "public, max-age=60";
    }
    return "no-store";
}

net::HttpResponse with_body(int status, std::string_view type, std::string body) {
    net::HttpResponse response;
    response.status = status;
    response.headers.set("Content-Type", std::string(type));
    add_common_headers(response);
    response.headers.set("Cache-Control", "no-store");
    response.body = std::move(body);
    return response;
}

}  // namespace

net::HttpResponse html_response(int status, std::string html, const PagePolicy& policy) {
    net::HttpResponse response = with_body(status, "text/html; charset=utf-8", std::move(html));
    response.headers.set(
        "Content-Security-Policy",
        fmt::format("default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; "
                    "img-src {}; connect-src {}; frame-src {}; form-action {}; base-uri 'none'; "
                    "frame-ancestors {}",
                    policy.img_src, policy.connect_src, policy.frame_src, policy.form_action,
                    frame_ancestors(policy.framing)));
    response.headers.set("Cache-Control", std::string(cache_control(policy.caching)));
    response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
    response.headers.set("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    return response;
}

net::HttpResponse text_response(int status, std::string text) {
    return with_body(status, "text/plain; charset=utf-8", std::move(text));
}

net::HttpResponse json_response(int status, std::string json) {
    return with_body(status, "application/json", std::move(json));
}

net::HttpResponse problem_response(int status, std::string_view detail) {
    boost::json::object problem;
    problem["type"] = "about:blank";
    problem["title"] = std::string(reason_of(status));
    problem["status"] = status;
    if (!detail.empty()) {
        problem["detail"] = std::string(detail);
    }
    return with_body(status, "application/problem+json", boost::json::serialize(problem));
}

net::HttpResponse problem_response(const Error& error) {
    return problem_response(status_of(error.kind()), error.message());
}

net::HttpResponse see_other(std::string location) {
    net::HttpResponse response;
    response.status = 303;
    response.headers.set("Location", std::move(location));
    response.headers.set("Cache-Control", "no-store");
    add_common_headers(response);
    return response;
}

int status_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::Invalid:
            return 400;
        case ErrorKind::NotFound:
            return 404;
        case ErrorKind::Conflict:
            return 409;
        case ErrorKind::Forbidden:
            return 403;
        case ErrorKind::Unauthorized:
            return 401;
        case ErrorKind::Expired:
            return 410;
        case ErrorKind::Limited:
            return 429;
        case ErrorKind::Unavailable:
        case ErrorKind::Cancelled:
            return 503;
        case ErrorKind::Timeout:
            return 504;
        case ErrorKind::Io:
        case ErrorKind::Corrupt:
        case ErrorKind::Internal:
            return 500;
    }
    return 500;
}

std::string_view reason_of(int status) {
    return net::status_reason(status);
}

std::string mask_path(std::string_view path) {
    for (const std::string_view prefix : {"/c/", "/u/", "/p/", "/n/", "/desk/link/"}) {
        if (path.starts_with(prefix)) {
            const std::size_t end = path.find('/', prefix.size());
            std::string masked = std::string(prefix) + "***";
            return end == std::string_view::npos ? masked : masked + std::string(path.substr(end));
        }
    }
    return std::string(path);
}

}  // namespace tocsin::web
