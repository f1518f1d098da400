#include "store/copy_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"
#include "store/postgres.h"

namespace tocsin::store {

namespace {

enum Tag : char { kNull = 0, kNumber = 1, kText = 2, kBytes = 3 };

template <class Unsigned>
void append_big_endian(std::string& out, Unsigned number) {
    for (int shift = 8 * (static_cast<int>(sizeof number) - 1); shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>((number >> shift) & 0xFF));
    }
}

// Takes 8 bytes off the front.
std::optional<std::uint64_t> take_number(std::string_view& bytes) {
    if (bytes.size() < 8) {
        return std::nullopt;
    }
    std::uint64_t number = 0;
    for (const char c : bytes.substr(0, 8)) {
        number = (number << 8) | static_cast<unsigned char>(c);
    }
    bytes.remove_prefix(8);
    return number;
}

std::optional<std::string> take_bytes(std::string_view& bytes) {
    const auto size = take_number(bytes);
    if (!size || *size > bytes.size()) {
        return std::nullopt;
    }
    std::string out(bytes.substr(0, *size));
    bytes.remove_prefix(*size);
    return out;
}

std::optional<Param> take_value(std::string_view& bytes) {
    if (bytes.empty()) {
        return std::nullopt;
    }
    const char tag = bytes.front();
    bytes.remove_prefix(1);
    if (tag == kNull) {
        return Param(nullptr);
    }
    if (tag == kNumber) {
        const auto number = take_number(bytes);
        return number ? std::optional<Param>(static_cast<std::int64_t>(*number)) : std::nullopt;
    }
    auto text = tag == kText || tag == kBytes ? take_bytes(bytes) : std::nullopt;
    if (!text) {
        return std::nullopt;
    }
    return tag == kText ? Param(std::move(*text)) : Param(Blob{std::move(*text)});
}

[[noreturn]] void refuse_real() {
    throw DatabaseFailure(DatabaseFailure::Scope::Statement,
                          "a column holds a number with a fraction, which no table of Tocsin has");
}

void append_copied(std::string& out, const Value& value) {
    constexpr std::uint32_t kNoValue = 0xFFFFFFFF;
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        append_big_endian(out, std::uint32_t{8});
        append_big_endian(out, static_cast<std::uint64_t>(*number));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        append_big_endian(out, static_cast<std::uint32_t>(text->size()));
        out += *text;
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
        append_big_endian(out, static_cast<std::uint32_t>(blob->bytes.size()));
        out += blob->bytes;
    } else if (std::holds_alternative<double>(value)) {
        refuse_real();
    } else {
        append_big_endian(out, kNoValue);
    }
}

std::string insert_text(std::string_view table, const std::vector<std::string>& columns) {
    std::string places;
    for (std::size_t i = 1; i <= columns.size(); ++i) {
        places += fmt::format("{}${}", i == 1 ? "" : ", ", i);
    }
    return fmt::format("INSERT INTO {} ({}) VALUES ({})", table, fmt::join(columns, ", "), places);
}

}  // namespace

void append_value(std::string& out, const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        out.push_back(kNumber);
        append_big_endian(out, static_cast<std::uint64_t>(*number));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        out.push_back(kText);
        append_big_endian(out, std::uint64_t{text->size()});
        out += *text;
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
        out.push_back(kBytes);
        append_big_endian(out, std::uint64_t{blob->bytes.size()});
        out += blob->bytes;
    } else if (std::holds_alternative<double>(value)) {
        refuse_real();
    } else {
        out.push_back(kNull);
    }
}

Result<std::vector<Param>> read_values(std::string_view bytes, std::size_t columns) {
    std::vector<Param> out;
    for (std::size_t i = 0; i < columns; ++i) {
        auto value = take_value(bytes);
        if (!value) {
            return Error(ErrorKind::Corrupt, "the key at which the copy stopped cannot be read");
        }
        out.push_back(std::move(*value));
    }
    if (!bytes.empty()) {
        return Error(ErrorKind::Corrupt, "the key at which the copy stopped has too many parts");
    }
    return out;
}

std::string copy_bytes(const std::vector<CopiedRow>& rows) {
    using namespace std::string_view_literals;
    std::string out("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv);  // signature, flags, extension
    for (const CopiedRow& row : rows) {
        append_big_endian(out, static_cast<std::uint16_t>(row.size()));
        for (const Param& value : row) {
            append_copied(out, value.value());
        }
    }
    append_big_endian(out, std::uint16_t{0xFFFF});
    return out;
}

void insert_rows(Connection& target, std::string_view table,
                 const std::vector<std::string>& columns, const std::vector<CopiedRow>& rows) {
    if (target.engine() == Engine::Postgres) {
        const std::string sql =
            fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table, fmt::join(columns, ", "));
        static_cast<Postgres&>(target).copy_in(sql, copy_bytes(rows));
        return;
    }
    const std::string sql = insert_text(table, columns);
    for (const CopiedRow& row : rows) {
        CHECK(row.size() == columns.size());
        target.execute(sql, row);
    }
}

}  // namespace tocsin::store
