// The part that waits: each member gathers what it needs, runs one move of transitions.h in a store
// transaction, and then tells delivery. What decides is there, not here.
#include "alerts/alerts.h"

#include "alerts/alert_compile.h"
#include "alerts/transitions.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/url.h"

namespace tocsin::alerts {

namespace {

constexpr int kStopAttempts = 20;
constexpr Milliseconds kStopPause{500};

constexpr std::size_t kNonceBytes = 16;
constexpr std::chrono::hours kIdempotencyLife{24};

// An earlier answer to the same key, if there is one; Conflict if the request was another.
Result<std::optional<Released>> replay(store::Database& db, const Desk& desk,
                                       const IdempotencyKey& key) {
    if (key.key.empty()) {
        return std::optional<Released>();
    }
    store::prune_idempotent(db, desk.now - kIdempotencyLife);
    const auto kept = store::find_idempotent(db, key.scope, key.key);
    if (!kept) {
        return std::optional<Released>();
    }
    if (kept->request_hash != key.request_hash) {
        return conflict("This Idempotency-Key was used for another request.");
    }
    Released released;
    released.again = true;
    released.kept_answer = kept->response;
    return std::optional<Released>(std::move(released));
}

void keep_answer(store::Database& db, const Desk& desk, const IdempotencyKey& key,
                 const Released& released) {
    if (key.key.empty()) {
        return;
    }
    store::IdempotentAnswer answer;
    answer.request_hash = key.request_hash;
    answer.status = 201;
    answer.response = key.answer(released);
    store::insert_idempotent(db, key.scope, key.key, answer, desk.now);
}

Status check_key(const IdempotencyKey& key) {
    if (key.key.size() > limits::kIdempotencyKeyBytesMax) {
        return invalid(fmt::format("An Idempotency-Key has at most {} bytes.",
                                   limits::kIdempotencyKeyBytesMax));
    }
    return {};
}

// The audience of a release to come; of nobody in particular yet.
AudienceOrder order_of(const model::AlertContent& content) {
    AudienceOrder order;
    order.kind = content.kind;
    order.of = content.of;
    order.lists = {content.lists, content.exclude};
    return order;
}

}  // namespace

Alerts::Alerts(store::Store& store, const Clock& clock, Random& random,
               const mail::Templates& templates, AlertsSettings settings, AlertHooks hooks)
    : store_(store),
      clock_(clock),
      random_(random),
      templates_(templates),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)) {}

model::AlertContent Alerts::content_of(const AlertDraft& draft) {
    model::AlertContent content;
    content.kind = draft.kind;
    content.of = draft.of;
    content.headline = draft.headline;
    content.summary = draft.summary;
    content.url = draft.url;
    content.body = draft.body;
    content.lists = draft.lists;
    content.exclude = draft.exclude;
    content.priority = draft.priority;
    content.from_name = settings_.from_name;
    content.from_address = settings_.from_address;
    content.not_after = draft.not_after.value_or(settings_.not_after_default);
    content.repeat = draft.repeat;
    content.nonce = hex_encode(random_.bytes(kNonceBytes));
    return content;
}

Task<Result<AlertView>> Alerts::create(model::Actor actor, AlertDraft draft) {
    IdempotencyKey none;
    CO_TRY_AS(Released created,
              co_await create_once(std::move(actor), std::move(draft), std::move(none)));
    co_return std::move(created.view);
}

Task<Result<Released>> Alerts::create_once(model::Actor actor, AlertDraft draft,
                                           IdempotencyKey key) {
    CO_TRY(check_key(key));
    auto work = [this, actor, content = content_of(draft),
                 key](store::Database& db) -> Result<Released> {
        const Desk desk{settings_, hooks_, templates_, clock_.now()};
        TRY_AS(std::optional<Released> earlier, replay(db, desk, key));
        if (earlier) {
            return std::move(*earlier);
        }
        Released created;
        TRY_AS(created.view, create_alert(db, desk, actor, content));
        keep_answer(db, desk, key, created);
        return created;
    };
    CO_TRY_AS(Released created, co_await store_.write(std::move(work)));
    get_ready(created.view);
    co_return created;
}

Task<Result<AlertView>> Alerts::revise(model::Actor actor, AlertId id, std::string seen,
                                       AlertDraft draft) {
    auto work = [this, actor, id, seen,
                 content = content_of(draft)](store::Database& db) -> Result<AlertView> {
        const Desk desk{settings_, hooks_, templates_, clock_.now()};
        return revise_alert(db, desk, actor, id, seen, content);
    };
    CO_TRY_AS(AlertView view, co_await store_.write(std::move(work)));
    get_ready(view);
    co_return view;
}

Task<Result<AlertView>> Alerts::approve(model::Actor actor, AlertId id, std::string seen) {
    auto work = [this, actor, id, seen](store::Database& db) -> Result<AlertView> {
        const Desk desk{settings_, hooks_, templates_, clock_.now()};
        return approve_alert(db, desk, actor, id, seen);
    };
    CO_TRY_AS(AlertView view, co_await store_.write(std::move(work)));
    get_ready(view);
    co_return view;
}

Task<Result<AlertView>> Alerts::cancel_approval(model::Actor actor, AlertId id) {
    auto work = [this, actor, id](store::Database& db) -> Result<AlertView> {
        const Desk desk{settings_, hooks_, templates_, clock_.now()};
        return cancel_alert_approval(db, desk, actor, id);
    };
    co_return co_await store_.write(std::move(work));
}

Task<Result<Released>> Alerts::release(model::Actor actor, AlertId id, std::string seen) {
    auto look = [this, actor, id, seen](store::Database& db) -> Result<AlertView> {
        const Desk desk{settings_, hooks_, templates_, clock_.now()};
        return check_release(db, desk, actor, id, seen);
    };
    CO_TRY_AS(AlertView view, co_await store_.read(std::move(look)));
    if (view.full.alert.state == model::AlertState::Approved) {
        CO_TRY(co_await before_release(actor, view.full.content));
    }
    auto work = [this, actor, id, seen](store::Database& db) -> Result<Released> {
        const Desk desk{settings_, hooks_, templates_, clock_.now()};
        return release_alert(db, desk, actor, id, seen);
    };
    CO_TRY_AS(Released released, co_await store_.write(std::move(work)));
    if (!released.again) {
        hooks_.released(id);
    }
    co_return released;
}

void Alerts::get_ready(const AlertView& view) {
    if (hooks_.prewarm) {
        hooks_.prewarm();
    }
    if (hooks_.prepare && !view.full.content.lists.empty()) {
        hooks_.prepare(order_of(view.full.content));
    }
}

Task<Status> Alerts::before_release(model::Actor actor, model::AlertContent content) {
    if (model::goes_to_those_reached(content.kind)) {
        CO_TRY(co_await stop_original(std::move(actor), content.of));
    } else if (hooks_.prepared) {
        AudienceOrder order = order_of(content);
        co_await hooks_.prepared(std::move(order));
    }
    co_return Status();
}

Task<Status> Alerts::stop_original(model::Actor actor, AlertId original) {
    auto look = [original](store::Database& db) -> Result<model::AlertState> {
        const auto alert = store::find_alert(db, original);
        return alert ? alert->state : model::AlertState::Finished;
    };
    CO_TRY_AS(model::AlertState state, co_await store_.read(std::move(look)));
    if (state == model::AlertState::Released) {
        hooks_.stop_now(original);
        // Who may release a correction may stop what it corrects.
        actor.permissions = actor.permissions | model::Permissions{model::Permission::StopAlerts};
        auto work = [this, actor, original](store::Database& db) -> Status {
            const Desk desk{settings_, hooks_, templates_, clock_.now()};
            const Result<AlertView> stopped = stop_alert(db, desk, actor, original);
            // It may have ended by itself in between: then there is nothing to stop.
            if (!stopped && stopped.error().kind() != ErrorKind::Conflict) {
                return stopped.error();
            }
            return {};
        };
        CO_TRY(co_await store_.write(std::move(work)));
    }
    if (hooks_.settled) {
        co_await hooks_.settled(original);
    }
    co_return Status();
}

Task<Result<AlertView>> Alerts::stop(model::Actor actor, AlertId id) {
    if (!actor.allows(model::Permission::StopAlerts)) {
        co_return Error(ErrorKind::Forbidden, "You may not stop alerts.");
    }
    auto look = [id](store::Database& db) -> Result<model::AlertState> {
        const auto alert = store::find_alert(db, id);
        if (!alert) {
            return not_found(fmt::format("There is no alert {}.", id.value()));
        }
        return alert->state;
    };
    CO_TRY_AS(model::AlertState state, co_await store_.read(std::move(look)));
    if (state == model::AlertState::Released) {
        hooks_.stop_now(id);
    }
    auto work = [this, actor, id](store::Database& db) -> Result<AlertView> {
        const Desk desk{settings_, hooks_, templates_, clock_.now()};
        return stop_alert(db, desk, actor, id);
    };
    Result<AlertView> stopped = co_await store_.write(work);
    // It is held back already: the database, if it is away for a moment, must come to say the same.
    for (int again = 0; again < kStopAttempts && !stopped && passing(stopped.error()); ++again) {
        co_await sleep_for(kStopPause);
        stopped = co_await store_.write(work);
    }
    if (!stopped && passing(stopped.error())) {
        log_error("alert {} is held back but could not be stopped: stop it again ({})", id.value(),
                  stopped.error().message());
    }
    co_return stopped;
}

Task<Result<Released>> Alerts::send(model::Actor actor, AlertDraft draft, IdempotencyKey key) {
    CO_TRY(check_key(key));
    if (!actor.allows(model::Permission::Automate)) {
        co_return Error(ErrorKind::Forbidden, "You may not release alerts without approval.");
    }
    const model::AlertContent content = content_of(draft);
    CO_TRY(model::check_content(model::normalized(content), model::Completeness::Complete));
    auto look = [this, key, content](store::Database& db) -> Result<std::optional<Released>> {
        const Desk desk{settings_, hooks_, templates_, clock_.now()};
        TRY_AS(std::optional<Released> sent, replay(db, desk, key));
        if (!sent) {
            // All that can be wrong is told before the original of a correction is stopped.
            TRY(prepare_content(db, content));
        }
        return sent;
    };
    CO_TRY_AS(std::optional<Released> earlier, co_await store_.write(std::move(look)));
    if (earlier) {
        co_return std::move(*earlier);
    }
    CO_TRY(co_await before_release(actor, content));
    auto work = [this, actor, content, key](store::Database& db) -> Result<Released> {
        const Desk desk{settings_, hooks_, templates_, clock_.now()};
        TRY_AS(std::optional<Released> sent, replay(db, desk, key));
        if (sent) {
            return std::move(*sent);
        }
        TRY_AS(Released released, send_alert(db, desk, actor, content));
        keep_answer(db, desk, key, released);
        return released;
    };
    CO_TRY_AS(Released released, co_await store_.write(std::move(work)));
    if (!released.again) {
        hooks_.released(released.view.full.alert.id);
    }
    co_return released;
}

Task<Result<AlertView>> Alerts::find(AlertId id) {
    auto look = [this, id](store::Database& db) -> Result<AlertView> {
        const Desk desk{settings_, hooks_, templates_, clock_.now()};
        return view_alert(db, desk, id);
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<std::vector<store::FullAlert>>> Alerts::recent(AlertId before, std::size_t limit) {
    auto look = [before, limit](store::Database& db) -> Result<std::vector<store::FullAlert>> {
        return store::list_alerts(db, before, limit);
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<Preview>> Alerts::preview(AlertDraft draft, std::string slug) {
    model::AlertContent content = model::normalized(content_of(draft));
    auto look = [content, slug](store::Database& db) -> Result<MailContext> {
        model::AlertContent sent = content;
        if (model::goes_to_those_reached(sent.kind)) {
            sent.lists = original_lists(db, sent.of);
        }
        return mail_context(db, sent, AlertId(), slug);
    };
    CO_TRY_AS(MailContext context, co_await store_.read(std::move(look)));
    co_return preview_of(content, context);
}

Task<Result<Preview>> Alerts::preview(AlertView view) {
    auto look = [view](store::Database& db) -> Result<MailContext> {
        return mail_context(db, view.full.content, view.full.alert.id, view.full.alert.slug);
    };
    CO_TRY_AS(MailContext context, co_await store_.read(std::move(look)));
    co_return preview_of(view.full.content, context);
}

Result<Preview> Alerts::preview_of(const model::AlertContent& content,
                                   const MailContext& context) const {
    TRY_AS(Preview preview, render_preview(templates_, settings_, content, context));
    const Result<std::string> url = net::parse_http_url(content.url);
    if (!content.url.empty() && !url && preview.problems.empty()) {
        preview.problems.push_back({"url", url.error().message()});
    }
    return preview;
}

Task<Result<std::uint64_t>> Alerts::audience_count(AlertDraft draft) {
    model::AlertContent content = model::normalized(content_of(draft));
    auto look = [this, content](store::Database& db) -> Result<std::uint64_t> {
        if (content.lists.empty() && !model::goes_to_those_reached(content.kind)) {
            return std::uint64_t{0};
        }
        TRY_AS(AudienceOrder order, audience_order(db, content, AlertId(), clock_.now()));
        if (hooks_.count) {
            return hooks_.count(db, order);
        }
        return store::count_audience(db, order.lists);
    };
    co_return co_await store_.read(std::move(look));
}

}  // namespace tocsin::alerts
