// Rows on their way from one database to another: as bytes that are the same for both engines, and
// in bulk into either.
//
//   row   = *value                   ; columns by name, ascending
//   value = %x00                     ; NULL
//         / %x01 8 bytes             ; number, big-endian, two's complement
//         / %x02 length bytes        ; text, UTF-8
//         / %x03 length bytes        ; bytes
//   length = 8 bytes                 ; big-endian
//
// A table's checksum is the SHA-256 of its rows in the order of the key. Pure, but for
// insert_rows(). Failure: DatabaseFailure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/connection.h"

namespace tocsin::store {

using CopiedRow = std::vector<Param>;

void append_value(std::string& out, const Value& value);
// Corrupt if these are not `columns` values and nothing else.
Result<std::vector<Param>> read_values(std::string_view bytes, std::size_t columns);

// Inside a transaction of the target. All rows have the same columns.
void insert_rows(Connection& target, std::string_view table,
                 const std::vector<std::string>& columns, const std::vector<CopiedRow>& rows);

// What COPY takes (FORMAT binary): a header, each row as its columns' count, lengths and bytes.
std::string copy_bytes(const std::vector<CopiedRow>& rows);

}  // namespace tocsin::store
