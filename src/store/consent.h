// Verbs of the consent chain. Store thread only.
//
// append_consent() is the only writer of consent_event: it numbers, links and hashes the entries
// (model/consent.h) and moves the recorded end of the chain, all in the caller's transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "model/consent.h"
#include "store/database.h"

namespace tocsin::store {

struct NewConsent {
    model::ConsentType type = model::ConsentType::Requested;
    std::string subject;
    std::optional<ListId> list;
    model::ConsentPurpose purpose = model::ConsentPurpose::Alerts;
    std::string wording;  // kept once by its hash; empty: none
    std::string page_url;
    model::ConsentMethod method = model::ConsentMethod::WebForm;
    std::string actor;
    Time at;
    std::string pii_commit;
};

void append_consent(Database& db, const std::vector<NewConsent>& events);

struct ConsentHead {
    std::int64_t seq = 0;
    std::string hash;
};
// The recorded end of the chain.
ConsentHead consent_head(Database& db);

// Entries after `seq`, in order.
std::vector<model::ConsentEntry> consent_after(Database& db, std::int64_t seq, int limit);
// The newest `limit` entries of one reader, in order.
std::vector<model::ConsentEntry> consent_of(Database& db, std::string_view subject, int limit);
// The text behind a hash; empty if there is none.
std::string consent_wording(Database& db, std::string_view hash);

}  // namespace tocsin::store
