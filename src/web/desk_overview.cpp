// The first page: what is on the wire, what is being written, what was sent, the lists.
#include <charconv>

#include "audience/audience.h"
#include "base/bytes.h"
#include "delivery/status.h"
#include "store/lists.h"
#include "web/desk_routes.h"
#include "web/desk_support.h"

namespace tocsin::web {

namespace {

constexpr std::size_t kAlertsShown = 25;

struct Line {
    store::FullAlert full;
    std::vector<store::ListName> lists;
    delivery::AlertStatus status;  // of released ones
};

struct ListLine {
    store::ListRow list;
    store::ListCounts counts;
};

struct Overview {
    std::vector<Line> lines;
    std::vector<ListLine> lists;
    AlertId older;  // where the next page begins; not valid on the last
};

Result<Overview> read_overview(store::Database& db, const DeliveryView& delivery, AlertId before) {
    Overview overview;
    std::vector<store::FullAlert> found = store::list_alerts(db, before, kAlertsShown + 1);
    if (found.size() > kAlertsShown) {
        found.pop_back();
        overview.older = found.back().alert.id;
    }
    for (store::FullAlert& full : found) {
        Line line;
        line.lists = store::find_list_names(db, full.content.lists);
        if (model::was_released(full.alert.state)) {
            TRY_AS(line.status,
                   delivery::alert_status(db, full.alert.id, delivery.progress(db, full.alert.id)));
        }
        line.full = std::move(full);
        overview.lines.push_back(std::move(line));
    }
    for (store::ListRow& list : store::all_lists(db)) {
        ListLine line;
        line.counts = store::count_list(db, list.id);
        line.list = std::move(list);
        overview.lists.push_back(std::move(line));
    }
    return overview;
}

void fill_common(mail::TemplateValues& values, const Line& line) {
    values.set("ID", line.full.alert.id.value());
    values.set("HEADLINE", headline_text(line.full.content));
    values.set("KIND", kind_text(line.full.content.kind));
    values.set("LISTS", line.lists.empty() ? "no list chosen" : names_text(line.lists));
}

void fill_draft(mail::TemplateValues& values, const Line& line) {
    fill_common(values, line);
    const bool approved = line.full.alert.state == model::AlertState::Approved;
    values.set("STATE", approved ? "Approved, not released" : "Draft");
    values.show_if(approved, "APPROVED");
    values.set("AUTHOR", person_text(line.full.revision.created_by));
    set_time(values, "AT", line.full.revision.created_at);
}

void fill_live(mail::TemplateValues& values, const Line& line) {
    fill_common(values, line);
    const delivery::AlertStatus& status = line.status;
    values.set("AUDIENCE_RAW", status.audience);
    values.set("SETTLED_RAW", status.counts.settled());
    values.set("AUDIENCE", grouped(status.audience));
    values.set("DELIVERED", grouped(status.counts.delivered));
    values.set("RATE", status.rate >= 1
                           ? grouped(static_cast<std::uint64_t>(status.rate)) + " a second"
                           : "");
}

void fill_sent(mail::TemplateValues& values, const Line& line) {
    fill_common(values, line);
    const delivery::AlertStatus& status = line.status;
    values.show_if(line.full.content.kind != model::AlertKind::Alert, "IS_FOLLOW_UP");
    values.show_if(line.full.alert.state == model::AlertState::Stopped, "IS_STOPPED");
    set_time(values, "AT", line.full.alert.released_at.value_or(line.full.alert.created_at));
    values.set("DELIVERED", grouped(status.counts.delivered));
    values.set("AUDIENCE", grouped(status.audience));
    if (status.counts.failed > 0) {
        values.set_if_any("FAILED", grouped(status.counts.failed));
    }
    values.set("P90", duration_text(status.clock.p90_ms));
}

void fill_lines(mail::TemplateValues& values, const Overview& overview) {
    bool live = false;
    bool drafts = false;
    bool sent = false;
    for (const Line& line : overview.lines) {
        switch (line.full.alert.state) {
            case model::AlertState::Draft:
            case model::AlertState::Approved:
                fill_draft(values.add("DRAFT"), line);
                drafts = true;
                break;
            case model::AlertState::Released:
                fill_live(values.add("LIVE"), line);
                live = true;
                break;
            case model::AlertState::Stopped:
            case model::AlertState::Finished:
                fill_sent(values.add("SENT"), line);
                sent = true;
                break;
        }
    }
    values.show_if(live, "HAS_LIVE").show_if(live, "REFRESH").show_if(drafts, "HAS_DRAFTS");
    values.show(sent ? "HAS_SENT" : "NONE_SENT");
}

Task<Result<net::HttpResponse>> get_overview(DeskCall call) {
    const NewsroomServices& services = call.services;
    std::int64_t before = 0;
    const std::string_view asked = call.query.get("before");
    std::from_chars(asked.data(), asked.data() + asked.size(), before);
    auto look = [&view = services.delivery, before](store::Database& db) -> Result<Overview> {
        return read_overview(db, view, AlertId(std::max<std::int64_t>(before, 0)));
    };
    CO_TRY_AS(Overview overview, co_await services.store.read(std::move(look)));
    DeskPage page(services, &call.caller, DeskTab::Alerts, "Alerts");
    mail::TemplateValues& values = page.values();
    fill_lines(values, overview);
    values.set_if_any("HALTED", services.delivery.halted());
    if (overview.older.valid()) {
        values.set_if_any("OLDER", std::to_string(overview.older.value()));
    }
    for (const ListLine& line : overview.lists) {
        mail::TemplateValues& row = values.add("LIST");
        row.set("NAME", line.list.name).set("SLUG", line.list.slug);
        row.set("ACTIVE", grouped(static_cast<std::uint64_t>(line.counts.active)));
    }
    values.show_if(overview.lists.empty(), "NO_LISTS");
    co_return page.render("desk_overview.html.tpl");
}

}  // namespace

void add_desk_overview_routes(Router& router, const NewsroomServices& services) {
    add_desk(router, services, "GET", "/desk", model::Permission::ReadAlerts, get_overview);
}

}  // namespace tocsin::web
