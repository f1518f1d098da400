// Reading an alert as it will be sent, approving it, releasing it. /desk/alerts/{id} is this page
// until the release and the running alert's page (desk_watch.cpp) afterwards.
#include "alerts/alerts.h"
#include "base/bytes.h"
#include "web/desk_routes.h"
#include "web/desk_support.h"
#include "web/desk_watch.h"
#include "web/mail_preview.h"
#include "web/page.h"

namespace tocsin::web {

namespace {

using model::Permission;

constexpr std::size_t kShortHashChars = 16;

struct Review {
    alerts::AlertView view;
    alerts::Preview preview;
    std::vector<store::ListName> lists, exclude;
    std::optional<store::FullAlert> original;
    std::uint64_t audience = 0;
};

Task<Result<Review>> read_review(const NewsroomServices& services, alerts::AlertView view) {
    Review review;
    CO_TRY_AS(review.preview, co_await services.alerts.preview(view));
    const model::AlertContent content = view.full.content;
    alerts::AlertDraft draft;
    draft.kind = content.kind;
    draft.of = content.of;
    draft.lists = content.lists;
    draft.exclude = content.exclude;
    // An audience that cannot be counted is shown as nobody, and release will say why.
    const Result<std::uint64_t> audience = co_await services.alerts.audience_count(draft);
    review.audience = audience ? *audience : 0;
    using Names = std::pair<std::vector<store::ListName>, std::vector<store::ListName>>;
    auto look = [content](store::Database& db) -> Result<Names> {
        return Names(store::find_list_names(db, content.lists),
                     store::find_list_names(db, content.exclude));
    };
    CO_TRY_AS(Names names, co_await services.store.read(std::move(look)));
    review.lists = std::move(names.first);
    review.exclude = std::move(names.second);
    if (content.of.valid()) {
        auto find = [content](store::Database& db) -> Result<std::optional<store::FullAlert>> {
            return store::find_full_alert(db, content.of);
        };
        CO_TRY_AS(review.original, co_await services.store.read(std::move(find)));
    }
    review.view = std::move(view);
    co_return review;
}

bool has_approved(const Review& review, const std::string& name) {
    for (const store::ApprovalRow& approval : review.view.approvals.given) {
        if (approval.approved_by == name) {
            return true;
        }
    }
    return false;
}

void fill_facts(mail::TemplateValues& values, const Review& review) {
    const store::FullAlert& full = review.view.full;
    values.set("ID", full.alert.id.value());
    values.set("KIND", kind_text(full.content.kind));
    values.set("HEADLINE", headline_text(full.content));
    values.set("SUMMARY", full.content.summary);
    if (review.preview.subject != full.content.headline) {
        values.set_if_any("SUBJECT", review.preview.subject);
    }
    values.set("FROM", fmt::format("{} <{}>", full.content.from_name, full.content.from_address));
    values.set("LIFE", life_text(full.content.not_after));
    values.show_if(full.content.repeat == model::Repeat::AtMostOnce, "AT_MOST_ONCE");
    values.set("AUTHOR", person_text(full.revision.created_by));
    set_time(values, "AT", full.revision.created_at);
    values.set("REVISION", full.revision.number);
    const std::string hash = hex_encode(full.revision.hash);
    values.set("HASH", hash).set("HASH_SHORT", hash.substr(0, kShortHashChars));
    values.set("AUDIENCE", grouped(review.audience));
    const bool reached = model::goes_to_those_reached(full.content.kind);
    const std::string readers = review.audience == 1 ? "reader" : "readers";
    values.set("REACH", reached ? readers + " who got the earlier alert"
                                : readers + " of " + names_text(review.lists));
    std::string lists = reached ? "the earlier alert" : names_text(review.lists);
    if (!review.exclude.empty()) {
        lists += ", not of " + names_text(review.exclude);
    }
    values.set("LISTS", lists);
    values.show_if(reached, "STOPS_ORIGINAL");
    for (const store::ApprovalRow& approval : review.view.approvals.given) {
        mail::TemplateValues& row = values.add("APPROVAL");
        row.set("BY", person_text(approval.approved_by));
        set_time(row, "BY_AT", approval.approved_at);
    }
    if (review.original) {
        values.set("OF", review.original->alert.id.value());
        values.set_if_any("ORIGINAL_HEADLINE", headline_text(review.original->content));
    }
}

// The one thing to do next, or who has to do it.
void fill_decision(mail::TemplateValues& values, const Review& review, const Caller& caller,
                   const model::ApprovalRule& rule) {
    const bool approved = review.view.full.alert.state == model::AlertState::Approved;
    const bool own = review.view.full.revision.created_by == caller.actor.name;
    const bool done = has_approved(review, caller.actor.name);
    const bool may_approve = caller.actor.allows(Permission::ApproveAlerts) && !done &&
                             (!own || rule.author_may_approve());
    if (!review.preview.problems.empty()) {
        values.show("HAS_PROBLEMS");
        for (const model::ContentProblem& problem : review.preview.problems) {
            values.add("CONTENT_PROBLEM").set("TEXT", problem.message);
        }
        return;
    }
    if (approved) {
        if (review.audience == 0) {
            values.set_if_any("WAITING", "Nobody would get this alert: its audience is empty.");
        } else if (caller.actor.allows(Permission::ReleaseAlerts)) {
            values.show("CAN_RELEASE");
        } else {
            values.set_if_any("WAITING", "Approved. An editor can release it.");
        }
        return;
    }
    if (may_approve) {
        values.show("CAN_APPROVE");
    } else if (done) {
        values.set_if_any("WAITING", "You approved it; it needs one more person's approval.");
    } else {
        values.set_if_any("WAITING", own ? "Somebody else must approve it: you wrote or edited it "
                                           "last."
                                         : "An editor must approve it.");
    }
}

Task<Result<net::HttpResponse>> review_page(const NewsroomServices& services, const Caller& caller,
                                            alerts::AlertView view) {
    CO_TRY_AS(Review review, co_await read_review(services, std::move(view)));
    const store::FullAlert& full = review.view.full;
    const bool approved = full.alert.state == model::AlertState::Approved;
    DeskPage page(services, &caller, DeskTab::Alerts, headline_text(full.content));
    mail::TemplateValues& values = page.values();
    values.set("STATE", approved ? "Approved, not released" : "Draft");
    values.show_if(approved, "APPROVED");
    fill_facts(values, review);
    const std::string own_page = services.public_url + "/alerts/" + full.alert.slug;
    values.set("LINK", full.content.url.empty() ? own_page : full.content.url);
    fill_decision(values, review, caller, services.alerts.settings().approval);
    const bool withdraw = !review.view.approvals.given.empty();
    values.show_if(withdraw && caller.actor.allows(Permission::WriteAlerts), "CAN_WITHDRAW");
    co_return page.render("desk_review.html.tpl");
}

Task<Result<net::HttpResponse>> get_alert(DeskCall call) {
    CO_TRY_AS(AlertId id, path_alert(call.context));
    CO_TRY_AS(alerts::AlertView view, co_await call.services.alerts.find(id));
    if (model::was_released(view.full.alert.state)) {
        co_return co_await watch_page(call.services, call.caller, std::move(view));
    }
    co_return co_await review_page(call.services, call.caller, std::move(view));
}

Task<Result<net::HttpResponse>> get_preview(DeskCall call) {
    CO_TRY_AS(AlertId id, path_alert(call.context));
    CO_TRY_AS(alerts::AlertView view, co_await call.services.alerts.find(id));
    CO_TRY_AS(alerts::Preview preview, co_await call.services.alerts.preview(std::move(view)));
    co_return frame_response(preview_document(preview, parse_preview_view(call.query.get("view"))));
}

std::string seen_in(const net::Form& form) {
    return hex_decode(form.get("seen")).value_or("");
}

net::HttpResponse back_to(AlertId id) {
    return see_other(fmt::format("/desk/alerts/{}", id.value()));
}

Task<Result<net::HttpResponse>> post_approve(DeskCall call) {
    CO_TRY_AS(AlertId id, path_alert(call.context));
    CO_TRY(co_await call.services.alerts.approve(call.caller.actor, id, seen_in(call.form)));
    co_return back_to(id);
}

Task<Result<net::HttpResponse>> post_cancel(DeskCall call) {
    CO_TRY_AS(AlertId id, path_alert(call.context));
    CO_TRY(co_await call.services.alerts.cancel_approval(call.caller.actor, id));
    co_return back_to(id);
}

Task<Result<net::HttpResponse>> post_release(DeskCall call) {
    CO_TRY_AS(AlertId id, path_alert(call.context));
    CO_TRY(co_await call.services.alerts.release(call.caller.actor, id, seen_in(call.form)));
    co_return back_to(id);
}

Task<Result<net::HttpResponse>> post_stop(DeskCall call) {
    CO_TRY_AS(AlertId id, path_alert(call.context));
    CO_TRY(co_await call.services.alerts.stop(call.caller.actor, id));
    co_return back_to(id);
}

}  // namespace

void add_desk_review_routes(Router& router, const NewsroomServices& services) {
    const auto add = [&router, &services](std::string_view method, std::string_view pattern,
                                          Permission permission, DeskHandler handler) {
        add_desk(router, services, method, pattern, permission, handler);
    };
    add("GET", "/desk/alerts/{id}", Permission::ReadAlerts, get_alert);
    add("GET", "/desk/alerts/{id}/preview", Permission::ReadAlerts, get_preview);
    add("POST", "/desk/alerts/{id}/approve", Permission::ApproveAlerts, post_approve);
    add("POST", "/desk/alerts/{id}/cancel-approval", Permission::WriteAlerts, post_cancel);
    add("POST", "/desk/alerts/{id}/release", Permission::ReleaseAlerts, post_release);
    add("POST", "/desk/alerts/{id}/stop", Permission::StopAlerts, post_stop);
}

}  // namespace tocsin::web
