// Verbs of pace: how often one network signs up, and one name from one network tries passwords.
// Store thread only (see database.h).
//
// In the database, so that every machine counts the same requests. A key is an HMAC made by the
// caller: neither addresses nor names are kept here, and rows are forgotten within hours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "store/database.h"

namespace tocsin::store {

// A burst of `burst` at once, then one every `every`.
struct Pace {
    std::int64_t burst = 1;
    Milliseconds every{1'000};
};
// Takes one; false, and nothing is written: there is none left at this moment.
bool take_pace(Database& db, const std::string& key, const Pace& pace, Time now);

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
