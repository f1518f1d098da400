// /p/{token}/mute: the link in an alert mail by which a reader hears no more of its story. The GET
// shows a button; its POST mutes.
#include "audience/audience.h"
#include "web/reader_pages.h"
#include "web/reader_render.h"

namespace tocsin::web {

namespace {

net::HttpResponse show(const ReaderServices& services, const Context& context,
                       const audience::StoryView& view) {
    const PageReader reader =
        reader_of(services, context.request, {.stored = view.locale, .list = {}});
    mail::TemplateValues values =
        page_values(reader, reader.text(view.muted ? "mute.done" : "mute.title"));
    values.show("NO_INDEX");
    values.set("HEADLINE", view.headline);
    values.set("ACTION", "/p/" + context.param("token") + "/mute");
    values.set("PREFERENCES_URL", "/p/" + context.param("token"));
    values.show(view.muted ? "MUTED" : "ASK");
    return reader_page(reader, 200, "templates/reader_mute.html.tpl", values);
}

Task<net::HttpResponse> ask(const ReaderServices& services, Context context) {
    auto view = co_await services.audience.story_view(context.param("token"));
    co_return view ? show(services, context, *view)
                   : failure_page(reader_of(services, context.request), view.error());
}

Task<net::HttpResponse> mute(const ReaderServices& services, Context context) {
    auto view = co_await services.audience.mute_story(context.param("token"));
    co_return view ? show(services, context, *view)
                   : failure_page(reader_of(services, context.request), view.error());
}

}  // namespace

void add_mute_routes(Router& router, const ReaderServices& services) {
    const ReaderServices* s = &services;
    router.add("GET", "/p/{token}/mute",
               [s](Context context) { return ask(*s, std::move(context)); });
    router.add("POST", "/p/{token}/mute",
               [s](Context context) { return mute(*s, std::move(context)); });
}

}  // namespace tocsin::web
