// Which tables a copy of the database takes (copy.h), by which key it reads them in order, and
// which it leaves behind. A migration that adds a table must name it here: a test says so.
//
// What the engines' own catalogues say of a database is asked for here as well, in each engine's
// words: no verb needs it.
//
// Thread: that of the database. Failure: DatabaseFailure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace tocsin::store {

struct CopiedTable {
    std::string_view name;
    std::vector<std::string_view> key;  // its primary key
};
// In the order in which they are copied.
std::span<const CopiedTable> copied_tables();

struct LeftTable {
    std::string_view name;
    std::string_view why;  // it means nothing elsewhere
};
std::span<const LeftTable> left_tables();

// The one table that an unfinished copy keeps in its target (copy.h).
inline constexpr std::string_view kCopyTable = "store_copy";

// Those that the database has, by name, without the engine's own.
std::vector<std::string> table_names(Database& db);
// By name, so that both engines, whatever order they keep them in, yield the same.
std::vector<std::string> column_names(Database& db, std::string_view table);
// In the order of the key.
std::vector<std::string> primary_key(Database& db, std::string_view table);
// The version that the database is at; 0: no Tocsin has made it. Changes nothing.
std::int64_t stored_version(Database& db);

// Numbers that are never given twice, though the rows that had them may be gone (a reader was
// erased). Nothing: the table gives no numbers, or has given none.
std::optional<std::int64_t> last_number(Database& db, const CopiedTable& table);
// From now on, numbers above this one are given.
void raise_number(Database& db, const CopiedTable& table, std::int64_t last);

}  // namespace tocsin::store
