#include "web/reader_pages.h"

#include "audience/audience.h"
#include "web/reader_render.h"
#include "web/static_files.h"

namespace tocsin::web {

namespace {

Task<net::HttpResponse> lists_page(const ReaderServices& services, Context context) {
    const PageReader reader = reader_of(services, context.request);
    auto lists = co_await services.audience.offered_lists();
    if (!lists) {
        co_return failure_page(reader, lists.error());
    }
    mail::TemplateValues values = page_values(reader, reader.text("lists.title"));
    values.show_if(lists->empty(), "NO_LISTS");
    for (const audience::ListInfo& list : *lists) {
        mail::TemplateValues& item = values.add("LIST");
        item.set("LIST_URL", "/lists/" + list.slug);
        item.set("LIST_NAME", list.name);
        item.set_if_any("LIST_DESCRIPTION", list.description);
    }
    co_return reader_page(reader, 200, "templates/reader_lists.html.tpl", values);
}

Task<net::HttpResponse> privacy_page(const ReaderServices& services, Context context) {
    if (!services.privacy_url.empty()) {
        co_return see_other(services.privacy_url);
    }
    const PageReader reader = reader_of(services, context.request);
    mail::TemplateValues values = page_values(reader, reader.text("privacy.title"));
    values.set("SENDER", services.postal_address.empty()
                             ? services.site_name
                             : services.site_name + ", " + services.postal_address);
    values.set_if_any("CONTACT", services.contact);
    co_return reader_page(reader, 200, "templates/reader_privacy.html.tpl", values);
}

}  // namespace

void add_reader_routes(Router& router, const ReaderServices& services) {
    const ReaderServices* s = &services;
    add_static_routes(router);
    add_signup_routes(router, services);
    add_confirm_routes(router, services);
    add_unsubscribe_routes(router, services);
    add_preference_routes(router, services);
    add_mute_routes(router, services);
    add_alert_routes(router, services);
    router.add("GET", "/lists",
               [s](Context context) { return lists_page(*s, std::move(context)); });
    router.add("GET", "/privacy",
               [s](Context context) { return privacy_page(*s, std::move(context)); });
    router.set_error_page([s](int status, const net::HttpRequest& request) {
        return status_page(reader_of(*s, request), status);
    });
}

}  // namespace tocsin::web
