// Verbs for an audience that is put together before its alert is released: reading it in steps, and
// knowing what changed since. Store thread only. delivery/prepared_audience.h has the account.
//
// A watch is opened before the first step. From then on every verb that changes a subscription or
// deletes a subscriber (store/subscribers.cpp) notes the subscriber in `audience_change`, in its
// own transaction, so a change and its note are there together or not at all. Without a watch
// nothing is written. Watches share the log; each has put a mark into it, and what comes after is
// new to it. The log ends limits::kAudienceChangesMax entries after the newest mark: an import
// fills it once, not with a million rows, and a watch whose share is full is given up.
//
// All of it is book-keeping (store.h), which is done one transaction after the other in the whole
// database: none that saw no watch is still running when the reading begins, and the order of the
// log is the order of commits.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "store/database.h"
#include "store/delivery.h"

namespace tocsin::store {

struct AudienceWatch {
    std::int64_t id = 0;
    std::int64_t first_change = 0;
};
// `node` is who keeps it (nodes.h).
AudienceWatch open_audience_watch(Database& db, const std::string& node, Time now);
// Forgets what only it still needed of the log.
void close_audience_watch(Database& db, const AudienceWatch& watch);
// Those of nodes that are dead, or not in the register.
void close_lost_audience_watches(Database& db, Time now);
// Called by every verb that changes whether a subscriber is a recipient.
void note_audience_change(Database& db, SubscriberId subscriber);

// How many notes there are since the watch was opened; nothing if it is gone or was given up.
std::optional<std::int64_t> count_audience_changes(Database& db, const AudienceWatch& watch);
// Whose subscriptions were changed since: by id, each once. They may be gone, or be as they were.
std::optional<std::vector<SubscriberId>> audience_changes(Database& db, const AudienceWatch& watch);

// Whether at least `count` subscriptions to the lists are active; quick whatever the answer.
bool has_active(Database& db, const std::vector<ListId>& lists, std::int64_t count);

// Where a step of the reading ended: the last subscriber seen, in order of domain, then id.
struct AudiencePlace {
    std::string domain;
    SubscriberId subscriber;
    bool at_end = false;
};
// for_each_active() in steps: goes through the next `subscribers` subscribers, whether they are
// subscribed or not, and moves the place on.
void for_each_active_after(Database& db, const model::AudienceLists& lists, AudiencePlace& place,
                           std::int64_t subscribers,
                           const std::function<void(const ActiveRow&)>& each);

}  // namespace tocsin::store
