// Verbs of import jobs: how far the import of a file into a list has come. Store thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"
#include "store/database.h"

namespace tocsin::store {

struct ImportJobRow {
    std::int64_t id = 0;
    ListId list;
    std::string consent_source;
    std::int64_t next_row = 0;  // the first row not yet committed
    std::int64_t accepted = 0;
    std::int64_t refused = 0;
    std::int64_t duplicates = 0;
    std::int64_t kept_out = 0;
    bool finished = false;
};

// The job of this file and list: the one that was interrupted, or, if there is none or it was
// finished, one from row 0.
ImportJobRow begin_import_job(Database& db, std::string_view file_hash, ListId list,
                              std::string_view consent_source, Time now);
std::optional<ImportJobRow> find_import_job(Database& db, std::int64_t id);
// Writes next_row, the counts and finished.
void save_import_job(Database& db, const ImportJobRow& job);

}  // namespace tocsin::store
