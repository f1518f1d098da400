#include "store/pace.h"

#include <algorithm>

#include <fmt/format.h>

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

std::vector<Time> find_in_use_until(Database& db, const std::vector<std::string>& keys) {
    std::vector<Time> out(keys.size());
    if (keys.empty()) {
        return out;
    }
    std::string sql = "SELECT key, free_at FROM pace_bucket WHERE key IN (";
    std::vector<Param> params;
    for (const std::string& key : keys) {
        params.emplace_back(Blob{key});
        sql += fmt::format("{}${}", params.size() > 1 ? ", " : "", params.size());
    }
    for (const Row& row : db.query(sql + ")", params)) {
        const auto at = std::ranges::find(keys, row.blob(0));
        out[static_cast<std::size_t>(at - keys.begin())] = row.time(1);
    }
    return out;
}

void write_in_use_until(Database& db, const std::vector<InUse>& buckets) {
    if (buckets.empty()) {
        return;
    }
    std::string sql = "INSERT INTO pace_bucket (key, failures, free_at, forget_at) VALUES ";
    std::vector<Param> params;
    for (const InUse& bucket : buckets) {
        sql += params.empty() ? "" : ", ";
        params.emplace_back(Blob{bucket.key});
        params.emplace_back(bucket.until);
        sql += fmt::format("(${0}, 0, ${1}, ${1})", params.size() - 1, params.size());
    }
    db.execute(sql +
                   " ON CONFLICT (key) DO UPDATE SET free_at = excluded.free_at, "
                   "forget_at = excluded.forget_at",
               params);
}

bool use_once(Database& db, const std::string& key, Time forget_at) {
    return db.execute(
               "INSERT INTO pace_bucket (key, failures, free_at, forget_at) "
               "VALUES ($1, 0, $2, $2) ON CONFLICT (key) DO NOTHING",
               {Blob{key}, forget_at}) > 0;
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
