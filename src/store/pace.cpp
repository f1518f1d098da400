#include "store/pace.h"

#include <algorithm>

namespace tocsin::store {

namespace {

void write_bucket(Database& db, const std::string& key, const Tries& tries, Time forget_at) {
    db.execute(
        "INSERT INTO pace_bucket (key, failures, free_at, forget_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, "
        "free_at = excluded.free_at, forget_at = excluded.forget_at",
        {Blob{key}, tries.failures, tries.free_at, forget_at});
}

}  // namespace

// A bucket of tokens is one number: the moment at which it will be full again. Each token taken
// moves it by the time that one token takes to come back.
bool take_pace(Database& db, const std::string& key, const Pace& pace, Time now) {
    const auto row = db.first("SELECT free_at FROM pace_bucket WHERE key = $1", {Blob{key}});
    const Time full_at = (row ? std::max(row->time(0), now) : now) + pace.every;
    if (full_at - now > pace.burst * pace.every) {
        return false;
    }
    write_bucket(db, key, Tries{0, full_at}, full_at);
    return true;
}

Tries find_tries(Database& db, const std::string& key, Time now) {
    const auto row =
        db.first("SELECT failures, free_at FROM pace_bucket WHERE key = $1 AND forget_at > $2",
                 {Blob{key}, now});
    return row ? Tries{row->integer(0), row->time(1)} : Tries();
}

void write_tries(Database& db, const std::string& key, const Tries& tries, Time forget_at) {
    write_bucket(db, key, tries, forget_at);
}

void forget_tries(Database& db, const std::string& key) {
    db.execute("DELETE FROM pace_bucket WHERE key = $1", {Blob{key}});
}

std::int64_t tidy_pace(Database& db, Time now) {
    return db.execute("DELETE FROM pace_bucket WHERE forget_at <= $1", {now});
}

}  // namespace tocsin::store
