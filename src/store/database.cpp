#include "store/database.h"

#include "base/check.h"

namespace tocsin::store {

namespace {

template <class T>
const T& column_as(const std::vector<Value>& values, std::size_t column) {
    CHECK(column < values.size());
    const T* value = std::get_if<T>(&values[column]);
    CHECK(value != nullptr);
    return *value;
}

}  // namespace

bool Row::is_null(std::size_t column) const {
    CHECK(column < values_.size());
    return std::holds_alternative<std::nullptr_t>(values_[column]);
}

std::int64_t Row::integer(std::size_t column) const {
    return column_as<std::int64_t>(values_, column);
}

double Row::real(std::size_t column) const {
    return column_as<double>(values_, column);
}

const std::string& Row::text(std::size_t column) const {
    return column_as<std::string>(values_, column);
}

const std::string& Row::blob(std::size_t column) const {
    return column_as<Blob>(values_, column).bytes;
}

std::optional<std::int64_t> Row::maybe_integer(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<std::string> Row::maybe_text(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
}

std::optional<Time> Row::maybe_time(std::size_t column) const {
    return is_null(column) ? std::nullopt : std::optional(time(column));
}

}  // namespace tocsin::store
