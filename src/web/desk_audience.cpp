// Lists with their counts, the sign-up box to paste, and one reader: history, export, erasure.
#include <stdexcept>

#include <boost/json.hpp>

#include "audience/audience.h"
#include "base/bytes.h"
#include "web/audience_json.h"
#include "web/desk_routes.h"
#include "web/desk_support.h"
#include "web/list_export.h"
#include "web/page.h"

namespace tocsin::web {

namespace {

using model::Permission;

audience::Evidence staff_evidence(const DeskCall& call) {
    audience::Evidence evidence;
    evidence.method = model::ConsentMethod::Operator;
    evidence.actor = call.caller.actor.name;
    return evidence;
}

// The smallest thing that works; the sign-up page's own snippet page has more.
std::string snippet(const std::string& public_url, const std::string& slug) {
    return fmt::format(
        "<div data-tocsin-list=\"{1}\"></div>\n<script src=\"{0}/embed.js\" async></script>\n"
        "<noscript><a href=\"{0}/lists/{1}\">Get the alerts by email</a></noscript>",
        public_url, slug);
}

struct AudiencePage {
    audience::NewList typed;
    std::string problem, notice;
    int status = 200;
};

Task<Result<net::HttpResponse>> audience_page(const NewsroomServices& services,
                                              const Caller& caller, AudiencePage what) {
    CO_TRY_AS(std::vector<audience::ListInfo> lists, co_await services.audience.show_lists());
    DeskPage page(services, &caller, DeskTab::Audience, "Audience");
    mail::TemplateValues& values = page.values();
    for (const audience::ListInfo& list : lists) {
        mail::TemplateValues& row = values.add("LIST");
        row.set("NAME", list.name).set("SLUG", list.slug).set("DESCRIPTION", list.description);
        row.set("ACTIVE", grouped(static_cast<std::uint64_t>(list.active)));
        row.set("PENDING", grouped(static_cast<std::uint64_t>(list.pending)));
        row.set("LEFT", grouped(static_cast<std::uint64_t>(list.left)));
        row.set("SIGNUP_URL", services.public_url + "/lists/" + list.slug);
        row.set("SNIPPET_URL", services.public_url + "/embed/" + list.slug + "/snippet");
        row.set("SNIPPET", snippet(services.public_url, list.slug));
    }
    values.show_if(lists.empty(), "NO_LISTS");
    values.set("NEW_NAME", what.typed.name).set("NEW_SLUG", what.typed.slug);
    values.set("NEW_DESCRIPTION", what.typed.description);
    const mail::Catalog& catalog = services.templates.catalog();
    for (const std::string& language : catalog.languages()) {
        mail::TemplateValues& option = values.add("LANGUAGE");
        option.set("TAG", language).set("TAG_NAME", catalog.text(language, "language.name"));
        option.show_if(language == what.typed.language, "CHOSEN");
    }
    page.problem(what.problem).notice(what.notice);
    co_return page.render("desk_audience.html.tpl", what.status);
}

Task<Result<net::HttpResponse>> get_audience(DeskCall call) {
    AudiencePage what;
    if (call.query.has("erased")) {
        what.notice = "Erased. The proofs of everybody else are intact.";
    }
    co_return co_await audience_page(call.services, call.caller, std::move(what));
}

Task<Result<net::HttpResponse>> post_list(DeskCall call) {
    AudiencePage what;
    what.typed.name = std::string(trim(call.form.get("name")));
    what.typed.slug = std::string(trim(call.form.get("slug")));
    what.typed.description = std::string(trim(call.form.get("description")));
    what.typed.language = std::string(trim(call.form.get("language")));
    const Result<audience::ListInfo> created =
        co_await call.services.audience.create_list(what.typed);
    if (created) {
        co_return see_other("/desk/audience#list-" + created->slug);
    }
    what.problem = created.error().message();
    what.status = status_of(created.error().kind());
    co_return co_await audience_page(call.services, call.caller, std::move(what));
}

Task<Result<net::HttpResponse>> get_list_csv(DeskCall call) {
    // "{file}" is "breaking.csv": the browser's name for what it saves.
    constexpr std::string_view kEnding = ".csv";
    std::string slug = call.context.param("file");
    if (!slug.ends_with(kEnding)) {
        co_return not_found("There is no such file.");
    }
    slug.resize(slug.size() - kEnding.size());
    co_return co_await list_export(call.services, std::move(slug));
}

std::string event_text(const model::ConsentEntry& entry) {
    if (entry.type == "requested") {
        return "Asked to sign up";
    }
    if (entry.type == "confirm_sent") {
        return "Was sent the confirmation mail";
    }
    if (entry.type == "confirmed") {
        return "Confirmed";
    }
    if (entry.type == "changed") {
        return "Changed preferences";
    }
    if (entry.type == "withdrawn") {
        return "Left";
    }
    if (entry.type == "imported") {
        return "Was imported";
    }
    if (entry.type == "exported") {
        return "Data was exported";
    }
    return entry.type;
}

std::string method_text(const model::ConsentEntry& entry) {
    std::string text = entry.method == "one_click"  ? "by one click in the mail program"
                       : entry.method == "web_form" ? "on a page"
                       : entry.method == "api"      ? "by the API"
                       : entry.method == "import"   ? "from a file"
                                                    : "by the newsroom";
    if (entry.actor != "subscriber") {
        text += fmt::format(" ({})", person_text(entry.actor));
    }
    if (!entry.page_url.empty()) {
        text += ": " + entry.page_url;
    }
    return text;
}

void fill_reader(mail::TemplateValues& values, const audience::ReaderRecord& record) {
    values.set("ADDRESS", record.address);
    if (record.suppressed) {
        values.set_if_any("SUPPRESSED", record.suppression_reason);
    }
    for (const audience::ReaderConsent& consent : record.consent) {
        mail::TemplateValues& row = values.add("EVENT");
        set_time(row, "AT", consent.entry.at);
        row.set("WHAT", event_text(consent.entry));
        row.set("WHERE", consent.entry.purpose == "marketing" ? "offers, events and updates"
                                                              : consent.list_slug);
        row.set("HOW", method_text(consent.entry));
        row.set_if_any("WORDING", consent.wording);
    }
    for (const audience::ReaderSubscription& subscription : record.subscriptions) {
        values.add("SUBSCRIPTION")
            .set("LIST_NAME", subscription.list_name)
            .set("STATE", subscription.state);
    }
    for (const audience::ReaderPurpose& purpose : record.purposes) {
        values.add("PURPOSE")
            .set("PURPOSE_NAME", purpose.purpose)
            .set("PURPOSE_STATE", purpose.granted ? "agreed" : "no");
    }
}

// POST, so that an address never stands in a log or a history.
Task<Result<net::HttpResponse>> post_reader(DeskCall call) {
    const std::string address(trim(call.form.get("address")));
    const Result<audience::ReaderRecord> record =
        co_await call.services.audience.show_by_address(address);
    if (!record) {
        AudiencePage what;
        what.problem = record.error().message();
        what.status = status_of(record.error().kind());
        co_return co_await audience_page(call.services, call.caller, std::move(what));
    }
    DeskPage page(call.services, &call.caller, DeskTab::Audience, "One reader");
    fill_reader(page.values(), *record);
    co_return page.render("desk_reader.html.tpl");
}

Task<Result<net::HttpResponse>> post_export(DeskCall call) {
    const std::string address(call.form.get("address"));
    CO_TRY_AS(audience::ReaderRecord record,
              co_await call.services.audience.export_by_address(address, staff_evidence(call)));
    net::HttpResponse response =
        json_response(200, boost::json::serialize(reader_json(record)) + "\n");
    response.headers.set("Content-Disposition", "attachment; filename=\"reader.json\"");
    co_return response;
}

Task<Result<net::HttpResponse>> post_erase(DeskCall call) {
    const std::string address(call.form.get("address"));
    if (!ascii_iequals(trim(call.form.get("again")), address)) {
        co_return invalid("The two addresses differ: nothing was erased.");
    }
    CO_TRY(co_await call.services.audience.erase_by_address(address, staff_evidence(call)));
    co_return see_other("/desk/audience?erased=1");
}

}  // namespace

void add_desk_audience_routes(Router& router, const NewsroomServices& services) {
    const auto add = [&router, &services](std::string_view method, std::string_view pattern,
                                          Permission permission, DeskHandler handler) {
        add_desk(router, services, method, pattern, permission, handler);
    };
    add("GET", "/desk/audience", Permission::ReadLists, get_audience);
    add("POST", "/desk/audience/lists", Permission::ChangeLists, post_list);
    add("GET", "/desk/audience/lists/{file}", Permission::ReadSubscribers, get_list_csv);
    add("POST", "/desk/audience/reader", Permission::ReadSubscribers, post_reader);
    add("POST", "/desk/audience/reader/export", Permission::ReadSubscribers, post_export);
    add("POST", "/desk/audience/reader/erase", Permission::ChangeSubscribers, post_erase);
}

}  // namespace tocsin::web
