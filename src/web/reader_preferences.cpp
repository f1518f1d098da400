// /p/{token}: what a reader gets, all in one place: choose lists and the marketing purpose, leave
// everything, download and erase. /preferences mails the link to it.
#include <array>
#include <charconv>

#include "audience/audience.h"
#include "base/limits.h"
#include "mail/address.h"
#include "model/terms.h"
#include "net/form.h"
#include "web/audience_json.h"
#include "web/reader_evidence.h"
#include "web/reader_pages.h"
#include "web/reader_render.h"

namespace tocsin::web {

namespace {

enum class Note { None, Saved, LeftAll, MustBeSure, BadTerms };

// Two for each list, one for each muted story that is shown, and what the page has once.
constexpr std::size_t kFieldsMax = 2 * limits::kListsMax + 200;
constexpr int kHalfHour = 30;
constexpr std::array<int, 6> kDailyMax = {0, 1, 2, 3, 5, 10};

// "/p/{token}", without what may follow.
std::string page_path(const Context& context) {
    return "/p/" + context.param("token");
}

// Of an act on this page, in the language that its forms carry on.
audience::Evidence evidence_of_act(const PageReader& reader, const Context& context,
                                   std::string wording) {
    audience::Evidence evidence =
        evidence_of(context.request, reader.services.public_url, std::move(wording));
    evidence.form_id = "preferences";
    evidence.locale = reader.language;
    return evidence;
}

struct Choice {
    std::string value;
    std::string label;
};

void add_options(mail::TemplateValues& values, std::string_view section,
                 const std::vector<Choice>& choices, std::string_view chosen) {
    for (const Choice& choice : choices) {
        mail::TemplateValues& option = values.add(section);
        option.set("VALUE", choice.value).set("LABEL", choice.label);
        option.show_if(choice.value == chosen, "SELECTED");
    }
}

// Every half hour, and what the reader chose before by other means.
std::vector<Choice> times_of_day(int chosen) {
    std::vector<Choice> times;
    for (int minute = 0; minute < 24 * 60; minute += kHalfHour) {
        if (chosen > minute - kHalfHour && chosen < minute && chosen % kHalfHour != 0) {
            times.push_back({model::minute_text(chosen), model::minute_text(chosen)});
        }
        times.push_back({model::minute_text(minute), model::minute_text(minute)});
    }
    return times;
}

void fill_terms(mail::TemplateValues& values, const PageReader& reader,
                const audience::PreferencesView& view) {
    const model::ReaderTerms& terms = view.terms;
    std::vector<Choice> most;
    for (const int max : kDailyMax) {
        most.push_back({std::to_string(max),
                        max == 0 ? reader.text("preferences.no_limit") : std::to_string(max)});
    }
    add_options(values, "MAX", most, std::to_string(terms.daily_max));
    const model::QuietHours quiet = terms.quiet.value_or(model::QuietHours{});
    const auto add_times = [&values](std::string_view section, int minute) {
        add_options(values, section, times_of_day(minute), model::minute_text(minute));
    };
    add_times("DIGEST_TIME", terms.digest_minute);
    add_times("QUIET_FROM", quiet.from);
    add_times("QUIET_TO", quiet.to);
    values.show_if(terms.quiet.has_value(), "QUIET");
    std::vector<Choice> zones;
    for (std::string& name : model::zone_names()) {
        std::string label = name;
        std::ranges::replace(label, '_', ' ');
        zones.push_back({std::move(name), std::move(label)});
    }
    add_options(values, "ZONE", zones, terms.zone);
    std::vector<Choice> languages;
    for (const std::string& language : offered_languages(reader.services)) {
        languages.push_back(
            {language, reader.services.templates.catalog().text(language, "language.name")});
    }
    if (languages.size() > 1) {
        add_options(values.add("LANGUAGES"), "LANGUAGE", languages, reader.language);
    }
    for (const audience::MutedStory& story : view.muted) {
        mail::TemplateValues& item = values.show("ANY_MUTED").add("MUTED");
        item.set("STORY_ID", story.story.value()).set("STORY", story.headline);
    }
}

std::string_view problem_key(Note note) {
    switch (note) {
        case Note::MustBeSure:
            return "preferences.not_sure";
        case Note::BadTerms:
            return "preferences.bad_terms";
        default:
            return "";
    }
}

net::HttpResponse show(const PageReader& reader, const Context& context,
                       const audience::PreferencesView& view, Note note) {
    const std::string path = page_path(context);
    mail::TemplateValues values = page_values(reader, reader.text("preferences.title"));
    values.show("NO_INDEX");
    values.set("ADDRESS", view.address);
    values.set("ACTION", reader.action(path));
    values.set("EXPORT_ACTION", reader.action(path + "/export"));
    values.set("ERASE_ACTION", reader.action(path + "/erase"));
    values.show_if(view.marketing == audience::Marketing::Granted, "MARKETING");
    values.show_if(note == Note::Saved, "SAVED");
    values.show_if(note == Note::LeftAll, "LEFT_ALL");
    const std::string_view problem = problem_key(note);
    values.set_if_any("PROBLEM", problem.empty() ? std::string() : reader.text(problem));
    fill_terms(values, reader, view);
    for (const audience::PreferenceList& list : view.lists) {
        mail::TemplateValues& item = values.add("LIST");
        item.set("LIST_ID", list.id.value());
        item.set("LIST_NAME", list.name);
        item.set("LIST_DESCRIPTION", list.description);
        item.show_if(list.subscribed, "ON");
        add_options(item, "FREQUENCY",
                    {{"every", reader.text("preferences.every")},
                     {"biggest", reader.text("preferences.biggest")},
                     {"digest", reader.text("preferences.digest")}},
                    model::to_string(list.frequency));
    }
    return reader_page(reader, problem.empty() ? 200 : 422, "templates/reader_preferences.html.tpl",
                       values);
}

Task<net::HttpResponse> preferences_page(const ReaderServices& services, Note note,
                                         Context context) {
    auto view = co_await services.audience.preferences(context.param("token"));
    const std::string stored = view ? view->locale : std::string();
    const PageReader reader = reader_of(services, context.request, {.stored = stored, .list = {}});
    if (!view) {
        co_return failure_page(reader, view.error());
    }
    co_return show(reader, context, *view, note);
}

std::int64_t number_in(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

// The part of the form about times. A form without it (an older page, a script) leaves them alone.
Result<std::optional<model::ReaderTerms>> terms_of(const net::Form& form) {
    if (!form.has("zone")) {
        return std::optional<model::ReaderTerms>();
    }
    model::ReaderTerms terms;
    terms.zone = std::string(form.get("zone"));
    terms.daily_max = static_cast<int>(number_in(form.get("daily_max")));
    const auto digest = model::parse_minute(form.get("digest_at"));
    terms.digest_minute = digest.value_or(model::kDigestMinuteDefault);
    if (form.has("quiet")) {
        const auto from = model::parse_minute(form.get("quiet_from"));
        const auto to = model::parse_minute(form.get("quiet_to"));
        if (!from || !to) {
            return invalid("quiet hours need two times of the day");
        }
        terms.quiet = model::QuietHours{*from, *to};
    }
    TRY(model::check_terms(terms));
    return std::optional(terms);
}

Result<audience::PreferencesChange> change_of(const ReaderServices& services,
                                              const net::Form& form) {
    audience::PreferencesChange change;
    for (const std::string& text : form.all("list")) {
        if (const std::int64_t id = number_in(text); id > 0) {
            change.lists.emplace_back(id);
            const auto frequency = model::parse_frequency(form.get("frequency_" + text));
            if (frequency) {
                change.frequencies[ListId(id)] = *frequency;
            }
        }
    }
    change.marketing =
        form.has("marketing") ? audience::Marketing::Granted : audience::Marketing::Declined;
    TRY_AS(change.terms, terms_of(form));
    if (change.terms) {
        change.muted.emplace();
        for (const std::string& story : form.all("muted")) {
            change.muted->emplace_back(number_in(story));
        }
    }
    const std::vector<std::string> languages = offered_languages(services);
    const std::string language(form.get("language"));
    if (std::ranges::find(languages, language) != languages.end()) {
        change.locale = language;
    }
    return change;
}

Task<net::HttpResponse> save(const ReaderServices& services, Context context) {
    const PageReader reader = reader_of(services, context.request);
    const Result<net::Form> form = net::parse_form(context.request, kFieldsMax);
    const std::string action(form ? form->get("do") : "");
    if (!form || (action != "save" && action != "leave")) {
        co_return status_page(reader, 400);
    }
    const std::string& token = context.param("token");
    if (action == "leave") {
        audience::Evidence evidence =
            evidence_of_act(reader, context, "[button] " + reader.text("preferences.leave"));
        auto left = co_await services.audience.leave_everything(token, std::move(evidence));
        co_return left ? show(reader, context, *left, Note::LeftAll)
                       : failure_page(reader, left.error());
    }
    audience::Evidence evidence = evidence_of_act(
        reader, context,
        reader.text("preferences.wording", {{"TITLE", reader.text("preferences.title")},
                                            {"MARKETING", reader.text("preferences.marketing_why")},
                                            {"SAVE", reader.text("preferences.save")}}));
    Result<audience::PreferencesChange> change = change_of(services, *form);
    if (!change) {
        co_return co_await preferences_page(services, Note::BadTerms, std::move(context));
    }
    auto changed = co_await services.audience.change_preferences(token, std::move(*change),
                                                                 std::move(evidence));
    const std::string stored = changed ? changed->locale : std::string();
    const PageReader now = reader_of(services, context.request, {.stored = stored, .list = {}});
    co_return changed ? show(now, context, *changed, Note::Saved)
                      : failure_page(reader, changed.error());
}

// Whoever came by a link in an alert, which may have been forwarded, gets one to the inbox first.
Task<net::HttpResponse> link_was_mailed(const ReaderServices& services, const Context& context) {
    const PageReader reader = reader_of(services, context.request);
    const auto view = co_await services.audience.preferences(context.param("token"));
    if (!view) {
        co_return failure_page(reader, view.error());
    }
    ReaderMessage message;
    message.heading = reader.text("sent.title");
    message.message = reader.text("sent.link_sent", {{"EMAIL", view->address}});
    co_return message_page(reader, 200, message);
}

Task<net::HttpResponse> export_record(const ReaderServices& services, Context context) {
    const PageReader reader = reader_of(services, context.request);
    audience::Evidence evidence =
        evidence_of_act(reader, context, "[button] " + reader.text("preferences.download"));
    auto record =
        co_await services.audience.export_subscriber(context.param("token"), std::move(evidence));
    if (!record && record.error().kind() == ErrorKind::Unauthorized) {
        co_return co_await link_was_mailed(services, context);
    }
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
    audience::Evidence evidence =
        evidence_of_act(reader, context, "[button] " + reader.text("preferences.erase_button"));
    const Status done =
        co_await services.audience.erase_subscriber(context.param("token"), std::move(evidence));
    if (!done && done.error().kind() == ErrorKind::Unauthorized) {
        co_return co_await link_was_mailed(services, context);
    }
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
    auto answer = co_await services.audience.request_manage_link(email, reader.language);
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
