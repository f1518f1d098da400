// Alerts: writing, approving, releasing, stopping. The only way by which an alert is released.
//
// Every rule is applied inside one store transaction, so two people at once cannot get past it:
// release succeeds only if the newest revision has the approvals it needs of exactly the hash that
// the caller names, and the audience is frozen in that same transaction or nothing happened.
//
// Owner: app, one per process; holds references and settings only. Thread: any; a coroutine
// resumes on its caller's executor. Failure: Invalid (content), NotFound, Forbidden (the actor may
// not), Conflict (the state forbids it, or the text changed since it was seen), Io.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "model/actor.h"
#include "model/alert.h"
#include "store/alerts.h"
#include "store/store.h"

namespace tocsin::mail {
class Templates;
}

namespace tocsin::alerts {

struct MailContext;  // alert_compile.h

struct AlertsSettings {
    std::string site_name;
    std::string public_url;  // "https://alerts.example.org", no slash at the end
    std::string from_name, from_address;
    std::string message_id_domain;
    std::string list_id_domain;      // List-Id is <slug.domain>; empty: the public URL's host
    std::string unsubscribe_mailto;  // "mailto:leave@host?subject=": a token follows; may be empty
    std::string postal_address, privacy_url;
    // In which mails are framed, as their readers' own is; the first for readers of others. Not
    // empty.
    std::vector<std::string> languages{"en"};
    model::ApprovalRule approval;
    Seconds not_after_default = model::kNotAfterDefault;
};

// What the audience of a release is. Lists for alerts and updates; for corrections and retractions
// those that `of` reached (delivered or unknown), minus who left or is suppressed since.
struct AudienceOrder {
    AlertId alert;
    model::AlertKind kind = model::AlertKind::Alert;
    AlertId of;
    model::AudienceLists lists;
    Time released_at{};
};

// Wired by app to delivery.
struct AlertHooks {
    // Freezes the audience; runs in the release transaction. Returns how many there are; none is
    // an error. Its error undoes the release.
    std::function<Result<std::uint64_t>(store::Database&, const AudienceOrder&)> freeze;
    // Counts without freezing, for pages. Null: active subscribers of the lists are counted.
    std::function<Result<std::uint64_t>(store::Database&, const AudienceOrder&)> count;
    // After the commit of a release: start sending.
    std::function<void(AlertId)> released;
    // Ends new transactions of the alert at once; called before anything is written. Must not
    // block.
    std::function<void(AlertId)> stop_now;
    // After stop_now(): waits until what was on the wire has its outcome in the ledger, within a
    // limit of its own. May be null.
    std::function<Task<void>(AlertId)> settled;
    // A draft was saved: connect the main routes. May be null.
    std::function<void()> prewarm;
    // A draft was saved or approved: begin to put its audience together. Must not block; may be
    // null.
    std::function<void(AudienceOrder)> prepare;
    // Somebody waits to release: ends when the audience is as ready as it can be. May be null.
    std::function<Task<void>(AudienceOrder)> prepared;
};

// What a person writes. The rest of a revision (sender, nonce) is added here.
struct AlertDraft {
    model::AlertKind kind = model::AlertKind::Alert;
    AlertId of;
    std::string headline, summary, url, body;
    std::vector<ListId> lists;    // empty for corrections and retractions: the original's
    std::vector<ListId> exclude;  // who has one of these gets nothing
    model::Priority priority = model::Priority::Normal;
    std::optional<Seconds> not_after;  // nullopt: the default
    model::Repeat repeat = model::Repeat::Resend;
};

struct Approvals {
    std::vector<store::ApprovalRow> given;  // of the newest revision
    int needed = 1;
};

struct AlertView {
    store::FullAlert full;
    Approvals approvals;
};

// How the alert looks in a reader's mail program.
struct Preview {
    std::string subject, text, html;
    std::vector<model::ContentProblem> problems;  // what approval would still refuse
};

struct Released {
    AlertView view;
    std::uint64_t audience = 0;
    bool again = false;       // it had happened before: nothing was done now
    std::string kept_answer;  // of an IdempotencyKey used again: what was answered then
};

// Makes a request repeatable: the same scope and key with the same request has one effect and one
// answer; with another request it is a Conflict.
struct IdempotencyKey {
    std::string scope, key;    // an empty key: none was given
    std::string request_hash;  // of the request, raw
    // The answer to keep for the repeats; runs in the transaction.
    std::function<std::string(const Released&)> answer;
};

class Alerts {
  public:
    Alerts(store::Store& store, const Clock& clock, Random& random,
           const mail::Templates& templates, AlertsSettings settings, AlertHooks hooks);

    Task<Result<AlertView>> create(model::Actor actor, AlertDraft draft);
    // `seen` is the hash of the revision that was edited: Conflict if there is a newer one.
    Task<Result<AlertView>> revise(model::Actor actor, AlertId id, std::string seen,
                                   AlertDraft draft);
    Task<Result<AlertView>> approve(model::Actor actor, AlertId id, std::string seen);
    Task<Result<AlertView>> cancel_approval(model::Actor actor, AlertId id);
    // `seen` must be the approved hash. Releasing again what is released is one release.
    Task<Result<Released>> release(model::Actor actor, AlertId id, std::string seen);
    Task<Result<AlertView>> stop(model::Actor actor, AlertId id);
    // Create, approve and release in one step, for the command line and the API. The same key
    // with the same request is the same alert; with another request Conflict.
    Task<Result<Released>> send(model::Actor actor, AlertDraft draft, IdempotencyKey key);
    // The same for a draft alone: created once.
    Task<Result<Released>> create_once(model::Actor actor, AlertDraft draft, IdempotencyKey key);

    Task<Result<AlertView>> find(AlertId id);
    Task<Result<std::vector<store::FullAlert>>> recent(AlertId before, std::size_t limit);
    // Of an alert, or of a draft that is not yet saved (`slug`: of the page it will have).
    Task<Result<Preview>> preview(AlertView view);
    Task<Result<Preview>> preview(AlertDraft draft, std::string slug);
    Task<Result<std::uint64_t>> audience_count(AlertDraft draft);

    const AlertsSettings& settings() const { return settings_; }

  private:
    model::AlertContent content_of(const AlertDraft& draft);
    Result<Preview> preview_of(const model::AlertContent& content,
                               const MailContext& context) const;
    Task<Status> stop_original(model::Actor actor, AlertId original);
    // After a draft was saved or approved: all that can be done before its release.
    void get_ready(const AlertView& view);
    // The original of a correction is stopped, the audience is ready. A failure undoes nothing.
    Task<Status> before_release(model::Actor actor, model::AlertContent content);

    store::Store& store_;
    const Clock& clock_;
    Random& random_;
    const mail::Templates& templates_;
    AlertsSettings settings_;
    AlertHooks hooks_;
};

}  // namespace tocsin::alerts
