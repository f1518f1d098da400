// Verbs of the consent chain. Store thread only.
//
// append_consent() is the only writer of consent_event: it numbers, links and hashes the entries
// (model/consent.h), grows the tree over them and moves the recorded end of both, all in the
// caller's transaction. The tree's hashes are in consent_tree.h, what proves them in
// consent_audit.h.
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
    std::string salt;  // the reader's: of the detail's commitment
    std::optional<ListId> list;
    model::ConsentPurpose purpose = model::ConsentPurpose::Alerts;
    std::string wording;  // kept once by its hash; empty: none
    model::ConsentMethod method = model::ConsentMethod::WebForm;
    std::string actor;
    Time at;
    std::string pii_commit;
    model::ConsentDetail detail;
    model::ConsentOrigin origin;  // with its salt, if there is anything in it
};

void append_consent(Database& db, const std::vector<NewConsent>& events);

struct ConsentHead {
    std::int64_t seq = 0;
    std::string hash;
    std::int64_t tree_size = 0;   // behind seq only after the upgrade of an older database
    std::string frontier;         // model::TreeFrontier
    std::string controller_hash;  // of the entries to come; empty: nobody said
};
// The recorded end of the chain.
ConsentHead consent_head(Database& db);

// Legal name and contact of who answers for the consent given from now on: kept by its hash, and
// each entry says which.
void set_consent_controller(Database& db, std::string_view text);

// One entry with what its reader's erasure would take away.
struct ConsentRow {
    model::ConsentEntry entry;
    std::optional<model::ConsentDetail> detail;
    std::optional<model::ConsentOrigin> origin;
    std::string salt;         // the reader's; empty: erased
    std::string address_key;  // likewise
};

// Entries after `seq`, in order.
std::vector<model::ConsentEntry> consent_after(Database& db, std::int64_t seq, int limit);
std::vector<ConsentRow> consent_rows_after(Database& db, std::int64_t seq, int limit);
// The newest `limit` entries of one reader, in order; page_url is filled in from the detail.
std::vector<ConsentRow> consent_of(Database& db, std::string_view subject, int limit);
// The text behind a hash; empty if there is none.
std::string consent_wording(Database& db, std::string_view hash);

// What the entries of this reader hold beside their hashes.
void erase_consent_details(Database& db, std::string_view subject);
// Network addresses and browsers of before `before`, the oldest first; how many.
std::int64_t forget_consent_origins(Database& db, Time before, int limit);

}  // namespace tocsin::store
