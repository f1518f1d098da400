// Writing an alert: the form, its live preview and checks, saving. The same form serves new alerts,
// edits, and updates, corrections and retractions, which show the original beside it.
#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "alerts/alerts.h"
#include "base/bytes.h"
#include "store/lists.h"
#include "web/api_support.h"
#include "web/desk_routes.h"
#include "web/desk_support.h"
#include "web/mail_preview.h"
#include "web/page.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

using model::Permission;

constexpr std::array<Seconds, 8> kLives = {Seconds(900),   Seconds(1800),  Seconds(3600),
                                           Seconds(7200),  Seconds(14400), Seconds(43200),
                                           Seconds(86400), Seconds(259200)};
// What fits on one line of a phone's inbox, and into its preview: advice, not a limit.
constexpr int kGoodHeadlineChars = 70;
constexpr int kGoodSummaryChars = 240;

// Everything that the form shows beside what was typed.
struct Surroundings {
    std::vector<store::ListRow> lists;
    std::vector<store::ListCounts> counts;
    std::optional<store::FullAlert> original;
};

struct Compose {
    alerts::AlertDraft draft;
    AlertId id;        // not valid: a new alert
    std::string seen;  // hex hash of the revision that is edited
    std::string slug = "preview";
    std::vector<model::ContentProblem> problems;
    std::string conflict;
    std::string problem;
};

std::int64_t number_in(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && number > 0 ? number : 0;
}

Result<alerts::AlertDraft> draft_of_form(const net::Form& form) {
    alerts::AlertDraft draft;
    const auto kind = model::parse_alert_kind(form.has("kind") ? form.get("kind") : "alert");
    if (!kind) {
        return invalid("There is no such kind of alert.");
    }
    draft.kind = *kind;
    draft.of = AlertId(number_in(form.get("of")));
    draft.headline = std::string(form.get("headline"));
    draft.summary = std::string(form.get("summary"));
    draft.url = std::string(form.get("url"));
    draft.body = std::string(form.get("body"));
    for (const std::string& list : form.all("lists")) {
        draft.lists.emplace_back(number_in(list));
    }
    for (const std::string& list : form.all("exclude")) {
        draft.exclude.emplace_back(number_in(list));
    }
    draft.priority = form.has("major") ? model::Priority::Major : model::Priority::Normal;
    if (const std::int64_t life = number_in(form.get("not_after"));
        life > 0 && life <= model::kNotAfterMax.count()) {
        draft.not_after = Seconds(life);
    }
    draft.repeat = form.has("at_most_once") ? model::Repeat::AtMostOnce : model::Repeat::Resend;
    return draft;
}

alerts::AlertDraft draft_of(const model::AlertContent& content) {
    alerts::AlertDraft draft;
    draft.kind = content.kind;
    draft.of = content.of;
    draft.headline = content.headline;
    draft.summary = content.summary;
    draft.url = content.url;
    draft.body = content.body;
    draft.lists = content.lists;
    draft.exclude = content.exclude;
    draft.priority = content.priority;
    draft.not_after = content.not_after;
    draft.repeat = content.repeat;
    return draft;
}

Task<Result<Surroundings>> surroundings(const NewsroomServices& services, AlertId of) {
    auto look = [of](store::Database& db) -> Result<Surroundings> {
        Surroundings around;
        around.lists = store::all_lists(db);
        for (const store::ListRow& list : around.lists) {
            around.counts.push_back(store::count_list(db, list.id));
        }
        if (of.valid()) {
            around.original = store::find_full_alert(db, of);
            if (!around.original || !model::was_released(around.original->alert.state)) {
                return not_found("The alert that this one follows was not sent.");
            }
        }
        return around;
    };
    co_return co_await services.store.read(std::move(look));
}

std::string title_of(const Compose& compose) {
    switch (compose.draft.kind) {
        case model::AlertKind::Alert:
            return compose.id.valid() ? "Edit alert" : "New alert";
        case model::AlertKind::Update:
            return "Update";
        case model::AlertKind::Correction:
            return "Correction";
        case model::AlertKind::Retraction:
            return "Retraction";
    }
    return "Alert";
}

void fill_original(mail::TemplateValues& values, const alerts::AlertDraft& draft,
                   const store::FullAlert& original) {
    mail::TemplateValues& section = values.add("ORIGINAL");
    switch (draft.kind) {
        case model::AlertKind::Correction:
            section.set("ORIGINAL_LABEL", "You are correcting");
            break;
        case model::AlertKind::Retraction:
            section.set("ORIGINAL_LABEL", "You are retracting");
            break;
        default:
            section.set("ORIGINAL_LABEL", "You are updating");
            break;
    }
    section.set("ORIGINAL_HEADLINE", headline_text(original.content));
    section.set("ORIGINAL_SUMMARY", original.content.summary);
    set_time(section, "ORIGINAL_AT",
             original.alert.released_at.value_or(original.alert.created_at));
    section.set("ORIGINAL_RULE",
                model::goes_to_those_reached(draft.kind)
                    ? "This goes to exactly those who got it; what is left of it is stopped first."
                    : "This goes to the lists you choose, in the same conversation.");
}

void fill_lists(mail::TemplateValues& values, const alerts::AlertDraft& draft,
                const Surroundings& around) {
    if (model::goes_to_those_reached(draft.kind)) {
        return;
    }
    mail::TemplateValues& choice = values.add("CHOOSE_LISTS");
    for (std::size_t i = 0; i < around.lists.size(); ++i) {
        const store::ListRow& list = around.lists[i];
        mail::TemplateValues& row = choice.add("LIST");
        row.set("LIST_ID", list.id.value()).set("LIST_NAME", list.name);
        row.set("LIST_ACTIVE", grouped(static_cast<std::uint64_t>(around.counts[i].active)));
        const bool chosen = std::ranges::find(draft.lists, list.id) != draft.lists.end();
        row.show_if(chosen, "CHECKED");
        if (around.lists.size() > 1) {
            mail::TemplateValues& other = choice.show("LEAVE_OUT").add("OTHER");
            other.set("LIST_ID", list.id.value()).set("LIST_NAME", list.name);
            const bool left = std::ranges::find(draft.exclude, list.id) != draft.exclude.end();
            other.show_if(left, "CHECKED");
        }
    }
    choice.show_if(!draft.exclude.empty(), "LEAVE_OUT_OPEN");
    choice.show_if(draft.priority == model::Priority::Major, "MAJOR");
    choice.show_if(around.lists.empty(), "NO_LISTS");
}

void fill_fields(mail::TemplateValues& values, const Compose& compose, Seconds default_life) {
    const alerts::AlertDraft& draft = compose.draft;
    values.set("KIND", model::to_string(draft.kind));
    values.set("OF", draft.of.valid() ? std::to_string(draft.of.value()) : "");
    values.set("SEEN", compose.seen).set("SLUG", compose.slug);
    values.set("HEADLINE", draft.headline).set("SUMMARY", draft.summary);
    values.set("LINK", draft.url).set("BODY", draft.body);
    values.set("HEADLINE_GOOD", kGoodHeadlineChars).set("SUMMARY_GOOD", kGoodSummaryChars);
    const Seconds life = draft.not_after.value_or(default_life);
    std::vector<Seconds> lives(kLives.begin(), kLives.end());
    if (std::ranges::find(lives, life) == lives.end()) {
        lives.push_back(life);
        std::ranges::sort(lives);
    }
    for (const Seconds choice : lives) {
        mail::TemplateValues& option = values.add("LIFE");
        option.set("SECONDS", choice.count()).set("LABEL", life_text(choice));
        option.show_if(choice == life, "SELECTED");
    }
    values.show_if(draft.repeat == model::Repeat::AtMostOnce, "AT_MOST_ONCE");
    values.show_if(!draft.body.empty() || draft.repeat == model::Repeat::AtMostOnce, "MORE_OPEN");
    for (const model::ContentProblem& problem : compose.problems) {
        std::string name = "PROBLEM_" + problem.field;
        for (char& c : name) {
            c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
        values.set(name, problem.message);
    }
}

std::string reach_text(model::AlertKind kind, std::uint64_t audience) {
    const std::string readers = audience == 1 ? "reader" : "readers";
    return model::goes_to_those_reached(kind) ? readers + " got the earlier alert"
                                              : readers + " would get it now";
}

Task<Result<net::HttpResponse>> compose_page(const NewsroomServices& services, const Caller& caller,
                                             Compose compose, int status) {
    CO_TRY_AS(Surroundings around, co_await surroundings(services, compose.draft.of));
    if (around.lists.size() == 1 && !compose.id.valid() && compose.draft.lists.empty()) {
        compose.draft.lists.push_back(around.lists.front().id);  // there is no other choice
    }
    const Result<std::uint64_t> audience = co_await services.alerts.audience_count(compose.draft);
    DeskPage page(services, &caller, DeskTab::Alerts, title_of(compose));
    mail::TemplateValues& values = page.values();
    values.set("TITLE", title_of(compose));
    const alerts::AlertsSettings& settings = services.alerts.settings();
    fill_fields(values, compose, settings.not_after_default);
    fill_lists(values, compose.draft, around);
    if (around.original) {
        fill_original(values, compose.draft, *around.original);
    }
    values.set("FROM_NAME", settings.from_name);
    values.set("SUBJECT", mail_subject(services.templates.catalog(), settings.languages.front(),
                                       compose.draft.kind, compose.draft.headline));
    values.set("AUDIENCE", audience ? grouped(*audience) : "0");
    values.set("REACH", reach_text(compose.draft.kind, audience ? *audience : 0));
    const std::string self = fmt::format("/desk/alerts/{}", compose.id.value());
    values.set("ACTION", compose.id.valid() ? self + "/edit" : "/desk/alerts/new");
    values.set("CANCEL", compose.id.valid() ? self : "/desk");
    if (compose.id.valid()) {
        values.set_if_any("PREVIEW_URL", self + "/preview?view=wide");
    }
    if (!compose.conflict.empty()) {
        values.add("CONFLICT").set("CONFLICT", compose.conflict).set("NEWEST", self);
    }
    page.problem(compose.problem);
    co_return page.render("desk_compose.html.tpl", status);
}

// What a follow-up begins with: the original's link and lists, and its words to be corrected.
void begin_follow_up(alerts::AlertDraft& draft, const model::AlertContent& original) {
    draft.url = original.url;
    draft.lists = original.lists;
    draft.exclude = original.exclude;
    draft.priority = original.priority;
    if (draft.kind == model::AlertKind::Correction) {
        draft.headline = original.headline;
        draft.summary = original.summary;
    }
}

Task<Result<net::HttpResponse>> get_new(DeskCall call) {
    Compose compose;
    CO_TRY_AS(compose.draft, draft_of_form(call.query));
    if (model::follows_another(compose.draft.kind)) {
        CO_TRY_AS(Surroundings around, co_await surroundings(call.services, compose.draft.of));
        if (!around.original) {
            co_return not_found("Choose the alert that this one follows.");
        }
        begin_follow_up(compose.draft, around.original->content);
    } else {
        compose.draft.of = AlertId();
    }
    co_return co_await compose_page(call.services, call.caller, std::move(compose), 200);
}

std::string saved_address(const net::Form& form, AlertId id) {
    const bool edit = form.get("then") == "edit";
    return fmt::format("/desk/alerts/{}{}", id.value(), edit ? "/edit?saved=1" : "");
}

// What was typed is never lost: a refusal shows the form again as it was sent.
Task<Result<net::HttpResponse>> refuse(DeskCall call, Compose compose, Error error) {
    const Result<alerts::Preview> preview =
        co_await call.services.alerts.preview(compose.draft, compose.slug);
    if (preview && error.kind() == ErrorKind::Invalid) {
        compose.problems = preview->problems;
    }
    if (error.kind() == ErrorKind::Conflict && compose.id.valid()) {
        compose.conflict = error.message();
    } else {
        compose.problem = error.message();
    }
    const int status = error.kind() == ErrorKind::Invalid ? 422 : status_of(error.kind());
    co_return co_await compose_page(call.services, call.caller, std::move(compose), status);
}

Task<Result<net::HttpResponse>> post_new(DeskCall call) {
    Compose compose;
    CO_TRY_AS(compose.draft, draft_of_form(call.form));
    const Result<alerts::AlertView> created =
        co_await call.services.alerts.create(call.caller.actor, compose.draft);
    if (!created) {
        const Error error = created.error();
        co_return co_await refuse(std::move(call), std::move(compose), error);
    }
    co_return see_other(saved_address(call.form, created->full.alert.id));
}

Task<Result<net::HttpResponse>> get_edit(DeskCall call) {
    CO_TRY_AS(AlertId id, path_alert(call.context));
    CO_TRY_AS(alerts::AlertView view, co_await call.services.alerts.find(id));
    if (model::was_released(view.full.alert.state)) {
        co_return conflict("This alert was released: it can be corrected, not edited.");
    }
    Compose compose;
    compose.draft = draft_of(view.full.content);
    compose.id = id;
    compose.seen = hex_encode(view.full.revision.hash);
    compose.slug = view.full.alert.slug;
    co_return co_await compose_page(call.services, call.caller, std::move(compose), 200);
}

Task<Result<net::HttpResponse>> post_edit(DeskCall call) {
    Compose compose;
    CO_TRY_AS(compose.id, path_alert(call.context));
    CO_TRY_AS(compose.draft, draft_of_form(call.form));
    compose.seen = std::string(call.form.get("seen"));
    const Result<alerts::AlertView> revised = co_await call.services.alerts.revise(
        call.caller.actor, compose.id, hex_decode(compose.seen).value_or(""), compose.draft);
    if (!revised) {
        const Error error = revised.error();
        co_return co_await refuse(std::move(call), std::move(compose), error);
    }
    co_return see_other(saved_address(call.form, compose.id));
}

// The preview frame: the form as it is now, saved or not.
Task<Result<net::HttpResponse>> post_preview(DeskCall call) {
    CO_TRY_AS(alerts::AlertDraft draft, draft_of_form(call.form));
    CO_TRY_AS(alerts::Preview preview, co_await call.services.alerts.preview(draft, "preview"));
    co_return frame_response(preview_document(preview, parse_preview_view(call.form.get("view"))));
}

// Checks as one types, for the script: subject, problems, audience.
Task<Result<net::HttpResponse>> post_check(DeskCall call) {
    CO_TRY_AS(alerts::AlertDraft draft, draft_of_form(call.form));
    CO_TRY_AS(alerts::Preview preview, co_await call.services.alerts.preview(draft, "preview"));
    const Result<std::uint64_t> audience = co_await call.services.alerts.audience_count(draft);
    json::object out;
    out["subject"] = json_text(preview.subject);
    out["audience"] = json_text(audience ? grouped(*audience) : "0");
    out["reach"] = json_text(reach_text(draft.kind, audience ? *audience : 0));
    json::object problems;
    for (const model::ContentProblem& problem : preview.problems) {
        problems[problem.field] = json_text(problem.message);
    }
    out["problems"] = std::move(problems);
    co_return api_json(200, out);
}

}  // namespace

void add_desk_compose_routes(Router& router, const NewsroomServices& services) {
    const auto add = [&router, &services](std::string_view method, std::string_view pattern,
                                          DeskHandler handler) {
        add_desk(router, services, method, pattern, Permission::WriteAlerts, handler);
    };
    add("GET", "/desk/alerts/new", get_new);
    add("POST", "/desk/alerts/new", post_new);
    add("GET", "/desk/alerts/{id}/edit", get_edit);
    add("POST", "/desk/alerts/{id}/edit", post_edit);
    add("POST", "/desk/preview", post_preview);
    add("POST", "/desk/check", post_check);
}

}  // namespace tocsin::web
