// The moves of an alert, each inside one store transaction: what decides, without ever waiting.
//
// Each reads the alert as it is now, asks model/alert.h whether the move is allowed, writes it with
// its audit row, and returns the alert as it is then; an error means that nothing was written.
// Store thread only.
#pragma once

#include <string>

#include "alerts/alert_compile.h"
#include "alerts/alerts.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "mail/template.h"
#include "model/actor.h"
#include "model/alert.h"
#include "store/alerts.h"
#include "store/database.h"

namespace tocsin::alerts {

// What the moves need beside the database.
struct Desk {
    const AlertsSettings& settings;
    const AlertHooks& hooks;
    const mail::Templates& templates;
    Time now{};
};

// The lists of the alert that a correction or retraction follows; none if it does not exist.
std::vector<ListId> original_lists(store::Database& db, AlertId of);
// Checks what only the database and the URL parser know (lists, the original, the link), and fills
// in what follows from it: a correction's lists are its original's.
Result<model::AlertContent> prepare_content(store::Database& db, model::AlertContent content);

Result<AlertView> view_alert(store::Database& db, const Desk& desk, AlertId id);

Result<AlertView> create_alert(store::Database& db, const Desk& desk, const model::Actor& actor,
                               model::AlertContent content);
// `seen`: raw hash of the revision that the actor looked at.
Result<AlertView> revise_alert(store::Database& db, const Desk& desk, const model::Actor& actor,
                               AlertId id, const std::string& seen, model::AlertContent content);
Result<AlertView> approve_alert(store::Database& db, const Desk& desk, const model::Actor& actor,
                                AlertId id, const std::string& seen);
Result<AlertView> cancel_alert_approval(store::Database& db, const Desk& desk,
                                        const model::Actor& actor, AlertId id);
// What must hold before a release; also asked before the original of a correction is stopped.
Result<AlertView> check_release(store::Database& db, const Desk& desk, const model::Actor& actor,
                                AlertId id, const std::string& seen);
Result<Released> release_alert(store::Database& db, const Desk& desk, const model::Actor& actor,
                               AlertId id, const std::string& seen);
Result<AlertView> stop_alert(store::Database& db, const Desk& desk, const model::Actor& actor,
                             AlertId id);
// Create, approve and release at once, for an actor that may Automate.
Result<Released> send_alert(store::Database& db, const Desk& desk, const model::Actor& actor,
                            model::AlertContent content);

// The audience that the content asks for.
Result<AudienceOrder> audience_order(store::Database& db, const model::AlertContent& content,
                                     AlertId id, Time now);
// Lists' names, the slug, the original's headline: what the mail says beside the content.
Result<MailContext> mail_context(store::Database& db, const model::AlertContent& content,
                                 AlertId id, std::string slug);

}  // namespace tocsin::alerts
