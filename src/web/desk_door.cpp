// Signing in and out: the only pages of the desk that a stranger sees.
#include "web/desk_routes.h"
#include "web/desk_support.h"
#include "web/page.h"

namespace tocsin::web {

namespace {

// Only our own pages: an absolute address, or one that a browser reads as one ("//host"), is not.
std::string safe_next(std::string_view next) {
    const bool ours = next.starts_with("/desk") &&
                      next.find_first_of("\\\r\n\t") == std::string_view::npos &&
                      next.find("//") == std::string_view::npos;
    return ours ? std::string(next) : "/desk";
}

net::HttpResponse with_cookies(net::HttpResponse response, const SignedIn& signed_in) {
    for (const std::string& cookie : signed_in.cookies) {
        response.headers.add("Set-Cookie", cookie);
    }
    return response;
}

net::HttpResponse sign_in_page(const NewsroomServices& services, std::string_view next,
                               std::string_view name, const std::optional<Error>& problem) {
    DeskPage page(services, nullptr, DeskTab::None, "Sign in");
    page.values().set("NEXT", next);
    page.values().set("NAME", name);
    if (problem) {
        page.problem(problem->message());
    }
    return page.render("desk_sign_in.html.tpl", !problem ? 200 : status_of(problem->kind()));
}

Task<net::HttpResponse> get_sign_in(const NewsroomServices& services, Context context) {
    const Result<net::Form> query = net::parse_urlencoded(context.request.query);
    const std::string next = query ? safe_next(query->get("next")) : "/desk";
    const Result<Caller> caller = co_await services.auth.desk_caller(context.request);
    if (caller) {
        co_return see_other(next);
    }
    co_return sign_in_page(services, next, "", std::nullopt);
}

Task<net::HttpResponse> post_sign_in(const NewsroomServices& services, Context context) {
    const Status ours = Auth::check_same_origin(context.request);
    if (!ours) {
        co_return desk_error(services, nullptr, ours.error());
    }
    const Result<net::Form> form = net::parse_form(context.request);
    if (!form) {
        co_return desk_error(services, nullptr, form.error());
    }
    const std::string name(form->get("name"));
    const std::string password(form->get("password"));
    const std::string next = safe_next(form->get("next"));
    const Result<SignedIn> signed_in =
        co_await services.auth.sign_in(context.request, name, password);
    if (!signed_in) {
        co_return sign_in_page(services, next, name, signed_in.error());
    }
    co_return with_cookies(see_other(next), *signed_in);
}

Task<net::HttpResponse> post_sign_out(const NewsroomServices& services, Context context) {
    const Status ours = Auth::check_same_origin(context.request);
    if (!ours) {
        co_return desk_error(services, nullptr, ours.error());
    }
    const SignedIn signed_out = co_await services.auth.sign_out(context.request);
    co_return with_cookies(see_other("/desk/sign-in"), signed_out);
}

net::HttpResponse link_page(const NewsroomServices& services, const std::string& secret,
                            const std::string& name, const std::optional<Error>& problem) {
    DeskPage page(services, nullptr, DeskTab::None, "Choose a password");
    page.values().set("NAME", name);
    page.values().set("ACTION", "/desk/link/" + net::percent_encode(secret));
    if (problem) {
        page.problem(problem->message());
    }
    return page.render("desk_link.html.tpl", !problem ? 200 : status_of(problem->kind()));
}

Task<net::HttpResponse> get_link(const NewsroomServices& services, Context context) {
    const std::string secret = context.param("secret");
    const Result<std::string> name = co_await services.auth.link_name(secret);
    if (!name) {
        co_return desk_error(services, nullptr, name.error());
    }
    co_return link_page(services, secret, *name, std::nullopt);
}

Task<net::HttpResponse> post_link(const NewsroomServices& services, Context context) {
    const Status ours = Auth::check_same_origin(context.request);
    if (!ours) {
        co_return desk_error(services, nullptr, ours.error());
    }
    const Result<net::Form> form = net::parse_form(context.request);
    if (!form) {
        co_return desk_error(services, nullptr, form.error());
    }
    const std::string secret = context.param("secret");
    const Result<std::string> name = co_await services.auth.link_name(secret);
    if (!name) {
        co_return desk_error(services, nullptr, name.error());
    }
    const std::string password(form->get("password"));
    const Result<SignedIn> signed_in =
        co_await services.auth.redeem_link(context.request, secret, password);
    if (!signed_in) {
        co_return link_page(services, secret, *name, signed_in.error());
    }
    co_return with_cookies(see_other("/desk"), *signed_in);
}

}  // namespace

void add_desk_door_routes(Router& router, const NewsroomServices& services) {
    using Handler = Task<net::HttpResponse> (*)(const NewsroomServices&, Context);
    const auto add = [&router, &services](std::string_view method, std::string_view pattern,
                                          Handler handler) {
        router.add(method, pattern, [&services, handler](Context context) {
            return handler(services, std::move(context));
        });
    };
    add("GET", "/desk/sign-in", get_sign_in);
    add("POST", "/desk/sign-in", post_sign_in);
    add("POST", "/desk/sign-out", post_sign_out);
    add("GET", "/desk/link/{secret}", get_link);
    add("POST", "/desk/link/{secret}", post_link);
}

void add_desk_routes(Router& router, const NewsroomServices& services) {
    add_desk_door_routes(router, services);
    add_desk_overview_routes(router, services);
    add_desk_compose_routes(router, services);
    add_desk_review_routes(router, services);
    add_desk_watch_routes(router, services);
    add_desk_audience_routes(router, services);
    add_desk_settings_routes(router, services);
    add_desk_mail_routes(router, services);
}

}  // namespace tocsin::web
