// Verbs of alerts, revisions, approvals and idempotency keys. Store thread only (see database.h).
//
// The rules (which move is allowed, what an approval binds) are in model/alert.h and are applied
// by alerts/; these verbs only read and write, each in one statement or two. A row that does not
// parse is a bug or a broken disk: it is thrown as DatabaseFailure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "model/alert.h"
#include "store/database.h"

namespace tocsin::store {

struct AlertRow {
    AlertId id;
    std::string slug;  // of /alerts/{slug}
    model::AlertKind kind = model::AlertKind::Alert;
    AlertId of;  // not valid if it follows none
    model::AlertState state = model::AlertState::Draft;
    RevisionId revision;  // the newest; once released, the one that is sent
    std::vector<ListId> lists;
    Seconds not_after_seconds{0};
    model::Repeat repeat = model::Repeat::Resend;
    std::string created_by;
    Time created_at{};
    std::optional<Time> approved_at, released_at, stopped_at, finished_at;
    std::optional<Time> not_after;  // set on release: nothing is sent later
};

struct RevisionRow {
    RevisionId id;
    AlertId alert;
    std::int64_t number = 0;              // 1, 2, ... within the alert
    std::string content;                  // canonical JSON
    std::string hash;                     // raw sha256
    std::optional<std::string> compiled;  // mail::MessageTemplate::encode(), once approved
    std::string created_by;
    Time created_at{};
};

struct ApprovalRow {
    std::string hash;
    std::string approved_by;
    Time approved_at{};
};

// An alert with its newest revision, read and parsed.
struct FullAlert {
    AlertRow alert;
    RevisionRow revision;
    model::AlertContent content;
};

// --- reading ---
std::optional<AlertRow> find_alert(Database& db, AlertId id);
std::optional<FullAlert> find_full_alert(Database& db, AlertId id);
std::optional<RevisionRow> find_revision(Database& db, RevisionId id);
// Released, stopped or finished alerts only: what the public may see.
std::optional<FullAlert> find_public_alert(Database& db, std::string_view slug);
// Newest release first; stopped and finished ones too, for feeds and the site.
std::vector<FullAlert> list_released(Database& db, std::size_t limit);
// Released updates, corrections and retractions of the alert, oldest first.
std::vector<FullAlert> list_followers(Database& db, AlertId id);
// For the desk and the API: newest id first, ids below `before` only (not valid: from the top).
std::vector<FullAlert> list_alerts(Database& db, AlertId before, std::size_t limit);
std::vector<AlertRow> list_alerts_in_state(Database& db, model::AlertState state);
std::vector<ApprovalRow> list_approvals(Database& db, RevisionId revision);
// Of those that exist, in the given order.
struct ListName {
    ListId id;
    std::string slug, name;
};
std::vector<ListName> find_list_names(Database& db, const std::vector<ListId>& lists);
std::vector<ListName> list_all_names(Database& db);
// Readers with an active subscription to at least one of the lists, and to none that is left out;
// each once.
std::uint64_t count_audience(Database& db, const model::AudienceLists& lists);

// --- writing ---
struct NewRevision {
    model::AlertContent content;  // normalized
    std::string created_by;
    Time at{};
};
// A new alert with its first revision; the slug is made unique.
AlertId insert_alert(Database& db, const NewRevision& revision);
// The next revision; the alert becomes a draft.
RevisionId insert_revision(Database& db, AlertId id, const NewRevision& revision);
void insert_approval(Database& db, RevisionId revision, const ApprovalRow& approval);
void set_approved(Database& db, AlertId id, RevisionId revision, const std::string& compiled,
                  Time at);
// Back to draft; approvals of the revision are deleted.
void cancel_approval(Database& db, AlertId id);
struct Release {
    std::string compiled;  // dated with the moment of release
    Time at{};
    Time not_after{};
};
void set_released(Database& db, AlertId id, const Release& release);
// False if it was not in state released (stopped or finished before).
bool set_stopped(Database& db, AlertId id, Time at);
bool set_finished(Database& db, AlertId id, Time at);

// --- idempotency keys of the API ---
struct IdempotentAnswer {
    std::string request_hash;
    int status = 0;
    std::string response;
};
std::optional<IdempotentAnswer> find_idempotent(Database& db, std::string_view scope,
                                                std::string_view key);
void insert_idempotent(Database& db, std::string_view scope, std::string_view key,
                       const IdempotentAnswer& answer, Time at);
// Keys older than a day are forgotten.
void prune_idempotent(Database& db, Time before);

}  // namespace tocsin::store
