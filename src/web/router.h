// Router: from a method and a path to a handler.
//
// Patterns are literal segments and parameters: "/u/{token}". A parameter is one non-empty segment;
// a last one written {name*} takes the rest of the path, with its slashes. Literal segments win
// over parameters. Unknown paths are 404 and known paths with another method 405 with Allow;
// HEAD is answered by the GET handler (the server drops the body). Under /api the errors are
// application/problem+json, elsewhere pages (web/page.h).
//
// Owner: app builds one for each listener before it listens, then it is read-only: any thread.
// A handler that throws is answered 500 and logged; the exception goes no further.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.h"

namespace tocsin::web {

// A request on its way to a handler, with what the pattern took from the path.
struct Context {
    net::HttpRequest request;
    std::vector<std::pair<std::string, std::string>> params;

    // The parameter's text; the pattern must have it.
    const std::string& param(std::string_view name) const;
};

using RouteHandler = std::function<Task<net::HttpResponse>(Context)>;
// Runs before the handler of every route: an answer ends the request (sign-in, host checks).
using Filter = std::function<std::optional<net::HttpResponse>(const Context&)>;
// Makes the page of an error: 404, 405, 500 and what the server refuses.
using ErrorPage = std::function<net::HttpResponse(int status, const net::HttpRequest&)>;

class Router {
  public:
    Router();
    // One route. method: "GET", "POST", ...; the same method and pattern twice is a CHECK.
    void add(std::string_view method, std::string_view pattern, RouteHandler handler);
    // For routes whose bodies may be larger than the server's limit (imports).
    void add(std::string_view method, std::string_view pattern, std::size_t body_bytes_max,
             RouteHandler handler);
    void set_filter(Filter filter);
    void set_error_page(ErrorPage page);

    // The handler for net::HttpServer; shares the routes, so the router may be gone by then.
    net::HttpHandler handler() const;
    // For net::HttpServerOptions::body_limit.
    std::function<std::size_t(const net::HttpRequest&)> body_limit(std::size_t otherwise) const;
    // For net::HttpServerOptions::refusal.
    std::function<net::HttpResponse(int, const net::HttpRequest&)> refusal() const;

  private:
    struct Routes;
    std::shared_ptr<Routes> routes_;
};

}  // namespace tocsin::web
