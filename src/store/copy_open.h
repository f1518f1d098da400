// For copy*.cpp: the two ends of a copy, opened and judged.
#pragma once

#include <memory>
#include <string>

#include "store/connection.h"
#include "store/copy.h"

namespace tocsin::store {

struct CopyEnd {
    std::unique_ptr<Connection> db;
    std::string shown;     // for people
    std::string identity;  // tells one source from another, and holds no password
};

// A database of this program's version that nobody uses (or as `source` says).
Result<CopyEnd> open_copy_source(const std::string& url, CopyRequest::Source source,
                                 const Clock& clock);
// Migrated, and empty but for what a copy from that source has begun.
Result<CopyEnd> open_copy_target(const std::string& url, const std::string& source_identity,
                                 const Clock& clock);
// Conflict if a living node uses the database.
Status refuse_living_nodes(CopyEnd& end, const Clock& clock);

// Every copied table with the same columns on both sides.
Status compare_columns(CopyEnd& source, CopyEnd& target);

}  // namespace tocsin::store
