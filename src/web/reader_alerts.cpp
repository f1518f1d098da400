// The alerts on the web: /alerts, /alerts/{slug}, /feed.atom, /feed.json. A corrected or retracted
// alert says so above its headline, for as long as the page exists.
#include "audience/audience.h"
#include "store/alerts.h"
#include "store/store.h"
#include "web/feeds.h"
#include "web/reader_pages.h"
#include "web/reader_render.h"

namespace tocsin::web {

namespace {

constexpr std::size_t kShownMax = 50;

using AlertList = std::vector<store::FullAlert>;

// What the page of one alert needs.
struct AlertStory {
    store::FullAlert full;
    std::optional<store::FullAlert> original;
    AlertList followers;  // oldest first
};

Result<AlertList> read_released(store::Database& db) {
    return store::list_released(db, kShownMax);
}

Result<AlertStory> read_story(store::Database& db, const std::string& slug) {
    std::optional<store::FullAlert> full = store::find_public_alert(db, slug);
    if (!full) {
        return not_found("there is no such alert");
    }
    AlertStory story;
    story.followers = store::list_followers(db, full->alert.id);
    if (full->alert.of.valid()) {
        story.original = store::find_full_alert(db, full->alert.of);
    }
    story.full = std::move(*full);
    return story;
}

PagePolicy public_policy() {
    PagePolicy policy;
    policy.caching = Caching::Revalidate;
    return policy;
}

// The list whose sign-up box stands beside the alerts: the first there is.
void add_box(mail::TemplateValues& values, const PageReader& reader,
             const Result<std::vector<audience::ListInfo>>& lists, std::string_view path) {
    if (!lists || lists->empty()) {
        return;
    }
    BoxState box;
    box.list = lists->front().slug;
    box.title = lists->front().name;
    box.page_url = reader.services.public_url + std::string(path);
    values.show("BOX");
    fill_box(values, reader, box);
}

std::string mark_of(const PageReader& reader, const FeedItem& item) {
    std::string mark;
    for (const FeedNote& note : item.notes) {
        if (note.kind == model::AlertKind::Retraction) {
            mark = reader.text("kind.retracted");
        } else if (note.kind == model::AlertKind::Correction && mark.empty()) {
            mark = reader.text("kind.corrected");
        }
    }
    return mark;
}

// Of an alert nothing: that is what is expected.
std::string kind_of(const PageReader& reader, model::AlertKind kind) {
    return kind_label(reader.services.templates.catalog(), reader.language, kind);
}

Task<net::HttpResponse> alerts_page(const ReaderServices& services, Context context) {
    const PageReader reader = reader_of(services, context.request);
    auto alerts = co_await services.store.read(read_released);
    if (!alerts) {
        co_return failure_page(reader, alerts.error());
    }
    const auto lists = co_await services.audience.offered_lists();
    mail::TemplateValues values = page_values(reader, reader.text("alerts.title"));
    values.set("MAIN_CLASS", "wide");
    values.show("FEEDS");
    values.show_if(alerts->empty(), "NO_ALERTS");
    for (const FeedItem& item : feed_items(*alerts, "")) {
        mail::TemplateValues& entry = values.add("ALERT");
        entry.set_if_any("KIND", kind_of(reader, item.kind));
        entry.set("ALERT_URL", item.url);
        entry.set("HEADLINE", item.headline);
        entry.set("SUMMARY", item.summary);
        entry.set("ISO_TIME", rfc3339(item.released));
        entry.set("SHOWN_TIME", reader.shown_time(item.released));
        entry.set_if_any("MARKED", mark_of(reader, item));
    }
    add_box(values, reader, lists, context.request.path);
    co_return conditional(
        context.request,
        reader_page(reader, 200, "templates/reader_alerts.html.tpl", values, public_policy()));
}

void fill_followers(mail::TemplateValues& values, const PageReader& reader,
                    const AlertList& followers) {
    bool updates = false;
    for (const store::FullAlert& follower : followers) {
        const std::string url = "/alerts/" + follower.alert.slug;
        const Time at = follower.alert.released_at.value_or(follower.alert.created_at);
        if (follower.alert.kind == model::AlertKind::Update) {
            mail::TemplateValues& update = values.add("UPDATE");
            update.set("UPDATE_URL", url);
            update.set("UPDATE_HEADLINE", follower.content.headline);
            update.set("UPDATE_ISO", rfc3339(at));
            update.set("UPDATE_SHOWN", reader.shown_time(at));
            updates = true;
            continue;
        }
        const bool retracts = follower.alert.kind == model::AlertKind::Retraction;
        mail::TemplateValues& notice = values.add("NOTICE");
        notice.set("NOTICE_KIND", reader.text(retracts ? "kind.retracted" : "kind.corrected"));
        notice.set("NOTICE_URL", url);
        notice.set("NOTICE_HEADLINE", follower.content.headline);
        notice.set("NOTICE_ISO", rfc3339(at));
        notice.set("NOTICE_SHOWN", reader.shown_time(at));
        values.show_if(retracts, "RETRACTED");
    }
    values.show_if(updates, "UPDATES");
}

bool is_retracted(const AlertList& followers) {
    return std::ranges::any_of(followers, [](const store::FullAlert& follower) {
        return follower.alert.kind == model::AlertKind::Retraction;
    });
}

Task<net::HttpResponse> alert_page(const ReaderServices& services, Context context) {
    const PageReader reader = reader_of(services, context.request);
    const std::string slug = context.param("slug");
    auto read = [slug](store::Database& db) { return read_story(db, slug); };
    auto story = co_await services.store.read(std::move(read));
    if (!story) {
        co_return story.error().kind() == ErrorKind::NotFound ? status_page(reader, 404)
                                                              : failure_page(reader, story.error());
    }
    const auto lists = co_await services.audience.offered_lists();
    const store::FullAlert& full = story->full;
    const Time released = full.alert.released_at.value_or(full.alert.created_at);
    mail::TemplateValues values = page_values(reader, full.content.headline);
    values.show("FEEDS");
    values.set_if_any("KIND", kind_of(reader, full.alert.kind));
    values.set("HEADLINE", full.content.headline);
    values.set("SUMMARY", full.content.summary);
    values.set("ISO_TIME", rfc3339(released));
    values.set("SHOWN_TIME", reader.shown_time(released));
    values.show_if(full.alert.state == model::AlertState::Stopped, "STOPPED");
    if (!is_retracted(story->followers)) {  // nobody is sent to what the newsroom has taken back
        values.set_if_any("URL", full.content.url);
    }
    for (const std::string_view text : model::paragraphs(full.content.body)) {
        values.add("PARAGRAPH").set("TEXT", text);
    }
    if (story->original && model::was_released(story->original->alert.state)) {
        mail::TemplateValues& original = values.add("ORIGINAL");
        original.set("ORIGINAL_URL", "/alerts/" + story->original->alert.slug);
        original.set("ORIGINAL_HEADLINE", story->original->content.headline);
    }
    fill_followers(values, reader, story->followers);
    add_box(values, reader, lists, context.request.path);
    co_return conditional(
        context.request,
        reader_page(reader, 200, "templates/reader_alert.html.tpl", values, public_policy()));
}

enum class Format { Atom, Json };

Task<net::HttpResponse> feed(const ReaderServices& services, Format format, Context context) {
    auto alerts = co_await services.store.read(read_released);
    if (!alerts) {
        co_return text_response(status_of(alerts.error().kind()), "Please try again later.\n");
    }
    FeedInfo info;
    info.site_name = services.site_name;
    info.public_url = services.public_url;
    info.language = offered_languages(services).front();
    const mail::Catalog& catalog = services.templates.catalog();
    const std::vector<FeedItem> items = feed_items(*alerts, services.public_url);
    net::HttpResponse response =
        text_response(200, format == Format::Atom ? atom_feed(catalog, info, items)
                                                  : json_feed(catalog, info, items));
    response.headers.set("Content-Type", format == Format::Atom
                                             ? "application/atom+xml; charset=utf-8"
                                             : "application/feed+json; charset=utf-8");
    response.headers.set("Cache-Control", "no-cache");
    response.headers.set("Access-Control-Allow-Origin", "*");
    co_return conditional(context.request, std::move(response));
}

}  // namespace

void add_alert_routes(Router& router, const ReaderServices& services) {
    const ReaderServices* s = &services;
    router.add("GET", "/alerts",
               [s](Context context) { return alerts_page(*s, std::move(context)); });
    router.add("GET", "/alerts/{slug}",
               [s](Context context) { return alert_page(*s, std::move(context)); });
    router.add("GET", "/feed.atom",
               [s](Context context) { return feed(*s, Format::Atom, std::move(context)); });
    router.add("GET", "/feed.json",
               [s](Context context) { return feed(*s, Format::Json, std::move(context)); });
}

void add_reader_home(Router& router, const ReaderServices& services) {
    const ReaderServices* s = &services;
    router.add("GET", "/", [s](Context context) { return alerts_page(*s, std::move(context)); });
}

}  // namespace tocsin::web
