// Migrations: numbered SQL files (migrations/NNN_what.sql), embedded in the program, that bring a
// database of any earlier version to this program's.
//
// Each runs in a transaction of its own together with its line in the table `schema`, so that a
// crash leaves the database at a whole version; two programs that start at once take turns. A file
// that has been released is never edited: a change is a new file. Store thread, or before it
// starts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/connection.h"

namespace tocsin::store {

struct Migration {
    std::int64_t version = 0;
    std::string name;  // "001_subscribers"
    std::string_view sql;
};

// Those of this program, ascending from 1 without gaps.
std::vector<Migration> embedded_migrations();

// The database's version; 0 when it is empty.
std::int64_t schema_version(Database& database);

// Applies what is missing. Conflict: the database is from a newer Tocsin. Corrupt or a
// DatabaseFailure: nothing of the failing migration is left behind.
Status migrate(Connection& database, const std::vector<Migration>& migrations, Time now);

}  // namespace tocsin::store
