// Values on their way to PostgreSQL and back, in its binary format (big-endian, bytes as they are).
//
// Parameters are declared as what the caller gives (BIGINT, DOUBLE PRECISION, TEXT, BYTEA) and
// NULLs as what the server finds fitting. Answers may have any of the types that the verbs' SQL can
// yield; SUM of a BIGINT is NUMERIC and comes back as the whole number that it is.
//
// Pure. Failure: DatabaseFailure (Statement) for a type that is not handled, or a NUMERIC that is
// no whole number of 64 bits.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace tocsin::store {

using PostgresType = unsigned int;  // libpq's Oid
inline constexpr PostgresType kUndeclared = 0;

PostgresType postgres_type(const Value& value);

// The arrays that libpq takes. The parameters must outlive it: text and bytes are not copied.
class PostgresParams {
  public:
    // Only as many as the statement has; more parameters may be given than it uses.
    PostgresParams(const std::vector<Param>& params, const std::vector<PostgresType>& types);

    int count() const { return static_cast<int>(values_.size()); }
    const char* const* values() const { return values_.data(); }
    const int* lengths() const { return lengths_.data(); }
    const int* formats() const { return formats_.data(); }

  private:
    void add(const Value& value, PostgresType type);

    std::vector<std::array<char, 8>> numbers_;
    std::vector<const char*> values_;
    std::vector<int> lengths_;
    std::vector<int> formats_;
};

// A value that is not NULL.
Value postgres_value(PostgresType type, std::string_view bytes);

}  // namespace tocsin::store
