#include "alerts/transitions.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crypto.h"
#include "net/url.h"
#include "store/desk.h"
#include "store/terms.h"

namespace tocsin::alerts {

namespace {

using model::AlertMove;
using model::AlertState;
using model::Permission;

Status allow(const model::Actor& actor, Permission permission, std::string_view what) {
    if (!actor.allows(permission)) {
        return Error(ErrorKind::Forbidden, fmt::format("You may not {}.", what));
    }
    return {};
}

void audit(store::Database& db, const Desk& desk, const model::Actor& actor,
           std::string_view action, const AlertView& view) {
    store::AuditRow row;
    row.at = desk.now;
    row.actor = actor.name;
    row.action = std::string(action);
    row.subject = fmt::format("alert:{}", view.full.alert.id.value());
    row.detail = fmt::format("revision {} {}", view.full.revision.number,
                             hex_encode(view.full.revision.hash));
    store::insert_audit(db, row);
}

Status check_move(const AlertView& view, AlertMove move, std::string_view what) {
    const AlertState state = view.full.alert.state;
    if (!model::after(state, move)) {
        return conflict(
            fmt::format("The alert is {}: it cannot be {}.", model::to_string(state), what));
    }
    return {};
}

Status check_seen(const AlertView& view, const std::string& seen) {
    if (!constant_time_equal(view.full.revision.hash, seen)) {
        return conflict(
            fmt::format("The alert was changed by {} since you looked at it. Read it again.",
                        view.full.revision.created_by));
    }
    return {};
}

// The alert that an update, correction or retraction follows must have been sent.
Status check_original(store::Database& db, const model::AlertContent& content) {
    if (!model::follows_another(content.kind) || !content.of.valid()) {
        return {};
    }
    const auto original = store::find_alert(db, content.of);
    if (!original) {
        return not_found("The alert that this one follows does not exist.");
    }
    if (!model::was_released(original->state)) {
        return conflict(fmt::format("A {} follows an alert that was released; this one was not.",
                                    model::to_string(content.kind)));
    }
    return {};
}

Status check_lists(store::Database& db, const std::vector<ListId>& lists) {
    if (store::find_list_names(db, lists).size() != lists.size()) {
        return not_found("One of the lists does not exist.");
    }
    return {};
}

// How many people's approvals of exactly this revision count.
int counted_approvals(const AlertView& view, const model::ApprovalRule& rule) {
    std::set<std::string> people;
    for (const store::ApprovalRow& approval : view.approvals.given) {
        const bool own = approval.approved_by == view.full.revision.created_by;
        if (approval.hash == view.full.revision.hash && (!own || rule.author_may_approve())) {
            people.insert(approval.approved_by);
        }
    }
    return static_cast<int>(people.size());
}

bool approved_by(const AlertView& view, const std::string& name) {
    return std::ranges::any_of(view.approvals.given, [&name](const store::ApprovalRow& approval) {
        return approval.approved_by == name;
    });
}

Result<std::string> compile_view(store::Database& db, const Desk& desk, const AlertView& view) {
    const store::FullAlert& full = view.full;
    TRY(model::check_content(full.content, model::Completeness::Complete));
    TRY(check_original(db, full.content));
    TRY_AS(MailContext context, mail_context(db, full.content, full.alert.id, full.alert.slug));
    return compile_alert(desk.templates, desk.settings, full.content, context, desk.now);
}

// Writes the approval; the last one that is needed compiles the message and moves the state.
Result<AlertView> add_approval(store::Database& db, const Desk& desk, const model::Actor& actor,
                               const AlertView& view, int needed) {
    const store::FullAlert& full = view.full;
    TRY_AS(std::string compiled, compile_view(db, desk, view));
    store::insert_approval(db, full.revision.id,
                           store::ApprovalRow{full.revision.hash, actor.name, desk.now});
    TRY_AS(AlertView now, view_alert(db, desk, full.alert.id));
    if (counted_approvals(now, desk.settings.approval) >= needed) {
        store::set_approved(db, full.alert.id, full.revision.id, compiled, desk.now);
    }
    audit(db, desk, actor, "alert.approve", view);
    return view_alert(db, desk, full.alert.id);
}

}  // namespace

std::vector<ListId> original_lists(store::Database& db, AlertId of) {
    const auto original = store::find_alert(db, of);
    return original ? original->lists : std::vector<ListId>{};
}

Result<model::AlertContent> prepare_content(store::Database& db, model::AlertContent content) {
    content = model::normalized(std::move(content));
    if (!content.url.empty()) {
        Result<std::string> url = net::parse_http_url(content.url);
        if (!url) {
            return url.error().with_context("The link");
        }
        content.url = std::move(*url);
    }
    TRY(check_original(db, content));
    if (model::goes_to_those_reached(content.kind)) {
        content.lists = original_lists(db, content.of);
    }
    TRY(model::check_content(content, model::Completeness::Draft));
    TRY(check_lists(db, content.lists));
    TRY(check_lists(db, content.exclude));
    return content;
}

Result<AlertView> view_alert(store::Database& db, const Desk& desk, AlertId id) {
    auto full = store::find_full_alert(db, id);
    if (!full) {
        return not_found(fmt::format("There is no alert {}.", id.value()));
    }
    AlertView view;
    view.full = std::move(*full);
    view.approvals.given = store::list_approvals(db, view.full.revision.id);
    view.approvals.needed = desk.settings.approval.approvals_needed();
    return view;
}

Result<AlertView> create_alert(store::Database& db, const Desk& desk, const model::Actor& actor,
                               model::AlertContent content) {
    TRY(allow(actor, Permission::WriteAlerts, "write alerts"));
    TRY_AS(content, prepare_content(db, std::move(content)));
    const store::NewRevision revision{std::move(content), actor.name, desk.now};
    TRY_AS(AlertView view, view_alert(db, desk, store::insert_alert(db, revision)));
    audit(db, desk, actor, "alert.create", view);
    return view;
}

Result<AlertView> revise_alert(store::Database& db, const Desk& desk, const model::Actor& actor,
                               AlertId id, const std::string& seen, model::AlertContent content) {
    TRY(allow(actor, Permission::WriteAlerts, "write alerts"));
    TRY_AS(AlertView view, view_alert(db, desk, id));
    TRY(check_move(view, AlertMove::Edit, "edited any more"));
    TRY(check_seen(view, seen));
    TRY_AS(content, prepare_content(db, std::move(content)));
    const store::NewRevision revision{std::move(content), actor.name, desk.now};
    store::insert_revision(db, id, revision);
    TRY_AS(view, view_alert(db, desk, id));
    audit(db, desk, actor, "alert.edit", view);
    return view;
}

Result<AlertView> approve_alert(store::Database& db, const Desk& desk, const model::Actor& actor,
                                AlertId id, const std::string& seen) {
    TRY(allow(actor, Permission::ApproveAlerts, "approve alerts"));
    TRY_AS(AlertView view, view_alert(db, desk, id));
    TRY(check_seen(view, seen));
    if (approved_by(view, actor.name)) {
        return view;  // pressing the button twice is one approval
    }
    TRY(check_move(view, AlertMove::Approve, "approved now"));
    const model::ApprovalRule& rule = desk.settings.approval;
    if (view.full.revision.created_by == actor.name && !rule.author_may_approve()) {
        return Error(ErrorKind::Forbidden,
                     "Somebody else must approve this alert: you wrote or edited it last.");
    }
    return add_approval(db, desk, actor, view, rule.approvals_needed());
}

Result<AlertView> cancel_alert_approval(store::Database& db, const Desk& desk,
                                        const model::Actor& actor, AlertId id) {
    // Whoever may write may also hold a text back: it only ever makes sending less likely.
    TRY(allow(actor, Permission::WriteAlerts, "withdraw approvals"));
    TRY_AS(AlertView view, view_alert(db, desk, id));
    TRY(check_move(view, AlertMove::CancelApproval, "withdrawn from approval"));
    store::cancel_approval(db, id);
    TRY_AS(view, view_alert(db, desk, id));
    audit(db, desk, actor, "alert.cancel_approval", view);
    return view;
}

Result<AlertView> check_release(store::Database& db, const Desk& desk, const model::Actor& actor,
                                AlertId id, const std::string& seen) {
    TRY(allow(actor, Permission::ReleaseAlerts, "release alerts"));
    TRY_AS(AlertView view, view_alert(db, desk, id));
    TRY(check_seen(view, seen));
    if (model::was_released(view.full.alert.state)) {
        return view;
    }
    if (view.full.alert.state == AlertState::Draft) {
        return conflict("The alert is not approved: it cannot be released.");
    }
    TRY(check_move(view, AlertMove::Release, "released"));
    CHECK(view.full.revision.compiled.has_value());
    return view;
}

Result<Released> release_alert(store::Database& db, const Desk& desk, const model::Actor& actor,
                               AlertId id, const std::string& seen) {
    TRY_AS(AlertView view, check_release(db, desk, actor, id, seen));
    Released released;
    if (model::was_released(view.full.alert.state)) {
        released.view = std::move(view);
        released.again = true;
        return released;
    }
    const model::AlertContent& content = view.full.content;
    TRY(check_original(db, content));
    TRY_AS(AudienceOrder order, audience_order(db, content, id, desk.now));
    if (model::goes_to_those_reached(content.kind)) {
        // Digests that wait with the story are put together anew: corrected, or without it.
        store::take_back_digests_with(db, content.of, desk.now);
    }
    TRY_AS(released.audience, desk.hooks.freeze(db, order));
    if (released.audience == 0) {
        return conflict("Nobody would get this alert: the audience is empty.");
    }
    TRY_AS(std::string compiled, redate(*view.full.revision.compiled, desk.now));
    store::set_released(
        db, id, store::Release{std::move(compiled), desk.now, desk.now + content.not_after});
    audit(db, desk, actor, "alert.release", view);
    TRY_AS(released.view, view_alert(db, desk, id));
    return released;
}

Result<AlertView> stop_alert(store::Database& db, const Desk& desk, const model::Actor& actor,
                             AlertId id) {
    TRY(allow(actor, Permission::StopAlerts, "stop alerts"));
    TRY_AS(AlertView view, view_alert(db, desk, id));
    if (view.full.alert.state == AlertState::Stopped) {
        return view;
    }
    TRY(check_move(view, AlertMove::Stop, "stopped"));
    store::set_stopped(db, id, desk.now);
    store::take_back_digests_with(db, id, desk.now);
    audit(db, desk, actor, "alert.stop", view);
    return view_alert(db, desk, id);
}

Result<Released> send_alert(store::Database& db, const Desk& desk, const model::Actor& actor,
                            model::AlertContent content) {
    TRY(allow(actor, Permission::Automate, "release alerts without a person"));
    TRY_AS(AlertView view, create_alert(db, desk, actor, std::move(content)));
    // Who may automate was allowed by the operator to stand behind what it sends, alone.
    TRY_AS(view, add_approval(db, desk, actor, view, 0));
    return release_alert(db, desk, actor, view.full.alert.id, view.full.revision.hash);
}

Result<AudienceOrder> audience_order(store::Database& db, const model::AlertContent& content,
                                     AlertId id, Time now) {
    AudienceOrder order;
    order.alert = id;
    order.kind = content.kind;
    order.of = content.of;
    order.lists = {content.lists, content.exclude};
    order.released_at = now;
    TRY(check_lists(db, content.lists));
    TRY(check_lists(db, content.exclude));
    if (content.lists.empty() && !model::goes_to_those_reached(content.kind)) {
        return invalid("Choose at least one list.");
    }
    return order;
}

Result<MailContext> mail_context(store::Database& db, const model::AlertContent& content,
                                 AlertId id, std::string slug) {
    MailContext context;
    context.alert = id;
    context.slug = std::move(slug);
    context.lists = store::find_list_names(db, content.lists);
    if (content.of.valid()) {
        const auto original = store::find_full_alert(db, content.of);
        if (!original) {
            return not_found("The alert that this one follows does not exist.");
        }
        context.original_headline = original->content.headline;
    }
    return context;
}

}  // namespace tocsin::alerts
