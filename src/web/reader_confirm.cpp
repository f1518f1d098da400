// The links of the confirmation mail: /c/{token} confirms, /n/{token} says "this wasn't me".
// GET shows what the button will do; only POST does it, so a link scanner changes nothing.
#include <algorithm>
#include <charconv>

#include "audience/audience.h"
#include "net/form.h"
#include "web/reader_evidence.h"
#include "web/reader_pages.h"
#include "web/reader_render.h"

namespace tocsin::web {

namespace {

// What the reader was shown: the page's title, and the button that was pressed.
audience::Evidence press_of(const PageReader& reader, const Context& context,
                            std::string_view title_key, std::string_view button_key) {
    audience::Evidence evidence =
        evidence_of(context.request, reader.services.public_url,
                    reader.text(title_key) + "\n[button] " + reader.text(button_key));
    evidence.locale = reader.language;
    return evidence;
}

// All that the page said beside the button: what it gives, and the lists that were left ticked.
// Without the address: the words are the same for everybody who saw them.
std::string confirm_wording(const PageReader& reader, const audience::ConfirmView& view,
                            const std::vector<ListId>& also) {
    std::string words =
        reader.text("confirm.title") + "\n" +
        reader.text("confirm.what", {{"ADDRESS", "…"}, {"LIST_NAME", view.list_name}});
    if (view.marketing == audience::Marketing::Granted) {
        words += "\n" + reader.text("confirm.marketing");
    }
    bool any = false;
    for (const auto& [id, name] : view.also_pending) {
        if (std::ranges::find(also, id) == also.end()) {
            continue;
        }
        words += (any ? std::string() : "\n" + reader.text("confirm.also")) + "\n[x] " + name;
        any = true;
    }
    return words + "\n[button] " + reader.text("confirm.button");
}

Task<net::HttpResponse> confirm_page(const ReaderServices& services, Context context) {
    auto view = co_await services.audience.confirm_view(context.param("token"));
    if (!view) {
        co_return failure_page(reader_of(services, context.request), view.error());
    }
    const PageReader reader =
        reader_of(services, context.request, {.stored = view->locale, .list = {}});
    mail::TemplateValues values = page_values(reader, reader.text("confirm.title"));
    values.show("NO_INDEX");
    values.set("ADDRESS", view->address);
    values.set("LIST_NAME", view->list_name);
    values.set("ACTION", reader.action(context.request.path));
    values.show_if(view->marketing == audience::Marketing::Granted, "MARKETING");
    values.show_if(!view->also_pending.empty(), "ALSO_ANY");
    for (const auto& [id, name] : view->also_pending) {
        mail::TemplateValues& also = values.add("ALSO");
        also.set("ALSO_ID", id.value());
        also.set("ALSO_NAME", name);
    }
    co_return reader_page(reader, 200, "templates/reader_confirm.html.tpl", values);
}

std::vector<ListId> ids_of(const std::vector<std::string>& texts) {
    std::vector<ListId> ids;
    for (const std::string& text : texts) {
        std::int64_t id = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
        if (error == std::errc() && end == text.data() + text.size() && id > 0) {
            ids.emplace_back(id);
        }
    }
    return ids;
}

Task<net::HttpResponse> confirm(const ReaderServices& services, Context context) {
    const PageReader seen = reader_of(services, context.request);  // as the form's page was
    const Result<net::Form> form = net::parse_form(context.request);
    if (!form) {
        co_return status_page(seen, 400);
    }
    std::vector<ListId> also = ids_of(form->all("also"));
    const auto view = co_await services.audience.confirm_view(context.param("token"));
    if (!view) {
        co_return failure_page(seen, view.error());
    }
    audience::Evidence evidence = press_of(seen, context, "confirm.title", "confirm.button");
    evidence.wording = confirm_wording(seen, *view, also);
    auto done = co_await services.audience.confirm(context.param("token"), std::move(evidence),
                                                   std::move(also));
    if (!done) {
        co_return failure_page(seen, done.error());
    }
    const PageReader reader =
        reader_of(services, context.request, {.stored = done->locale, .list = {}});
    mail::TemplateValues values =
        page_values(reader, reader.text("confirmed.title", {{"LIST_NAME", done->list_name}}));
    values.show("NO_INDEX");
    values.set("LIST_NAME", done->list_name);
    values.set("MANAGE_URL", done->manage_url);
    values.set("UNSUBSCRIBE_URL", done->unsubscribe_url);
    co_return reader_page(reader, 200, "templates/reader_confirmed.html.tpl", values);
}

Task<net::HttpResponse> not_me_page(const ReaderServices& services, Context context) {
    auto view = co_await services.audience.not_me_view(context.param("token"));
    if (!view) {
        co_return failure_page(reader_of(services, context.request), view.error());
    }
    const PageReader reader =
        reader_of(services, context.request, {.stored = view->locale, .list = {}});
    mail::TemplateValues values = page_values(reader, reader.text("not_me.title"));
    values.show("NO_INDEX");
    values.show("ASK");
    values.set("ADDRESS", view->address);
    values.set("ACTION", reader.action(context.request.path));
    co_return reader_page(reader, 200, "templates/reader_not_me.html.tpl", values);
}

Task<net::HttpResponse> not_me(const ReaderServices& services, Context context) {
    const PageReader reader = reader_of(services, context.request);  // as the form's page was
    audience::Evidence evidence = press_of(reader, context, "not_me.title", "not_me.button");
    const Status done = co_await services.audience.not_me(context.param("token"), evidence);
    if (!done) {
        co_return failure_page(reader, done.error());
    }
    mail::TemplateValues values = page_values(reader, reader.text("not_me.done_title"));
    values.show("NO_INDEX");
    values.show("DONE");
    co_return reader_page(reader, 200, "templates/reader_not_me.html.tpl", values);
}

}  // namespace

void add_confirm_routes(Router& router, const ReaderServices& services) {
    const ReaderServices* s = &services;
    router.add("GET", "/c/{token}",
               [s](Context context) { return confirm_page(*s, std::move(context)); });
    router.add("POST", "/c/{token}",
               [s](Context context) { return confirm(*s, std::move(context)); });
    router.add("GET", "/n/{token}",
               [s](Context context) { return not_me_page(*s, std::move(context)); });
    router.add("POST", "/n/{token}",
               [s](Context context) { return not_me(*s, std::move(context)); });
}

}  // namespace tocsin::web
