// /p/{token}: what a reader gets, all in one place: choose lists and the marketing purpose, leave
// everything, download and erase. /preferences mails the link to it.
#include <charconv>

#include "audience/audience.h"
#include "mail/address.h"
#include "net/form.h"
#include "web/audience_json.h"
#include "web/reader_pages.h"
#include "web/reader_render.h"

namespace tocsin::web {

namespace {

enum class Note { None, Saved, LeftAll, MustBeSure };

// "/p/{token}", without what may follow.
std::string page_path(const Context& context) {
    return "/p/" + context.param("token");
}

audience::Evidence evidence_of(const ReaderServices& services, std::string wording) {
    audience::Evidence evidence;
    evidence.wording = std::move(wording);
    evidence.page_url = services.public_url + "/p/***";
    return evidence;
}

net::HttpResponse show(const PageReader& reader, const Context& context,
                       const audience::PreferencesView& view, Note note) {
    const std::string path = page_path(context);
    mail::TemplateValues values = page_values(reader, reader.text("preferences.title"));
    values.show("NO_INDEX");
    values.set("ADDRESS", view.address);
    values.set("ACTION", path);
    values.set("EXPORT_ACTION", path + "/export");
    values.set("ERASE_ACTION", path + "/erase");
    values.show_if(view.marketing == audience::Marketing::Granted, "MARKETING");
    values.show_if(note == Note::Saved, "SAVED");
    values.show_if(note == Note::LeftAll, "LEFT_ALL");
    values.set_if_any(
        "PROBLEM", note == Note::MustBeSure ? reader.text("preferences.not_sure") : std::string());
    for (const audience::PreferenceList& list : view.lists) {
        mail::TemplateValues& item = values.add("LIST");
        item.set("LIST_ID", list.id.value());
        item.set("LIST_NAME", list.name);
        item.set("LIST_DESCRIPTION", list.description);
        item.show_if(list.subscribed, "ON");
    }
    return reader_page(reader, note == Note::MustBeSure ? 422 : 200,
                       "templates/reader_preferences.html.tpl", values);
}

Task<net::HttpResponse> preferences_page(const ReaderServices& services, Note note,
                                         Context context) {
    const PageReader reader = reader_of(services, context.request);
    auto view = co_await services.audience.preferences(context.param("token"));
    if (!view) {
        co_return failure_page(reader, view.error());
    }
    co_return show(reader, context, *view, note);
}

audience::PreferencesChange change_of(const net::Form& form) {
    audience::PreferencesChange change;
    for (const std::string& text : form.all("list")) {
        std::int64_t id = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
        if (error == std::errc() && end == text.data() + text.size()) {
            change.lists.emplace_back(id);
        }
    }
    change.marketing =
        form.has("marketing") ? audience::Marketing::Granted : audience::Marketing::Declined;
    return change;
}

Task<net::HttpResponse> save(const ReaderServices& services, Context context) {
    const PageReader reader = reader_of(services, context.request);
    const Result<net::Form> form = net::parse_form(context.request);
    const std::string action(form ? form->get("do") : "");
    if (!form || (action != "save" && action != "leave")) {
        co_return status_page(reader, 400);
    }
    const std::string& token = context.param("token");
    if (action == "leave") {
        audience::Evidence evidence =
            evidence_of(services, "[button] " + reader.text("preferences.leave"));
        auto left = co_await services.audience.leave_everything(token, std::move(evidence));
        co_return left ? show(reader, context, *left, Note::LeftAll)
                       : failure_page(reader, left.error());
    }
    audience::Evidence evidence = evidence_of(
        services,
        reader.text("preferences.wording", {{"TITLE", reader.text("preferences.title")},
                                            {"MARKETING", reader.text("preferences.marketing_why")},
                                            {"SAVE", reader.text("preferences.save")}}));
    audience::PreferencesChange change = change_of(*form);
    auto changed = co_await services.audience.change_preferences(token, std::move(change),
                                                                 std::move(evidence));
    co_return changed ? show(reader, context, *changed, Note::Saved)
                      : failure_page(reader, changed.error());
}

Task<net::HttpResponse> export_record(const ReaderServices& services, Context context) {
    const PageReader reader = reader_of(services, context.request);
    audience::Evidence evidence = evidence_of(services, "");
    auto record =
        co_await services.audience.export_subscriber(context.param("token"), std::move(evidence));
    if (!record) {
        co_return failure_page(reader, record.error());
    }
    net::HttpResponse response = json_response(200, boost::json::serialize(reader_json(*record)));
    response.headers.set("Content-Disposition", "attachment; filename=\"my-alerts.json\"");
    co_return response;
}

Task<net::HttpResponse> erase(const ReaderServices& services, Context context) {
    const PageReader reader = reader_of(services, context.request);
    const Result<net::Form> form = net::parse_form(context.request);
    if (!form) {
        co_return status_page(reader, 400);
    }
    if (!form->has("sure")) {
        co_return co_await preferences_page(services, Note::MustBeSure, std::move(context));
    }
    audience::Evidence evidence = evidence_of(services, "");
    const Status done =
        co_await services.audience.erase_subscriber(context.param("token"), std::move(evidence));
    if (!done) {
        co_return failure_page(reader, done.error());
    }
    ReaderMessage message;
    message.heading = reader.text("preferences.erased");
    message.message = reader.text("preferences.erased_what");
    co_return message_page(reader, 200, message);
}

net::HttpResponse link_form(const PageReader& reader, std::string_view email,
                            std::string_view error) {
    mail::TemplateValues values = page_values(reader, reader.text("preferences.title"));
    values.set("EMAIL", email);
    values.set_if_any("ERROR", error);
    return reader_page(reader, error.empty() ? 200 : 422, "templates/reader_manage.html.tpl",
                       values);
}

Task<net::HttpResponse> link_page(const ReaderServices& services, Context context) {
    co_return link_form(reader_of(services, context.request), "", "");
}

Task<net::HttpResponse> request_link(const ReaderServices& services, Context context) {
    const PageReader reader = reader_of(services, context.request);
    const Result<net::Form> form = net::parse_form(context.request);
    if (!form) {
        co_return status_page(reader, 400);
    }
    const std::string email(form->get("email"));
    auto answer = co_await services.audience.request_manage_link(email);
    if (!answer) {
        co_return failure_page(reader, answer.error());
    }
    if (answer->kind == audience::SignupAnswer::Kind::BadAddress) {
        co_return link_form(reader, email, reader.text("box.bad_address"));
    }
    ReaderMessage message;
    message.heading = reader.text("sent.title");
    message.message = reader.text("sent.link_sent", {{"EMAIL", email}});
    co_return message_page(reader, 200, message);
}

}  // namespace

void add_preference_routes(Router& router, const ReaderServices& services) {
    const ReaderServices* s = &services;
    router.add("GET", "/p/{token}", [s](Context context) {
        return preferences_page(*s, Note::None, std::move(context));
    });
    router.add("POST", "/p/{token}", [s](Context context) { return save(*s, std::move(context)); });
    router.add("POST", "/p/{token}/export",
               [s](Context context) { return export_record(*s, std::move(context)); });
    router.add("POST", "/p/{token}/erase",
               [s](Context context) { return erase(*s, std::move(context)); });
    router.add("GET", "/preferences",
               [s](Context context) { return link_page(*s, std::move(context)); });
    router.add("POST", "/preferences",
               [s](Context context) { return request_link(*s, std::move(context)); });
}

}  // namespace tocsin::web
