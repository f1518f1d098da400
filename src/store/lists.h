// Verbs of lists. Store thread only. A newsroom has tens of lists: kListsMax bounds every answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "store/database.h"

namespace tocsin::store {

struct ListRow {
    ListId id;
    std::string slug;
    std::string name;
    std::string description;
    std::string language;  // "fr"; empty: the newsroom's
    Time created_at;
};

struct ListCounts {
    std::int64_t active = 0;
    std::int64_t pending = 0;
    std::int64_t left = 0;
};

// Conflict: the slug is taken. Limited: kListsMax lists exist.
Result<ListRow> insert_list(Database& db, std::string_view slug, std::string_view name,
                            std::string_view description, Time now, std::string_view language = {});
// NotFound: no such list.
Status set_list_language(Database& db, std::string_view slug, std::string_view language);
std::optional<ListRow> find_list(Database& db, std::string_view slug);
std::optional<ListRow> find_list(Database& db, ListId id);
// The same, for callers to whom a missing list is an error of whoever asked.
Result<ListRow> require_list(Database& db, std::string_view slug);
// In the order in which they were made.
std::vector<ListRow> all_lists(Database& db);
ListCounts count_list(Database& db, ListId id);

}  // namespace tocsin::store
