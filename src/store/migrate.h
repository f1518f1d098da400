// Migrations: numbered SQL files (migrations/NNN_what.sql), embedded in the program, that bring a
// database of any earlier version to this program's.
//
// Each runs in a transaction of its own together with its line in the table `schema`, so that a
// crash leaves the database at a whole version; two programs that start at once take turns. A file
// that has been released is never edited: a change is a new file.
//
// Rolling upgrade: a file that begins with "-- compatible:" promises that programs of the version
// before may go on using the database after it (it only adds what they do not look at). Then the
// nodes are replaced one by one. The newest migration that does not promise it is the floor: a
// program that does not know it is refused at its start, and a running one learns from
// schema_floor() that it must end. Store thread, or before it starts.
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

    bool compatible() const { return sql.starts_with("-- compatible:"); }
};

// Those of this program, ascending from 1 without gaps.
std::vector<Migration> embedded_migrations();

// The database's version; 0 when it is empty.
std::int64_t schema_version(Database& database);

// The oldest version that a program must know to use the database; in any closure.
std::int64_t schema_floor(Database& database);

// Applies what is missing. Conflict: the database is from a Tocsin that is too new. Corrupt or a
// DatabaseFailure: nothing of the failing migration is left behind.
Status migrate(Connection& database, const std::vector<Migration>& migrations, Time now);

}  // namespace tocsin::store
