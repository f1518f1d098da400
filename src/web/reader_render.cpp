#include "web/reader_render.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/log.h"
#include "web/static_files.h"

namespace tocsin::web {

mail::TemplateValues page_values(const ReaderServices& services, std::string_view title) {
    mail::TemplateValues values;
    values.set("LANG", services.language);
    values.set("PAGE_TITLE", title);
    values.set("SITE", services.site_name);
    values.set("SITE_CSS", asset_url("site.css"));
    values.set("EMBED_CSS", asset_url("embed.css"));
    values.set("EMBED_JS", "/embed.js");
    values.set("ICON", asset_url("icon.svg"));
    values.set("PRIVACY_URL", privacy_link(services));
    values.set_if_any("POSTAL_ADDRESS", services.postal_address);
    return values;
}

net::HttpResponse reader_page(const ReaderServices& services, int status, std::string_view file,
                              const mail::TemplateValues& values, const PagePolicy& policy) {
    Result<std::string> html = services.templates.render(file, values);
    if (!html) {
        log_error("the page {} cannot be made: {}", file, html.error().message());
        return text_response(500, "Something went wrong on our side. Please try again later.\n");
    }
    return html_response(status, std::move(*html), policy);
}

net::HttpResponse message_page(const ReaderServices& services, int status,
                               const ReaderMessage& message) {
    mail::TemplateValues values = page_values(services, message.heading);
    values.show("NO_INDEX");
    values.set_if_any("KICKER", message.kicker);
    values.set("HEADING", message.heading);
    values.set("MESSAGE", message.message);
    values.set_if_any("DETAIL", message.detail);
    if (!message.link_text.empty()) {
        mail::TemplateValues& link = values.add("LINK");
        link.set("LINK_URL", message.link_url);
        link.set("LINK_TEXT", message.link_text);
    }
    return reader_page(services, status, "templates/reader_message.html.tpl", values);
}

net::HttpResponse failure_page(const ReaderServices& services, const Error& error) {
    const int status = status_of(error.kind());
    ReaderMessage message;
    switch (error.kind()) {
        case ErrorKind::Expired:
            message.heading = "This link has expired";
            message.message =
                "Links in our messages work for a limited time. Sign up again and "
                "we send you a new one.";
            message.link_url = "/lists";
            message.link_text = "Sign up again";
            break;
        case ErrorKind::Invalid:
            message.heading = "This link does not work";
            message.message =
                "It may have been cut off on its way. Copy the whole link from the "
                "message, or press the button in it again.";
            message.link_url = "/lists";
            message.link_text = "All alert emails";
            break;
        case ErrorKind::NotFound:
            message.heading = "There is nothing here any more";
            message.message = "What this link was for has been deleted, or it was never there.";
            message.link_url = "/lists";
            message.link_text = "All alert emails";
            break;
        default:
            return status_page(services, status);
    }
    return message_page(services, status, message);
}

net::HttpResponse status_page(const ReaderServices& services, int status) {
    ReaderMessage message;
    message.link_url = "/alerts";
    message.link_text = "Latest alerts";
    switch (status) {
        case 400:
            message.heading = "We could not read that";
            message.message = "What your browser sent was not understood. Go back and try again.";
            break;
        case 404:
            message.heading = "Page not found";
            message.message = "There is no page at this address.";
            break;
        case 405:
            message.heading = "That does not work here";
            message.message = "This address cannot be used that way.";
            break;
        case 413:
        case 431:
            message.heading = "That was too much at once";
            message.message = "What your browser sent is larger than we accept.";
            break;
        case 429:
            message.heading = "One moment, please";
            message.message =
                "Many sign-ups are coming from your network. Wait a minute and try "
                "again; what you typed is not lost if you go back.";
            message.link_text = {};
            break;
        case 503:
        case 504:
            message.heading = "Please try again in a minute";
            message.message = "We are busy right now. Nothing that you did is lost.";
            message.link_text = {};
            break;
        default:
            message.heading = "Something went wrong";
            message.message = "It is our fault, not yours. Please try again in a few minutes.";
            message.link_text = {};
            break;
    }
    return message_page(services, status, message);
}

void fill_box(mail::TemplateValues& values, const ReaderServices& services, const BoxState& box) {
    values.set("ACTION", "/lists/" + box.list + "/signup");
    values.set("TITLE", box.title.empty() ? services.site_name : box.title);
    values.set("EMAIL", box.email);
    values.set("PAGE_URL", box.page_url);
    values.set("ERROR", box.error);
    values.show_if(!box.error.empty() || !box.suggestion.empty(), "INVALID");
    values.show_if(box.marketing, "MARKETING");
    values.show_if(box.in_frame, "IN_FRAME");
    if (!box.suggestion.empty()) {
        values.set("SUGGESTED_DOMAIN", box.suggestion.substr(box.suggestion.rfind('@') + 1));
        values.set_if_any("SUGGESTION", box.suggestion);
        if (box.error.empty()) {
            values.set_if_any("AS_TYPED", box.email);  // "Sign up" again means: it is right
        }
    }
}

std::string privacy_link(const ReaderServices& services) {
    return services.privacy_url.empty() ? "/privacy" : services.privacy_url;
}

std::string shown_time(Time time) {
    constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                            "May",       "June",     "July",     "August",
                                            "September", "October",  "November", "December"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(time - day).count();
    return fmt::format("{} {} {}, {:02}:{:02} UTC", static_cast<unsigned>(date.day()),
                       kMonths[static_cast<unsigned>(date.month()) - 1],
                       static_cast<int>(date.year()), minutes / 60, minutes % 60);
}

net::HttpResponse conditional(const net::HttpRequest& request, net::HttpResponse response) {
    constexpr std::size_t kTagBytes = 12;
    const std::string etag = "\"" + hex_encode(sha256(response.body).substr(0, kTagBytes)) + "\"";
    response.headers.set("ETag", etag);
    if (request.headers.get("if-none-match").find(etag) != std::string_view::npos) {
        response.status = 304;
        response.body.clear();
    }
    return response;
}

}  // namespace tocsin::web
