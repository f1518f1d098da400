#include "web/desk_watch.h"

#include <algorithm>
#include <map>

#include <boost/json.hpp>

#include "delivery/ledger_export.h"
#include "delivery/status.h"
#include "web/alert_json.h"
#include "web/clock_curve.h"
#include "web/desk_routes.h"
#include "web/desk_support.h"
#include "web/ledger_download.h"
#include "web/page.h"

namespace tocsin::web {

namespace {

using model::Permission;

constexpr std::chrono::milliseconds kTick{200};
constexpr std::size_t kDomainsShown = 12;
constexpr std::size_t kFailuresShown = 12;
// Answers are grouped from the first partitions only: a page must not read a million lines.
constexpr std::int64_t kPartitionsRead = 10;

struct Failure {
    std::string outcome, reply;
    std::uint64_t count = 0;
};

struct Around {
    std::vector<store::ListName> lists;
    std::vector<store::FullAlert> followers;
    std::optional<store::FullAlert> original;
};

Task<Result<Around>> read_around(const NewsroomServices& services, store::FullAlert full) {
    auto look = [full](store::Database& db) -> Result<Around> {
        Around around;
        around.lists = store::find_list_names(db, full.content.lists);
        around.followers = store::list_followers(db, full.alert.id);
        if (full.content.of.valid()) {
            around.original = store::find_full_alert(db, full.content.of);
        }
        return around;
    };
    co_return co_await services.store.read(std::move(look));
}

using FailureGroups = std::map<std::pair<std::string, std::string>, std::uint64_t>;

struct GroupedPartition {
    FailureGroups groups;
    bool more = false;
};

Result<GroupedPartition> group_partition(store::Database& db, AlertId id, std::int64_t partition,
                                         const std::string& message_id_domain) {
    std::vector<delivery::LedgerLine> lines;
    GroupedPartition grouped_lines;
    TRY_AS(grouped_lines.more,
           delivery::read_ledger_partition(db, id, partition, message_id_domain, lines));
    for (const delivery::LedgerLine& line : lines) {
        if (line.outcome != "delivered" && line.outcome != "pending") {
            ++grouped_lines.groups[{line.outcome, line.reply}];
        }
    }
    return grouped_lines;
}

// One partition a store closure, so that reading them never holds up the ledger.
Task<std::vector<Failure>> read_failures(const NewsroomServices& services, AlertId id) {
    FailureGroups groups;
    const std::string domain = services.alerts.settings().message_id_domain;
    for (std::int64_t partition = 0; partition < kPartitionsRead; ++partition) {
        auto look = [id, partition, domain](store::Database& db) -> Result<GroupedPartition> {
            return group_partition(db, id, partition, domain);
        };
        const Result<GroupedPartition> read = co_await services.store.read(std::move(look));
        if (!read) {
            break;  // the page is worth showing without the answers
        }
        for (const auto& [key, count] : read->groups) {
            groups[key] += count;
        }
        if (!read->more) {
            break;
        }
    }
    std::vector<Failure> failures;
    for (const auto& [key, count] : groups) {
        failures.push_back(Failure{key.first, key.second, count});
    }
    std::ranges::sort(failures, std::ranges::greater(), &Failure::count);
    failures.resize(std::min(failures.size(), kFailuresShown));
    co_return failures;
}

// Nothing is on its way any more.
bool is_over(const delivery::AlertStatus& status) {
    return status.state != "released" && status.pending() + status.counts.deferred == 0;
}

void fill_counts(mail::TemplateValues& values, const delivery::AlertStatus& status) {
    const delivery::OutcomeCounts& counts = status.counts;
    values.set("AUDIENCE_RAW", std::max<std::uint64_t>(status.audience, 1));
    values.set("SETTLED_RAW", counts.settled());
    values.set("AUDIENCE", grouped(status.audience));
    values.set("DELIVERED", grouped(counts.delivered));
    values.set("PENDING", grouped(status.pending()));
    values.set("DEFERRED", grouped(counts.deferred));
    values.set("FAILED", grouped(counts.failed));
    values.set("EXPIRED", grouped(counts.expired));
    values.set("SUPPRESSED", grouped(counts.suppressed));
    values.set("UNKNOWN", grouped(counts.unknown));
    values.set("FIRST", duration_text(status.clock.first_ms));
    values.set("P50", duration_text(status.clock.p50_ms));
    values.set("P90", duration_text(status.clock.p90_ms));
    values.set("P99", duration_text(status.clock.p99_ms));
    values.set("LAST", duration_text(status.clock.last_ms));
}

std::string pace_text(const delivery::AlertStatus& status) {
    std::string text;
    if (is_over(status)) {
        return status.clock.last_ms ? "The last one after " + duration_text(status.clock.last_ms)
                                    : "";
    }
    if (status.rate >= 1) {
        text = grouped(static_cast<std::uint64_t>(status.rate)) + " a second";
    }
    if (!status.reason.empty()) {
        text += (text.empty() ? "" : " \xC2\xB7 ") + status.reason;
    }
    return text;
}

void fill_domains(mail::TemplateValues& values, const delivery::AlertStatus& status) {
    // While the alert runs the table is there, if only hidden, for the script to fill.
    if (status.domains.empty() && is_over(status)) {
        return;
    }
    values.show("SHOW_DOMAINS").show_if(status.domains.empty(), "NO_DOMAINS");
    const std::size_t shown = std::min(status.domains.size(), kDomainsShown);
    for (std::size_t i = 0; i < shown; ++i) {
        const delivery::DomainProgress& domain = status.domains[i];
        mail::TemplateValues& row = values.add("DOMAIN");
        row.set("NAME", domain.domain);
        row.set("DOMAIN_DELIVERED", grouped(domain.counts.delivered));
        row.set("DOMAIN_DEFERRED", grouped(domain.counts.deferred));
        row.set("DOMAIN_FAILED", grouped(domain.counts.failed + domain.counts.expired));
        row.set("DOMAIN_P90", duration_text(domain.clock.p90_ms));
    }
}

void fill_header(mail::TemplateValues& values, const alerts::AlertView& view,
                 const Around& around) {
    const store::FullAlert& full = view.full;
    values.set("ID", full.alert.id.value());
    values.set("HEADLINE", headline_text(full.content));
    values.set("KIND", kind_text(full.content.kind));
    values.set("LISTS", names_text(around.lists));
    values.set("STATE", state_text(full.alert.state));
    const Time released = full.alert.released_at.value_or(full.alert.created_at);
    set_time(values, "AT", released);
    values.set("RELEASED_MS", to_ms(released));
    std::string approvers;
    for (const store::ApprovalRow& approval : view.approvals.given) {
        approvers += (approvers.empty() ? "" : " and ") + person_text(approval.approved_by);
    }
    values.set_if_any("APPROVED_BY", approvers);
    if (around.original) {
        values.set("OF", around.original->alert.id.value());
        values.set_if_any("ORIGINAL_HEADLINE", headline_text(around.original->content));
    }
    for (const store::FullAlert& follower : around.followers) {
        mail::TemplateValues& row = values.add("FOLLOWER");
        row.set("FOLLOWER_ID", follower.alert.id.value());
        row.set("FOLLOWER_KIND", kind_text(follower.content.kind));
        row.set("FOLLOWER_HEADLINE", headline_text(follower.content));
    }
    values.show_if(!around.followers.empty(), "HAS_FOLLOWERS");
}

}  // namespace

Task<Result<net::HttpResponse>> watch_page(const NewsroomServices& services, const Caller& caller,
                                           alerts::AlertView view) {
    const AlertId id = view.full.alert.id;
    CO_TRY_AS(delivery::AlertStatus status, co_await read_status(services, id));
    CO_TRY_AS(Around around, co_await read_around(services, view.full));
    std::vector<Failure> failures;
    if (status.counts.delivered < status.counts.settled() + status.counts.deferred) {
        failures = co_await read_failures(services, id);
    }
    const bool running = view.full.alert.state == model::AlertState::Released;
    DeskPage page(services, &caller, DeskTab::Alerts, headline_text(view.full.content));
    mail::TemplateValues& values = page.values();
    fill_header(values, view, around);
    fill_counts(values, status);
    fill_domains(values, status);
    values.set("PACE", pace_text(status));
    const ClockCurve curve = clock_curve(status);
    values.set("CURVE_LINE", curve.line).set("CURVE_AREA", curve.area);
    for (const Failure& failure : failures) {
        mail::TemplateValues& row = values.add("FAILURE");
        row.set("REPLY", failure.reply.empty() ? "(no answer)" : failure.reply);
        row.set("OUTCOME", failure.outcome).set("COUNT", grouped(failure.count));
    }
    values.show_if(!failures.empty(), "HAS_FAILURES");
    values.show_if(running, "RUNNING").show_if(is_over(status), "IS_OVER");
    values.show_if(view.full.alert.state == model::AlertState::Stopped, "IS_STOPPED");
    values.show_if(view.full.alert.state == model::AlertState::Finished, "IS_FINISHED");
    values.show_if(running && caller.actor.allows(Permission::StopAlerts), "CAN_STOP");
    values.set("PAGE_URL", services.public_url + "/alerts/" + view.full.alert.slug);
    if (status.pending() + status.counts.deferred > 0 || running) {
        values.set("EVENTS_URL", fmt::format("/desk/alerts/{}/events", id.value()));
        page.refresh();
    }
    co_return page.render("desk_alert.html.tpl");
}

namespace {

// Ready to show: the script writes these texts into the page and computes nothing.
std::string event_of(const delivery::AlertStatus& status) {
    boost::json::object out;
    const auto text = [&out](std::string_view key, std::string_view value) {
        out[boost::json::string_view(key.data(), key.size())] =
            boost::json::string(value.data(), value.size());
    };
    const delivery::OutcomeCounts& counts = status.counts;
    text("state",
         state_text(model::parse_alert_state(status.state).value_or(model::AlertState::Released)));
    text("delivered", grouped(counts.delivered));
    text("audience", grouped(status.audience));
    text("pending", grouped(status.pending()));
    text("deferred", grouped(counts.deferred));
    text("failed", grouped(counts.failed));
    text("expired", grouped(counts.expired));
    text("suppressed", grouped(counts.suppressed));
    text("unknown", grouped(counts.unknown));
    text("first_ms", duration_text(status.clock.first_ms));
    text("p50_ms", duration_text(status.clock.p50_ms));
    text("p90_ms", duration_text(status.clock.p90_ms));
    text("p99_ms", duration_text(status.clock.p99_ms));
    text("last_ms", duration_text(status.clock.last_ms));
    text("axis", duration_text(status.clock.last_ms));
    text("pace", pace_text(status));
    const ClockCurve curve = clock_curve(status);
    text("line", curve.line);
    text("area", curve.area);
    out["settled_raw"] = counts.settled();
    out["audience_raw"] = status.audience;
    boost::json::array domains;
    const std::size_t shown = std::min(status.domains.size(), kDomainsShown);
    for (std::size_t i = 0; i < shown; ++i) {
        const delivery::DomainProgress& domain = status.domains[i];
        domains.push_back(boost::json::array{domain.domain, grouped(domain.counts.delivered),
                                             grouped(domain.counts.deferred),
                                             grouped(domain.counts.failed + domain.counts.expired),
                                             duration_text(domain.clock.p90_ms)});
    }
    out["domains"] = std::move(domains);
    return boost::json::serialize(out);
}

// Sends what changed, five times a second at the most, and a comment now and then so that a dead
// connection is noticed.
Task<void> stream_events(const NewsroomServices& services, AlertId id, net::HttpStream& stream) {
    constexpr int kTicksToComment = 50;
    std::string last;
    int quiet = 0;
    while (!stream.closed()) {
        const Result<delivery::AlertStatus> status = co_await read_status(services, id);
        if (!status) {
            co_return;
        }
        std::string now = event_of(*status);
        if (now != last) {
            if (!co_await stream.write("event: status\ndata: " + now + "\n\n")) {
                co_return;
            }
            last = std::move(now);
            quiet = 0;
        } else if (++quiet % kTicksToComment == 0 && !co_await stream.write(": still here\n\n")) {
            co_return;
        }
        if (is_over(*status)) {
            (void)co_await stream.write("event: end\ndata: {}\n\n");
            co_return;
        }
        co_await sleep_for(kTick);
    }
}

Task<Result<net::HttpResponse>> get_events(DeskCall call) {
    CO_TRY_AS(AlertId id, path_alert(call.context));
    CO_TRY(co_await call.services.alerts.find(id));
    net::HttpResponse response;
    response.headers.set("Content-Type", "text/event-stream");
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Accel-Buffering", "no");
    const NewsroomServices& services = call.services;
    response.stream = [&services, id](net::HttpStream& stream) {
        return stream_events(services, id, stream);
    };
    co_return response;
}

Task<Result<net::HttpResponse>> get_ledger_csv(DeskCall call) {
    CO_TRY_AS(AlertId id, path_alert(call.context));
    co_return co_await ledger_download(call.services, id, LedgerFormat::Csv);
}

}  // namespace

void add_desk_watch_routes(Router& router, const NewsroomServices& services) {
    add_desk(router, services, "GET", "/desk/alerts/{id}/events", Permission::ReadAlerts,
             get_events);
    add_desk(router, services, "GET", "/desk/alerts/{id}/ledger.csv", Permission::ReadSubscribers,
             get_ledger_csv);
}

}  // namespace tocsin::web
