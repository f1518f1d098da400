// Whose time is over. Store thread only; bounded by the caller, a step a transaction.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "store/database.h"
#include "store/subscribers.h"

namespace tocsin::store {

// Readers who have nothing but requests of before `before` that were never confirmed, whether they
// wait or were taken back: at most `limit`, each once.
std::vector<SubscriberRow> unconfirmed_readers(Database& db, Time before, int limit);

// Readers of a mail domain who never confirmed anything, however new: at most `limit`, by id.
std::vector<SubscriberRow> unconfirmed_readers_at(Database& db, const std::string& domain,
                                                  int limit);

// All that is kept of a reader but the hashes of their consent entries, the suppression and what
// other modules hold: subscriber, subscriptions, purposes, mails, what is beside the entries.
void delete_reader(Database& db, const SubscriberRow& reader);

}  // namespace tocsin::store
