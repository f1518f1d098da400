// Copying a whole database: from SQLite to PostgreSQL, back, or between two of the same engine.
//
// The tables of copy_tables.h are read in the order of their keys and written in chunks. Each chunk
// commits together with how far it came (table `store_copy` of the target), so a copy that ended
// half-way, by kill -9 too, goes on where it stopped when it is asked for again with the same
// source. At the end both sides are read again: counts and SHA-256 of every table (copy_rows.h)
// must be equal, and the consent chain of the target is walked. Only then `store_copy` goes away;
// a service refuses a database that still has it (refuse_unfinished_copy).
//
// The source is not changed. On PostgreSQL all of it is read in one snapshot; a source or target
// that a living node uses is refused, but for Source::Running (a backup). The memory used does not
// grow with the database.
//
// Thread: the caller's, which it blocks, and one more while it verifies. Failure, in one line:
// NotFound, Invalid (no such database, another version), Conflict (in use, target not empty),
// Unavailable (a database was lost: ask again), Corrupt (the sides differ).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

namespace tocsin::store {

struct CopyProgress {
    std::string_view table;
    std::int64_t rows = 0;  // of this table, so far
    std::int64_t expected = 0;
};

struct CopyRequest {
    enum class Source {
        Still,    // nobody may be using it
        Running,  // a snapshot beside running nodes; PostgreSQL only
        File,     // a backup: an SQLite file that must not change
    };
    std::string from;  // "sqlite:PATH" or "postgresql://..."
    std::string to;
    Source source = Source::Still;
    std::size_t chunk_rows = 20'000;
    // After each chunk; an error ends the copy with it, to go on another time.
    std::function<Status(const CopyProgress&)> on_progress;
    // In the target's last transaction: what is done with the copy is done, or there is no copy.
    std::function<Status(Database& target)> at_end;
};

struct CopiedCount {
    std::string table;
    std::int64_t rows = 0;
    std::string sha256;  // raw

    friend bool operator==(const CopiedCount&, const CopiedCount&) = default;
};

struct ConsentChain {
    std::int64_t entries = 0;
    std::string head;     // raw hash of the last entry
    std::string problem;  // empty: every entry follows the one before, up to the recorded end
};

struct CopyDone {
    std::vector<CopiedCount> tables;
    std::int64_t rows = 0;  // in all
    bool resumed = false;   // a part was there already
    ConsentChain consent;   // of the target, and so of the source
};

Result<CopyDone> copy_store(const CopyRequest& request, const Clock& clock);

// Counts and checksums of every copied table. In a read.
std::vector<CopiedCount> count_tables(Database& db);
// `consent verify`, in constant memory. In a read.
ConsentChain walk_consent(Database& db);

// For whoever opens a database to use it. Conflict: a copy into it was begun and not finished.
Status refuse_unfinished_copy(Database& db);

// "sqlite:/var/lib/tocsin/tocsin.db" or the URL without password and options.
std::string shown_store_url(const std::string& url);

}  // namespace tocsin::store
