#include "web/router.h"

#include <algorithm>
#include <exception>

#include "base/check.h"
#include "base/log.h"
#include "web/page.h"

namespace tocsin::web {

namespace {

std::vector<std::string_view> split_path(std::string_view path) {
    std::vector<std::string_view> segments;
    path.remove_prefix(path.starts_with('/') ? 1 : 0);
    while (true) {
        const std::size_t slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) {
            return segments;
        }
        path.remove_prefix(slash + 1);
    }
}

struct Segment {
    enum class Kind { Literal, Parameter, Rest };
    Kind kind = Kind::Literal;
    std::string text;  // the literal, or the parameter's name

    friend bool operator==(const Segment&, const Segment&) = default;
};

Segment parse_segment(std::string_view text) {
    if (!text.starts_with('{')) {
        return {Segment::Kind::Literal, std::string(text)};
    }
    CHECK(text.ends_with('}'));
    text = text.substr(1, text.size() - 2);
    if (text.ends_with('*')) {
        return {Segment::Kind::Rest, std::string(text.substr(0, text.size() - 1))};
    }
    return {Segment::Kind::Parameter, std::string(text)};
}

struct Route {
    std::string method;
    std::vector<Segment> segments;
    std::optional<std::size_t> body_bytes_max;
    RouteHandler handler;
};

using Params = std::vector<std::pair<std::string, std::string>>;

// What the route takes from the path; nullopt if it does not fit.
std::optional<Params> match(const Route& route, const std::vector<std::string_view>& path) {
    Params params;
    for (std::size_t i = 0; i < route.segments.size(); ++i) {
        const Segment& segment = route.segments[i];
        if (i >= path.size()) {
            return std::nullopt;
        }
        if (segment.kind == Segment::Kind::Rest) {
            const char* begin = path[i].data();
            const char* end = path.back().data() + path.back().size();
            if (begin == end) {
                return std::nullopt;
            }
            params.emplace_back(segment.text, std::string(begin, end));
            return params;
        }
        if (segment.kind == Segment::Kind::Literal && segment.text != path[i]) {
            return std::nullopt;
        }
        if (segment.kind == Segment::Kind::Parameter) {
            if (path[i].empty()) {
                return std::nullopt;
            }
            params.emplace_back(segment.text, std::string(path[i]));
        }
    }
    return path.size() == route.segments.size() ? std::optional(std::move(params)) : std::nullopt;
}

// Literals before parameters before the rest, compared from the left.
bool more_literal(const Route& a, const Route& b) {
    return std::lexicographical_compare(
        a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
        [](const Segment& x, const Segment& y) { return x.kind < y.kind; });
}

bool is_api(const net::HttpRequest& request) {
    return request.path.starts_with("/api/");
}

}  // namespace

struct Router::Routes {
    std::vector<Route> routes;  // the more literal first
    Filter filter;
    ErrorPage error_page;

    // The route for the request's method (GET's for HEAD) and its parameters.
    std::optional<std::pair<const Route*, Params>> find(const net::HttpRequest& request) const {
        const auto path = split_path(request.path);
        const std::string_view method =
            request.method == "HEAD" ? std::string_view("GET") : request.method;
        for (const Route& route : routes) {
            if (route.method != method) {
                continue;
            }
            if (auto params = match(route, path)) {
                return std::pair(&route, std::move(*params));
            }
        }
        return std::nullopt;
    }

    // "GET, HEAD, POST"; empty if the path is unknown.
    std::string allowed(const net::HttpRequest& request) const {
        const auto path = split_path(request.path);
        std::vector<std::string> methods;
        for (const Route& route : routes) {
            if (match(route, path)) {
                methods.push_back(route.method);
                if (route.method == "GET") {
                    methods.emplace_back("HEAD");
                }
            }
        }
        std::sort(methods.begin(), methods.end());
        methods.erase(std::unique(methods.begin(), methods.end()), methods.end());
        return fmt::format("{}", fmt::join(methods, ", "));
    }

    net::HttpResponse error(int status, const net::HttpRequest& request) const {
        if (is_api(request)) {
            return problem_response(status, "");
        }
        if (error_page) {
            return error_page(status, request);
        }
        return text_response(status, std::string(reason_of(status)) + "\n");
    }
};

namespace {

// Whoever is told to come back is told when.
void set_retry_after(net::HttpResponse& response) {
    constexpr std::string_view kRetryAfter = "2";  // the database is back or it is looked after
    if (response.status == 503 && !response.headers.has("Retry-After")) {
        response.headers.set("Retry-After", std::string(kRetryAfter));
    }
}

void log_access(const net::HttpRequest& request, int status) {
    log_debug("http {} {} {}", request.method, mask_path(request.path), status);
}

}  // namespace

const std::string& Context::param(std::string_view name) const {
    const auto found = std::find_if(params.begin(), params.end(),
                                    [&](const auto& param) { return param.first == name; });
    CHECK(found != params.end());
    return found->second;
}

Router::Router() : routes_(std::make_shared<Routes>()) {}

void Router::add(std::string_view method, std::string_view pattern, RouteHandler handler) {
    add(method, pattern, 0, std::move(handler));
}

void Router::add(std::string_view method, std::string_view pattern, std::size_t body_bytes_max,
                 RouteHandler handler) {
    Route route;
    route.method = method;
    for (const std::string_view segment : split_path(pattern)) {
        route.segments.push_back(parse_segment(segment));
    }
    if (body_bytes_max != 0) {
        route.body_bytes_max = body_bytes_max;
    }
    route.handler = std::move(handler);
    for (const Route& other : routes_->routes) {
        CHECK(other.method != route.method || other.segments != route.segments);
    }
    const auto place =
        std::upper_bound(routes_->routes.begin(), routes_->routes.end(), route, more_literal);
    routes_->routes.insert(place, std::move(route));
}

void Router::set_filter(Filter filter) {
    routes_->filter = std::move(filter);
}

void Router::set_error_page(ErrorPage page) {
    routes_->error_page = std::move(page);
}

namespace {

Task<net::HttpResponse> run(RouteHandler handler, Context context) {
    net::HttpResponse response = co_await handler(std::move(context));
    co_return response;
}

}  // namespace

net::HttpHandler Router::handler() const {
    auto dispatch = [](std::shared_ptr<const Routes> routes,
                       net::HttpRequest request) -> Task<net::HttpResponse> {
        // Kept for the log and for errors: the handler takes the request.
        net::HttpRequest head;
        head.method = request.method;
        head.path = request.path;
        head.tls = request.tls;
        auto found = routes->find(request);
        if (!found) {
            const std::string allowed = routes->allowed(request);
            net::HttpResponse response = routes->error(allowed.empty() ? 404 : 405, request);
            if (!allowed.empty()) {
                response.headers.set("Allow", allowed);
            }
            log_access(head, response.status);
            co_return response;
        }
        Context context;
        context.request = std::move(request);
        context.params = std::move(found->second);
        if (routes->filter) {
            if (auto refused = routes->filter(context)) {
                log_access(head, refused->status);
                co_return std::move(*refused);
            }
        }
        try {
            net::HttpResponse response = co_await run(found->first->handler, std::move(context));
            set_retry_after(response);
            if (head.tls) {
                response.headers.set("Strict-Transport-Security", "max-age=31536000");
            }
            log_access(head, response.status);
            co_return response;
        } catch (const std::exception& e) {
            log_error("{} {} ended by an exception: {}", head.method, mask_path(head.path),
                      e.what());
        }
        co_return routes->error(500, head);
    };
    return [routes = routes_, dispatch](net::HttpRequest request) {
        return dispatch(routes, std::move(request));
    };
}

std::function<std::size_t(const net::HttpRequest&)> Router::body_limit(
    std::size_t otherwise) const {
    return [routes = routes_, otherwise](const net::HttpRequest& request) {
        const auto found = routes->find(request);
        return found ? found->first->body_bytes_max.value_or(otherwise) : otherwise;
    };
}

std::function<net::HttpResponse(int, const net::HttpRequest&)> Router::refusal() const {
    return [routes = routes_](int status, const net::HttpRequest& request) {
        return routes->error(status, request);
    };
}

}  // namespace tocsin::web
