#include "web/reader_render.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/log.h"
#include "web/static_files.h"

namespace tocsin::web {

mail::TemplateValues page_values(const PageReader& reader, std::string_view title) {
    const ReaderServices& services = reader.services;
    mail::TemplateValues values;
    values.set("PAGE_TITLE", title);
    values.set("SITE", services.site_name);
    values.set("SITE_CSS", asset_url("site.css"));
    values.set("EMBED_CSS", asset_url("embed.css"));
    values.set("EMBED_JS", "/embed.js?lang=" + reader.language);
    values.set("ICON", asset_url("icon.svg"));
    values.set("PRIVACY_URL", privacy_link(services));
    values.set_if_any("POSTAL_ADDRESS", services.postal_address);
    return values;
}

net::HttpResponse reader_page(const PageReader& reader, int status, std::string_view file,
                              const mail::TemplateValues& values, const PagePolicy& policy) {
    Result<std::string> html = reader.services.templates.render(file, reader.language, values);
    if (!html) {
        log_error("the page {} cannot be made: {}", file, html.error().message());
        return text_response(500, "Something went wrong on our side. Please try again later.\n");
    }
    net::HttpResponse response = html_response(status, std::move(*html), policy);
    response.headers.set("Content-Language", reader.language);
    response.headers.set("Vary", "Accept-Language");
    return response;
}

net::HttpResponse message_page(const PageReader& reader, int status, const ReaderMessage& message) {
    mail::TemplateValues values = page_values(reader, message.heading);
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
    return reader_page(reader, status, "templates/reader_message.html.tpl", values);
}

net::HttpResponse failure_page(const PageReader& reader, const Error& error) {
    const int status = status_of(error.kind());
    ReaderMessage message;
    message.link_url = "/lists";
    message.link_text = reader.text("layout.lists");
    switch (error.kind()) {
        case ErrorKind::Expired:
            message.heading = reader.text("failure.expired");
            message.message = reader.text("failure.expired_what");
            message.link_text = reader.text("failure.expired_link");
            break;
        case ErrorKind::Invalid:
            message.heading = reader.text("failure.broken");
            message.message = reader.text("failure.broken_what");
            break;
        case ErrorKind::NotFound:
            message.heading = reader.text("failure.gone");
            message.message = reader.text("failure.gone_what");
            break;
        default:
            return status_page(reader, status);
    }
    return message_page(reader, status, message);
}

net::HttpResponse status_page(const PageReader& reader, int status) {
    ReaderMessage message;
    message.link_url = "/alerts";
    message.link_text = reader.text("alerts.title");
    switch (status) {
        case 400:
            message.heading = reader.text("failure.unread");
            message.message = reader.text("failure.unread_what");
            break;
        case 404:
            message.heading = reader.text("failure.no_page");
            message.message = reader.text("failure.no_page_what");
            break;
        case 405:
            message.heading = reader.text("failure.method");
            message.message = reader.text("failure.method_what");
            break;
        case 413:
        case 431:
            message.heading = reader.text("failure.large");
            message.message = reader.text("failure.large_what");
            break;
        case 429:
            message.heading = reader.text("failure.limited");
            message.message = reader.text("failure.limited_what");
            message.link_text = {};
            break;
        case 503:
        case 504:
            message.heading = reader.text("failure.busy");
            message.message = reader.text("failure.busy_what");
            message.link_text = {};
            break;
        default:
            message.heading = reader.text("failure.fault");
            message.message = reader.text("failure.fault_what");
            message.link_text = {};
            break;
    }
    return message_page(reader, status, message);
}

void fill_box(mail::TemplateValues& values, const PageReader& reader, const BoxState& box) {
    values.set("ACTION", reader.action("/lists/" + box.list + "/signup"));
    values.set("TITLE", box.title.empty() ? reader.services.site_name : box.title);
    values.set("EMAIL", box.email);
    values.set("PAGE_URL", box.page_url);
    values.set("FORM_TIME", box.form_time);
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
