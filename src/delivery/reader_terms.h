// Who of a block of recipients gets the alert now, and who waits, by their own terms
// (model/terms.h). Decided when the block is loaded, by the moment of the release: so it comes out
// the same for a partition that is read again after a crash.
//
// Store thread only, in a writing closure: what is held back is written down in the transaction in
// which it is decided, before the ledger says so.
#pragma once

#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "model/terms.h"
#include "store/database.h"
#include "store/delivery.h"

namespace tocsin::delivery {

// Corrections and retractions ask nobody's terms.
bool asks_terms(const store::DeliveryOrder& order);

using HeldReaders = std::unordered_map<SubscriberId, model::Held>;

// Of these recipients, all with terms, those who do not get it now.
HeldReaders apply_terms(store::Database& db, const store::DeliveryOrder& order,
                        const std::vector<store::RecipientRow>& rows);

}  // namespace tocsin::delivery
