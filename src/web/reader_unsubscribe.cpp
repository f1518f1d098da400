// /u/{token}: RFC 8058 one-click for mail programs, a page with a button for people. The token is
// all the authority there is: any POST leaves, whatever its body, without a redirect.
#include "audience/audience.h"
#include "net/form.h"
#include "web/reader_evidence.h"
#include "web/reader_pages.h"
#include "web/reader_render.h"

namespace tocsin::web {

namespace {

void fill(mail::TemplateValues& values, const audience::UnsubscribeView& view) {
    values.show("NO_INDEX");
    values.set_if_any("ADDRESS", view.address);
    values.set_if_any("LIST_NAME", view.list_name);
    values.show_if(view.list_name.empty(), "ALL_LISTS");
    values.set_if_any("MANAGE_URL", view.manage_url);
    values.set_if_any("AGAIN_URL", view.list_slug.empty() ? "" : "/lists/" + view.list_slug);
}

Task<net::HttpResponse> unsubscribe_page(const ReaderServices& services, Context context) {
    auto view = co_await services.audience.unsubscribe_view(context.param("token"));
    if (!view) {
        co_return failure_page(reader_of(services, context.request), view.error());
    }
    const PageReader reader =
        reader_of(services, context.request, {.stored = view->locale, .list = {}});
    mail::TemplateValues values = page_values(
        reader, reader.text(view->left ? "unsubscribe.done_title" : "unsubscribe.title"));
    values.show(view->left ? "DONE" : "ASK");
    values.set("ACTION", reader.action(context.request.path));
    fill(values, *view);
    co_return reader_page(reader, 200, "templates/reader_unsubscribe.html.tpl", values);
}

Task<net::HttpResponse> unsubscribe(const ReaderServices& services, Context context) {
    const Result<net::Form> form = net::parse_form(context.request);
    const bool by_page = form && form->get("via") == "page";
    audience::Evidence evidence = evidence_of(context.request, services.public_url);
    evidence.method = model::ConsentMethod::OneClick;
    if (by_page) {  // by one click, nobody is shown anything
        const PageReader seen = reader_of(services, context.request);
        evidence.method = model::ConsentMethod::WebForm;
        evidence.locale = seen.language;
        evidence.wording =
            seen.text("unsubscribe.title") + "\n[button] " + seen.text("unsubscribe.button");
    }
    auto view = co_await services.audience.unsubscribe(context.param("token"), std::move(evidence));
    const std::string stored = view ? view->locale : std::string();
    const PageReader reader = reader_of(services, context.request, {.stored = stored, .list = {}});
    if (!by_page) {
        co_return view
            ? text_response(200, reader.text("unsubscribe.one_click") + "\n")
            : text_response(status_of(view.error().kind()), view.error().message() + "\n");
    }
    if (!view) {
        co_return failure_page(reader, view.error());
    }
    mail::TemplateValues values = page_values(reader, reader.text("unsubscribe.done_title"));
    values.show("DONE");
    fill(values, *view);
    co_return reader_page(reader, 200, "templates/reader_unsubscribe.html.tpl", values);
}

}  // namespace

void add_unsubscribe_routes(Router& router, const ReaderServices& services) {
    const ReaderServices* s = &services;
    router.add("GET", "/u/{token}",
               [s](Context context) { return unsubscribe_page(*s, std::move(context)); });
    router.add("POST", "/u/{token}",
               [s](Context context) { return unsubscribe(*s, std::move(context)); });
}

}  // namespace tocsin::web
