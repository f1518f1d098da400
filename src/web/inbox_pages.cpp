#include "web/inbox_pages.h"

#include "base/bytes.h"
#include "net/form.h"
#include "web/inbox_api.h"
#include "web/page.h"
#include "web/static_files.h"

namespace tocsin::web {
namespace {

using mail::TemplateValues;

constexpr Milliseconds kEventPause{100};    // at most ten events a second, however much mail comes
constexpr Milliseconds kEventBeat{15'000};  // a comment now and then shows whether anybody listens

// "24 Nov 2026 06:35:59"
std::string shown_time(Time time) {
    return rfc5322_date(time).substr(5, 20);
}

std::string shown_size(std::size_t bytes) {
    return bytes < 10'000 ? fmt::format("{} bytes", bytes) : fmt::format("{} kB", bytes / 1000);
}

TemplateValues page_values(const InboxServices& services, std::string_view title) {
    TemplateValues values;
    values.set("PAGE_TITLE", title)
        .set("SITE", services.site_name)
        .set("INBOX_CSS", asset_url("inbox.css"))
        .set("INBOX_JS", asset_url("inbox.js"))
        .set("ICON", asset_url("icon.svg"))
        .set_if_any("DESK_URL", services.desk_url)
        .set_if_any("FRONT_URL", services.front_url);
    return values;
}

net::HttpResponse page(const InboxServices& services, int status, std::string_view file,
                       const TemplateValues& values) {
    Result<std::string> html = services.templates.render(file, values);
    if (!html) {
        return text_response(500, html.error().message() + "\n");
    }
    PagePolicy policy;
    policy.frame_src = "'self'";
    return html_response(status, std::move(*html), policy);
}

net::HttpResponse no_such_message(const InboxServices& services) {
    TemplateValues values = page_values(services, "No such message");
    values.set("HEADING", "No such message")
        .set("MESSAGE",
             "The inbox forgets its oldest messages, and all of them when Tocsin is restarted.");
    return page(services, 404, "templates/inbox_note.html.tpl", values);
}

// --- the list ---

void fill_rows(TemplateValues& values, const InboxStore& store, const InboxStore::Query& query) {
    const std::vector<InboxMessagePtr> messages = store.list(query);
    for (const InboxMessagePtr& message : messages) {
        const mail::ParsedMail& mail = message->parsed();
        std::string to = message->envelope.rcpt_to.front();
        if (message->envelope.rcpt_to.size() > 1) {
            to += fmt::format(" and {} more", message->envelope.rcpt_to.size() - 1);
        }
        TemplateValues& row = values.add("ROW");
        row.set("ID", message->id)
            .set("SUBJECT", mail.subject.empty() ? "(no subject)" : mail.subject)
            .set("FROM", mail.from)
            .set("TO", to)
            .set("TIME", shown_time(message->received))
            .set("TIME_ISO", rfc3339(message->received));
    }
    values.show_if(messages.empty() && query.to.empty(), "EMPTY");
    values.show_if(messages.empty() && !query.to.empty(), "EMPTY_TO");
    values.set("TO_FILTER", query.to);
    values.show_if(!query.to.empty(), "FILTERED");
    if (messages.size() == query.limit && !messages.empty()) {
        values.add("OLDER").set("BEFORE", messages.back()->id).set("TO_FILTER", query.to);
    }
}

Task<net::HttpResponse> list_page(const InboxServices& services, Context context) {
    const Result<InboxStore::Query> query = inbox_query(context.request);
    if (!query) {
        co_return text_response(400, query.error().message() + "\n");
    }
    TemplateValues values = page_values(services, "Inbox");
    values.set("COUNT", services.store.size()).set("NEWEST", services.store.newest());
    values.show_if(services.store.forgotten() > 0, "FORGOTTEN");
    values.set("FORGOTTEN_COUNT", services.store.forgotten());
    fill_rows(values, services.store, *query);
    co_return page(services, 200, "templates/inbox.html.tpl", values);
}

// The rows alone, for the script that keeps the list fresh.
Task<net::HttpResponse> rows_fragment(const InboxServices& services, Context context) {
    const Result<InboxStore::Query> query = inbox_query(context.request);
    if (!query) {
        co_return text_response(400, query.error().message() + "\n");
    }
    TemplateValues values;
    fill_rows(values, services.store, *query);
    co_return page(services, 200, "templates/inbox_rows.html.tpl", values);
}

// --- one message ---

void fill_dkim(TemplateValues& values, const InboxStore& store, const InboxMessage& message) {
    const std::vector<mail::DkimVerdict> verdicts = store.verdicts(message);
    values.show_if(verdicts.empty(), "NO_DKIM");
    for (const mail::DkimVerdict& verdict : verdicts) {
        const bool pass = verdict.status == mail::DkimStatus::Pass;
        TemplateValues& one = values.add("DKIM");
        one.set("DKIM_STATUS", mail::to_string(verdict.status))
            .set("DKIM_CLASS", pass ? "good" : "bad")
            .set("DKIM_DOMAIN", verdict.domain)
            .set("DKIM_ALGORITHM", verdict.algorithm)
            .set_if_any("DKIM_REASON", verdict.reason);
    }
}

void fill_view(TemplateValues& values, std::string_view view, const InboxMessage& message) {
    const mail::ParsedMail& mail = message.parsed();
    if (view == "headers") {
        TemplateValues& section = values.add("VIEW_HEADERS");
        for (const auto& [name, value] : mail.headers) {
            section.add("HEADER").set("NAME", name).set("VALUE", value);
        }
    } else if (view == "source") {
        values.add("VIEW_SOURCE").set("SOURCE", readable(message.raw));
    } else if (view == "text") {
        values.add("VIEW_TEXT").set("TEXT", mail.text);
    } else {
        values.show("VIEW_HTML");
    }
}

Task<net::HttpResponse> message_page(const InboxServices& services, Context context) {
    const InboxMessagePtr message = inbox_message(services.store, context);
    if (!message) {
        co_return no_such_message(services);
    }
    const mail::ParsedMail& mail = message->parsed();
    const Result<net::Form> form = net::parse_urlencoded(context.request.query);
    std::string view = form ? std::string(form->get("view")) : std::string();
    if (view != "text" && view != "headers" && view != "source") {
        view = mail.html.empty() ? "text" : "html";
    }
    TemplateValues values =
        page_values(services, mail.subject.empty() ? "(no subject)" : mail.subject);
    values.set("ID", message->id)
        .set("SUBJECT", mail.subject.empty() ? "(no subject)" : mail.subject)
        .set("FROM", mail.from)
        .set("TO", mail.to)
        .set("MAIL_FROM",
             message->envelope.mail_from.empty() ? "<> (null sender)" : message->envelope.mail_from)
        .set("TIME", shown_time(message->received))
        .set("TIME_ISO", rfc3339(message->received))
        .set("SIZE", shown_size(message->raw.size()));
    for (const std::string& to : message->envelope.rcpt_to) {
        values.add("RCPT").set("ADDRESS", to);
    }
    for (const mail::MailAttachment& attachment : mail.attachments) {
        values.add("ATTACHMENT")
            .set("ATTACHMENT_NAME",
                 attachment.name.empty() ? attachment.content_type : attachment.name)
            .set("ATTACHMENT_SIZE", shown_size(attachment.bytes));
    }
    constexpr std::pair<std::string_view, std::string_view> kTabs[] = {
        {"html", "HTML"}, {"text", "Text"}, {"headers", "Headers"}, {"source", "Source"}};
    for (const auto& [name, label] : kTabs) {
        if (name != "html" || !mail.html.empty()) {
            TemplateValues& tab = values.add("TAB");
            tab.set("TAB_ID", message->id).set("VIEW", name).set("LABEL", label);
            tab.show_if(name == view, "CURRENT");
        }
    }
    fill_dkim(values, services.store, *message);
    fill_view(values, view, *message);
    co_return page(services, 200, "templates/inbox_message.html.tpl", values);
}

// The mail's own HTML, for the frame. It may style itself and load pictures; it runs nothing, sends
// no form, is no part of our origin, and its links open outside the frame.
Task<net::HttpResponse> html_frame(const InboxServices& services, Context context) {
    const InboxMessagePtr message = inbox_message(services.store, context);
    if (!message) {
        co_return no_such_message(services);
    }
    constexpr std::string_view kLinksOutside = "<base target=\"_blank\">";
    std::string html = message->parsed().html;
    const std::size_t head = ascii_lower(html).find("<head>");
    html.insert(head == std::string::npos ? 0 : head + 6, kLinksOutside);
    net::HttpResponse response = html_response(200, std::move(html));
    response.headers.set(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; img-src data: http: https:; "
        "font-src data:; form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox");
    co_return response;
}

Task<net::HttpResponse> raw_bytes(const InboxServices& services, Context context) {
    const InboxMessagePtr message = inbox_message(services.store, context);
    if (!message) {
        co_return no_such_message(services);
    }
    net::HttpResponse response = text_response(200, message->raw);
    response.headers.set("Content-Type", "message/rfc822");
    response.headers.set("Content-Disposition",
                         fmt::format("attachment; filename=\"message-{}.eml\"", message->id));
    co_return response;
}

// --- changing and watching ---

// A form on another site cannot empty the inbox.
bool from_elsewhere(const net::HttpRequest& request) {
    const std::string_view site = request.headers.get("sec-fetch-site");
    return !site.empty() && site != "same-origin" && site != "none";
}

Task<net::HttpResponse> clear_form(const InboxServices& services, Context context) {
    if (from_elsewhere(context.request)) {
        co_return text_response(403, "Only the inbox's own page may empty it.\n");
    }
    services.store.clear();
    co_return see_other("/inbox");
}

Task<void> send_events(InboxStore& store, net::HttpStream& stream) {
    std::uint64_t told = 0;
    std::size_t count = 0;
    bool first = true;
    while (!stream.closed()) {
        std::string event = ": still here\n\n";
        if (first || store.newest() != told || store.size() != count) {
            first = false;
            told = store.newest();
            count = store.size();
            event =
                fmt::format("event: inbox\ndata: {{\"newest\":{},\"count\":{}}}\n\n", told, count);
        }
        const Status written = co_await stream.write(std::move(event));
        if (!written) {
            co_return;
        }
        co_await sleep_for(kEventPause);
        if (store.newest() == told && store.size() == count) {
            co_await store.changed(kEventBeat);
        }
    }
}

Task<net::HttpResponse> events(const InboxServices& services, Context) {
    net::HttpResponse response;
    response.headers.set("Content-Type", "text/event-stream");
    response.headers.set("Cache-Control", "no-store");
    InboxStore* store = &services.store;
    response.stream = [store](net::HttpStream& stream) { return send_events(*store, stream); };
    co_return response;
}

// --- JSON ---

Task<net::HttpResponse> api_list(const InboxServices& services, Context context) {
    const Result<InboxStore::Query> query = inbox_query(context.request);
    if (!query) {
        co_return problem_response(query.error());
    }
    co_return json_response(200, inbox_list_json(services.store, *query));
}

Task<net::HttpResponse> api_message(const InboxServices& services, Context context) {
    const InboxMessagePtr message = inbox_message(services.store, context);
    if (!message) {
        co_return problem_response(404, "the inbox has no such message");
    }
    co_return json_response(200, inbox_message_json(services.store, *message));
}

Task<net::HttpResponse> api_clear(const InboxServices& services, Context context) {
    if (from_elsewhere(context.request)) {
        co_return problem_response(403, "not from another site");
    }
    services.store.clear();
    co_return json_response(200, "{}");
}

}  // namespace

void add_inbox_routes(Router& router, const InboxServices& services) {
    using Handler = Task<net::HttpResponse> (*)(const InboxServices&, Context);
    const auto add = [&](std::string_view method, std::string_view pattern, Handler handler) {
        router.add(method, pattern, [&services, handler](Context context) {
            return handler(services, std::move(context));
        });
    };
    add("GET", "/inbox", list_page);
    add("GET", "/inbox/rows", rows_fragment);
    add("GET", "/inbox/events", events);
    add("POST", "/inbox/clear", clear_form);
    add("GET", "/inbox/{id}", message_page);
    add("GET", "/inbox/{id}/html", html_frame);
    add("GET", "/inbox/{id}/raw", raw_bytes);
    add("GET", "/inbox/api/messages", api_list);
    add("DELETE", "/inbox/api/messages", api_clear);
    add("GET", "/inbox/api/messages/{id}", api_message);
}

}  // namespace tocsin::web
