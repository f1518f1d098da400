#include "web/desk_support.h"

#include <charconv>

#include "base/bytes.h"
#include "base/log.h"
#include "web/page.h"
#include "web/static_files.h"

namespace tocsin::web {

namespace {

// Files of our own and nothing inline; scripts cannot turn text into markup (Trusted Types).
constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'";
constexpr std::string_view kFramePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups";

bool is_get(const net::HttpRequest& request) {
    return request.method == "GET" || request.method == "HEAD";
}

net::HttpResponse ask_to_sign_in(const net::HttpRequest& request) {
    if (!is_get(request) || request.path == "/desk") {
        return see_other("/desk/sign-in");
    }
    return see_other("/desk/sign-in?next=" + net::percent_encode(request.path));
}

Result<DeskCall> make_call(const NewsroomServices& services, Context context, Caller caller) {
    DeskCall call{services, std::move(context), std::move(caller), {}, {}};
    TRY_AS(call.query, net::parse_urlencoded(call.context.request.query));
    if (!is_get(call.context.request)) {
        TRY_AS(call.form, net::parse_form(call.context.request));
    }
    return call;
}

Task<net::HttpResponse> run(const NewsroomServices& services, model::Permission permission,
                            DeskHandler handler, Context context) {
    const Result<Caller> caller = co_await services.auth.desk_caller(context.request);
    if (!caller) {
        co_return caller.error().kind() == ErrorKind::Unauthorized
            ? ask_to_sign_in(context.request)
            : desk_error(services, nullptr, caller.error());
    }
    if (!caller->actor.allows(permission)) {
        const Error refused(ErrorKind::Forbidden, "Your role does not include this.");
        co_return desk_error(services, &*caller, refused);
    }
    Result<DeskCall> call = make_call(services, std::move(context), *caller);
    if (!call) {
        co_return desk_error(services, &*caller, call.error());
    }
    Result<net::HttpResponse> response = co_await handler(std::move(*call));
    if (!response) {
        co_return desk_error(services, &*caller, response.error());
    }
    co_return std::move(*response);
}

std::string_view title_of(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::NotFound:
            return "Not here";
        case ErrorKind::Forbidden:
            return "Not allowed";
        case ErrorKind::Conflict:
            return "That is not possible now";
        case ErrorKind::Invalid:
            return "Something is missing";
        case ErrorKind::Expired:
            return "Too late";
        case ErrorKind::Limited:
            return "Please wait";
        case ErrorKind::Unavailable:
            return "Please try again in a moment";
        default:
            return "That did not work";
    }
}

}  // namespace

void add_desk(Router& router, const NewsroomServices& services, std::string_view method,
              std::string_view pattern, model::Permission permission, DeskHandler handler) {
    router.add(method, pattern, [&services, permission, handler](Context context) {
        return run(services, permission, handler, std::move(context));
    });
}

DeskPage::DeskPage(const NewsroomServices& services, const Caller* caller, DeskTab tab,
                   std::string_view title)
    : services_(services) {
    values_.set("SITE", services.site_name);
    values_.set("PAGE_TITLE", title);
    values_.set("DESK_CSS", asset_url("desk.css"));
    values_.set("DESK_JS", asset_url("desk.js"));
    values_.set("ICON", asset_url("icon.svg"));
    values_.show_if(tab == DeskTab::Alerts, "ON_ALERTS");
    values_.show_if(tab == DeskTab::Audience, "ON_AUDIENCE");
    values_.show_if(tab == DeskTab::Settings, "ON_SETTINGS");
    if (caller != nullptr) {
        values_.show("SIGNED_IN");
        values_.set("USER_NAME", caller->display_name);
        values_.show_if(caller->actor.allows(model::Permission::WriteAlerts), "MAY_WRITE");
        values_.show_if(caller->actor.allows(model::Permission::ReadSubscribers),
                        "MAY_READ_READERS");
        values_.show_if(caller->actor.allows(model::Permission::ChangeSubscribers), "MAY_ERASE");
        values_.show_if(caller->actor.allows(model::Permission::ChangeLists), "MAY_CHANGE_LISTS");
        values_.show_if(caller->actor.allows(model::Permission::Configure), "MAY_CONFIGURE");
    }
}

DeskPage& DeskPage::notice(std::string_view text) {
    values_.set_if_any("NOTICE", text);
    return *this;
}

DeskPage& DeskPage::problem(std::string_view text) {
    values_.set_if_any("PROBLEM", text);
    return *this;
}

DeskPage& DeskPage::refresh() {
    values_.show("REFRESH");
    return *this;
}

net::HttpResponse DeskPage::render(std::string_view file, int status) const {
    const Result<std::string> html =
        services_.templates.render("templates/" + std::string(file), values_);
    if (!html) {
        log_error("the page {} could not be made: {}", file, html.error().message());
        return text_response(500, "This page could not be made.\n");
    }
    net::HttpResponse response = html_response(status, *html);
    response.headers.set("Content-Security-Policy", std::string(kPagePolicy));
    return response;
}

namespace {

// Why it is so is for those who run the service: /readyz and the log tell them.
std::string message_of(const Error& error) {
    return error.kind() == ErrorKind::Unavailable
               ? "The service cannot reach its database at the moment. Reload this page to send "
                 "what you did again: nothing that you typed is lost."
               : error.message();
}

}  // namespace

net::HttpResponse desk_error(const NewsroomServices& services, const Caller* caller,
                             const Error& error) {
    DeskPage page(services, caller, DeskTab::None, title_of(error.kind()));
    page.values().set("TITLE", title_of(error.kind()));
    page.values().set("MESSAGE", message_of(error));
    // Without the database nobody is known, which does not mean that they are signed out.
    const bool known = caller != nullptr || error.kind() == ErrorKind::Unavailable;
    page.values().set("BACK", known ? "/desk" : "/desk/sign-in");
    page.values().set("BACK_TEXT", known ? "To the alerts" : "To sign in");
    return page.render("desk_error.html.tpl", status_of(error.kind()));
}

net::HttpResponse frame_response(std::string html) {
    net::HttpResponse response = html_response(200, std::move(html));
    response.headers.set("Content-Security-Policy", std::string(kFramePolicy));
    return response;
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) {
        digits.insert(at - 3, ",");
    }
    return digits;
}

std::string duration_text(std::optional<std::int64_t> ms) {
    if (!ms) {
        return "\xE2\x80\x93";
    }
    if (*ms < 1000) {
        return fmt::format("{} ms", *ms);
    }
    if (*ms < 10'000) {
        return fmt::format("{:.1f} s", static_cast<double>(*ms) / 1000.0);
    }
    const std::int64_t seconds = *ms / 1000;
    if (seconds < 60) {
        return fmt::format("{} s", seconds);
    }
    if (seconds < 3600) {
        return fmt::format("{} min {} s", seconds / 60, seconds % 60);
    }
    return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

std::string life_text(Seconds life) {
    const std::int64_t seconds = life.count();
    const auto words = [](std::int64_t count, std::string_view unit) {
        return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
    };
    if (seconds % 86400 == 0) {
        return words(seconds / 86400, "day");
    }
    if (seconds % 3600 == 0) {
        return words(seconds / 3600, "hour");
    }
    if (seconds % 60 == 0) {
        return words(seconds / 60, "minute");
    }
    return words(seconds, "second");
}

std::string time_text(Time time) {
    // "Tue, 24 Nov 2026 06:35:59 +0000"
    const std::string mail = rfc5322_date(time);
    const std::size_t comma = mail.find(", ");
    const std::size_t clock = mail.rfind(' ', mail.rfind(' ') - 1);
    return fmt::format("{}, {} UTC", mail.substr(comma + 2, clock - comma - 2),
                       mail.substr(clock + 1, 5));
}

void set_time(mail::TemplateValues& values, std::string_view name, Time time) {
    values.set(name, time_text(time));
    values.set(std::string(name) + "_ISO", rfc3339(time));
}

std::string kind_text(model::AlertKind kind) {
    std::string text(model::to_string(kind));
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
}

std::string state_text(model::AlertState state) {
    switch (state) {
        case model::AlertState::Draft:
            return "Draft";
        case model::AlertState::Approved:
            return "Approved";
        case model::AlertState::Released:
            return "On the wire";
        case model::AlertState::Stopped:
            return "Stopped";
        case model::AlertState::Finished:
            return "Finished";
    }
    return {};
}

std::string person_text(std::string_view actor) {
    constexpr std::string_view kStaff = "staff:";
    if (actor.starts_with(kStaff)) {
        actor.remove_prefix(kStaff.size());
    }
    return std::string(actor);
}

std::string names_text(const std::vector<store::ListName>& lists) {
    std::string out;
    for (const store::ListName& list : lists) {
        out += (out.empty() ? "" : ", ") + list.name;
    }
    return out;
}

std::string headline_text(const model::AlertContent& content) {
    return content.headline.empty() ? "(no headline yet)" : content.headline;
}

Result<AlertId> path_alert(const Context& context) {
    const std::string& text = context.param("id");
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number <= 0) {
        return not_found("There is no such alert.");
    }
    return AlertId(number);
}

}  // namespace tocsin::web
