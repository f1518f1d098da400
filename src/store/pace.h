// Verbs of pace: how often one network signs up, which proofs of work are used up, and how often
// one name from one network tries passwords. Store thread only (see database.h).
//
// In the database, so that every machine counts the same requests. A key is an HMAC made by the
// caller: neither addresses nor names are kept here, and rows are forgotten within a day.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/database.h"

namespace tocsin::store {

// The moments up to which buckets of sign-ups are in use (model/signup_limits.h), in the order of
// the keys; the epoch for those that are not.
std::vector<Time> find_in_use_until(Database& db, const std::vector<std::string>& keys);
struct InUse {
    std::string key;
    Time until{};
};
void write_in_use_until(Database& db, const std::vector<InUse>& buckets);

// Something that may be used once until `forget_at`; false: it has been.
bool use_once(Database& db, const std::string& key, Time forget_at);

struct Tries {
    std::int64_t failures = 0;
    Time free_at{};  // the next try is taken from then on
};
// None, or forgotten: no failures.
Tries find_tries(Database& db, const std::string& key, Time now);
void write_tries(Database& db, const std::string& key, const Tries& tries, Time forget_at);
void forget_tries(Database& db, const std::string& key);

// Returns how many rows there were of which nothing has to be known any more.
std::int64_t tidy_pace(Database& db, Time now);

}  // namespace tocsin::store
