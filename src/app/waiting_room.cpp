#include "app/waiting_room.h"

#include <future>

#include "base/log.h"
#include "web/page.h"
#include "web/static_files.h"

namespace tocsin::app {

namespace {

// How often it is looked whether an attempt has ended; requests are answered meanwhile.
constexpr Milliseconds kLookEvery{20};
constexpr std::string_view kRetryAfter = "2";
constexpr std::string_view kStatic = "/static/";

Task<net::HttpResponse> at_once(net::HttpResponse response) {
    co_return response;
}

}  // namespace

net::HttpHandler WaitingRoom::guard(net::HttpHandler inner, HealthDetail detail) {
    return [this, inner = std::move(inner), detail](net::HttpRequest request) {
        return waiting_.load() ? at_once(answer(request, detail)) : inner(std::move(request));
    };
}

WaitingRoom::Opened WaitingRoom::wait(boost::asio::io_context& io, boost::asio::signal_set& signals,
                                      const std::function<Opened()>& open, Error first) {
    bool ended = false;
    signals.async_wait([&ended](const boost::system::error_code& failed, int) { ended = !failed; });
    waiting_ = true;
    tell(first);
    Opened opened = std::move(first);
    while (!opened && !ended) {
        for (Milliseconds slept{}; slept < try_every_ && !ended; slept += kLookEvery) {
            io.run_for(kLookEvery);
        }
        if (ended) {
            break;
        }
        // On a thread of its own: connecting may take as long as its limit.
        std::future<Opened> attempt = std::async(std::launch::async, open);
        while (attempt.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
            io.run_for(kLookEvery);
        }
        opened = attempt.get();
        if (!opened) {
            tell(opened.error());
        }
    }
    signals.cancel();
    io.poll();  // the wait's handler, which refers to this frame
    if (ended) {
        return Error(ErrorKind::Cancelled, "asked to end while waiting for the database");
    }
    log_info("the database can be used now");
    waiting_ = false;
    return opened;
}

void WaitingRoom::tell(const Error& reason) {
    if (reason.message() == reason_) {
        return;
    }
    reason_ = reason.message();
    log_error("waiting for the database: {}", reason_);
}

net::HttpResponse WaitingRoom::answer(const net::HttpRequest& request, HealthDetail detail) const {
    const std::string_view path = request.path;
    const bool tell_all = detail == HealthDetail::Everything;
    if (path == "/healthz") {
        return web::text_response(200, "ok\n");
    }
    if (path.starts_with(kStatic)) {
        return web::static_file(request, path.substr(kStatic.size()));
    }
    net::HttpResponse response;
    if (path == "/readyz") {
        response = web::text_response(503, tell_all ? reason_ + "\n" : std::string("not ready\n"));
    } else if (path.starts_with("/api/")) {
        response = web::problem_response(
            503, tell_all ? "The service waits for its database: " + reason_
                          : std::string("The service waits for its database."));
    } else {
        response = page();
    }
    response.headers.set("Retry-After", std::string(kRetryAfter));
    return response;
}

net::HttpResponse WaitingRoom::page() const {
    mail::TemplateValues values;
    const mail::Catalog& catalog = templates_.catalog();
    const std::string heading = catalog.text("en", "failure.starting");
    values.set("PAGE_TITLE", heading);
    values.set("SITE", site_name_);
    values.set("SITE_CSS", web::asset_url("site.css"));
    values.set("EMBED_CSS", web::asset_url("embed.css"));
    values.set("ICON", web::asset_url("icon.svg"));
    values.set("PRIVACY_URL", "/privacy");
    values.show("NO_INDEX");
    values.set("HEADING", heading);
    values.set("MESSAGE", catalog.text("en", "failure.starting_what"));
    const Result<std::string> html = templates_.render("templates/reader_message.html.tpl", values);
    return html ? web::html_response(503, *html)
                : web::text_response(503, "Please try again in a moment.\n");
}

}  // namespace tocsin::app
