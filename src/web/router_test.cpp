#include "web/router.h"

#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "web/page.h"
#include "web/static_files.h"

namespace tocsin::web {
namespace {

template <class T>
T finish(Task<T> task) {
    boost::asio::io_context io;
    auto result = boost::asio::co_spawn(io, std::move(task), boost::asio::use_future);
    io.run();
    return result.get();
}

net::HttpResponse send(const Router& router, std::string method, std::string path) {
    net::HttpRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.target = request.path;
    return finish(router.handler()(std::move(request)));
}

// Answers with the name and what the pattern took.
RouteHandler named(std::string name) {
    auto answer = [](std::string text, Context context) -> Task<net::HttpResponse> {
        for (const auto& [key, value] : context.params) {
            text += " " + key + "=" + value;
        }
        co_return text_response(200, text);
    };
    return [name, answer](Context context) { return answer(name, std::move(context)); };
}

Task<net::HttpResponse> throws(Context) {
    throw std::runtime_error("handler broke");
    co_return net::HttpResponse{};
}

Router sample() {
    Router router;
    router.add("GET", "/", named("home"));
    router.add("GET", "/u/{token}", named("show"));
    router.add("POST", "/u/{token}", named("do"));
    router.add("GET", "/u/help", named("help"));
    router.add("GET", "/static/{file*}", named("file"));
    router.add("POST", "/import", 5'000'000, named("import"));
    router.add("GET", "/throws", throws);
    router.add("GET", "/api/v1/throws", throws);
    return router;
}

TEST(Router, FindsRoutesByMethodAndPath) {
    const Router router = sample();
    EXPECT_EQ(send(router, "GET", "/").body, "home");
    EXPECT_EQ(send(router, "GET", "/u/abc").body, "show token=abc");
    EXPECT_EQ(send(router, "POST", "/u/abc").body, "do token=abc");
    EXPECT_EQ(send(router, "GET", "/u/help").body, "help");  // literals win
    EXPECT_EQ(send(router, "GET", "/static/a/b.css").body, "file file=a/b.css");
    EXPECT_EQ(send(router, "HEAD", "/u/abc").body, "show token=abc");
}

TEST(Router, UnknownPathsAre404AndKnownOnes405) {
    const Router router = sample();
    for (const char* path : {"/u", "/u/", "/u/a/b", "/nope", "/static/", "/static", "//"}) {
        EXPECT_EQ(send(router, "GET", path).status, 404) << path;
    }
    const net::HttpResponse wrong = send(router, "DELETE", "/u/abc");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.headers.get("allow"), "GET, HEAD, POST");
    EXPECT_EQ(send(router, "GET", "/import").status, 405);
}

TEST(Router, ErrorsArePagesOrProblems) {
    Router router = sample();
    router.set_error_page(
        [](int status, const net::HttpRequest&) { return html_response(status, "our page"); });
    EXPECT_EQ(send(router, "GET", "/nope").body, "our page");
    EXPECT_EQ(send(router, "GET", "/throws").status, 500);
    const net::HttpResponse problem = send(router, "GET", "/api/v1/throws");
    EXPECT_EQ(problem.status, 500);
    EXPECT_EQ(problem.headers.get("content-type"), "application/problem+json");
    EXPECT_EQ(problem.body.find("broke"), std::string::npos);  // no inner detail for strangers
    EXPECT_EQ(router.refusal()(413, net::HttpRequest{}).body, "our page");
}

TEST(Router, BodyLimitsBelongToRoutes) {
    const Router router = sample();
    const auto limit = router.body_limit(1'000);
    net::HttpRequest request;
    request.method = "POST";
    request.path = "/import";
    EXPECT_EQ(limit(request), 5'000'000u);
    request.path = "/u/abc";
    EXPECT_EQ(limit(request), 1'000u);
    request.path = "/nope";
    EXPECT_EQ(limit(request), 1'000u);
}

TEST(Router, AFilterMayAnswerInstead) {
    Router router = sample();
    router.set_filter([](const Context& context) -> std::optional<net::HttpResponse> {
        if (context.request.path == "/u/help") {
            return text_response(403, "no");
        }
        return std::nullopt;
    });
    EXPECT_EQ(send(router, "GET", "/u/help").status, 403);
    EXPECT_EQ(send(router, "GET", "/u/x").status, 200);
}

TEST(Page, EveryPageCarriesItsPolicy) {
    const net::HttpResponse page = html_response(200, "x");
    const std::string_view csp = page.headers.get("content-security-policy");
    EXPECT_NE(csp.find("default-src 'none'"), std::string_view::npos);
    EXPECT_NE(csp.find("frame-ancestors 'none'"), std::string_view::npos);
    EXPECT_EQ(csp.find("unsafe"), std::string_view::npos);
    EXPECT_EQ(page.headers.get("cache-control"), "no-store");
    EXPECT_EQ(page.headers.get("referrer-policy"), "no-referrer");
    EXPECT_EQ(page.headers.get("x-content-type-options"), "nosniff");
    PagePolicy framed;
    framed.framing = Framing::Anyone;
    EXPECT_NE(html_response(200, "x", framed)
                  .headers.get("content-security-policy")
                  .find("frame-ancestors *"),
              std::string_view::npos);
}

TEST(Page, LogsShowNoToken) {
    EXPECT_EQ(mask_path("/u/AbCdEf"), "/u/***");
    EXPECT_EQ(mask_path("/p/AbCdEf/export"), "/p/***/export");
    EXPECT_EQ(mask_path("/c/"), "/c/***");
    EXPECT_EQ(mask_path("/lists/breaking"), "/lists/breaking");
}

TEST(StaticFiles, VersionedOnesAreImmutableAndKnownOnesAre304) {
    Router router;
    add_static_routes(router);
    const std::string url = asset_url("site.css");
    net::HttpRequest request;
    request.method = "GET";
    request.path = "/static/site.css";
    request.query = url.substr(url.find('?') + 1);
    const net::HttpResponse file = finish(router.handler()(request));
    EXPECT_EQ(file.status, 200);
    EXPECT_EQ(file.headers.get("content-type"), "text/css; charset=utf-8");
    EXPECT_NE(file.headers.get("cache-control").find("immutable"), std::string_view::npos);
    request.query = "v=other";
    const net::HttpResponse other = finish(router.handler()(request));
    EXPECT_EQ(other.headers.get("cache-control").find("immutable"), std::string_view::npos);
    request.headers.set("If-None-Match", std::string(file.headers.get("etag")));
    const net::HttpResponse known = finish(router.handler()(request));
    EXPECT_EQ(known.status, 304);
    EXPECT_TRUE(known.body.empty());
    request.path = "/static/../templates/reader_layout.html.tpl";
    EXPECT_EQ(finish(router.handler()(request)).status, 404);
}

}  // namespace
}  // namespace tocsin::web
