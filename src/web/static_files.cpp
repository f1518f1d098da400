#include "web/static_files.h"

#include "base/assets.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/crypto.h"
#include "web/page.h"

namespace tocsin::web {

namespace {

constexpr std::size_t kVersionBytes = 8;

std::string version_of(std::string_view bytes) {
    return hex_encode(sha256(bytes).substr(0, kVersionBytes));
}

Task<net::HttpResponse> serve(Context context) {
    co_return static_file(context.request, context.param("file"));
}

}  // namespace

void add_static_routes(Router& router) {
    router.add("GET", "/static/{file*}", serve);
}

std::string asset_url(std::string_view name) {
    const auto bytes = asset("static/" + std::string(name));
    CHECK(bytes.has_value());
    return "/static/" + std::string(name) + "?v=" + version_of(*bytes);
}

net::HttpResponse static_file(const net::HttpRequest& request, std::string_view name) {
    const auto bytes = asset("static/" + std::string(name));
    if (!bytes) {
        return text_response(404, "Not Found\n");
    }
    const std::string version = version_of(*bytes);
    const std::string etag = "\"" + version + "\"";
    net::HttpResponse response;
    response.headers.set("Content-Type", std::string(content_type_of(name)));
    response.headers.set("X-Content-Type-Options", "nosniff");
    // The sign-up box's own files are used by pages of other origins.
    response.headers.set("Cross-Origin-Resource-Policy", "cross-origin");
    response.headers.set("Access-Control-Allow-Origin", "*");
    response.headers.set("ETag", etag);
    response.headers.set("Cache-Control", request.query == "v=" + version
                                              ? "public, max-age=31536000, immutable"
                                              : "public, max-age=300, must-revalidate");
    if (request.headers.get("if-none-match").find(etag) != std::string_view::npos) {
        response.status = 304;
        return response;
    }
    response.body = std::string(*bytes);
    return response;
}

std::string_view content_type_of(std::string_view name) {
    constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".json", "application/json"},
        {".txt", "text/plain; charset=utf-8"},
    };
    for (const auto& [ending, type] : kTypes) {
        if (name.ends_with(ending)) {
            return type;
        }
    }
    return "application/octet-stream";
}

}  // namespace tocsin::web
