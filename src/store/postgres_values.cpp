#include "store/postgres_values.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/check.h"

namespace tocsin::store {

namespace {

// From PostgreSQL's pg_type.dat; they never change.
constexpr PostgresType kBool = 16;
constexpr PostgresType kBytea = 17;
constexpr PostgresType kName = 19;
constexpr PostgresType kInt8 = 20;
constexpr PostgresType kInt2 = 21;
constexpr PostgresType kInt4 = 23;
constexpr PostgresType kText = 25;
constexpr PostgresType kOid = 26;
constexpr PostgresType kFloat8 = 701;
constexpr PostgresType kUnknown = 705;
constexpr PostgresType kVarchar = 1043;
constexpr PostgresType kNumeric = 1700;
constexpr PostgresType kVoid = 2278;

[[noreturn]] void refuse(std::string_view what, PostgresType type) {
    throw DatabaseFailure(DatabaseFailure::Scope::Statement,
                          fmt::format("{} (PostgreSQL's type {})", what, type));
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char c : bytes) {
        number = (number << 8) | static_cast<unsigned char>(c);
    }
    return number;
}

// Signed, of 2, 4 or 8 bytes.
std::int64_t integer(std::string_view bytes) {
    CHECK(bytes.size() == 2 || bytes.size() == 4 || bytes.size() == 8);
    const auto unused = static_cast<int>(64 - 8 * bytes.size());
    return static_cast<std::int64_t>(big_endian(bytes) << unused) >> unused;
}

void put(std::array<char, 8>& out, std::uint64_t number, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) {
        out[i] = static_cast<char>(number >> (8 * (bytes - 1 - i)));
    }
}

// NUMERIC: four words of 16 bits (how many digits, weight of the first, sign, digits shown behind
// the point), then the digits to base 10,000, each a word.
std::int64_t whole_number(std::string_view bytes) {
    CHECK(bytes.size() >= 8 && bytes.size() % 2 == 0);
    const auto word = [&](std::size_t index) { return integer(bytes.substr(2 * index, 2)); };
    const std::int64_t digits = word(0);
    const std::int64_t weight = word(1);
    const auto sign = big_endian(bytes.substr(4, 2));
    CHECK(bytes.size() == 8 + 2 * static_cast<std::size_t>(digits));
    // Five digits hold any 64-bit number; the sum is made negative, where there is one more.
    if ((sign != 0 && sign != 0x4000) || weight > 4 || digits > weight + 1) {
        refuse("a sum is no whole number of 64 bits", kNumeric);
    }
    std::int64_t number = 0;
    for (std::int64_t i = 0; i <= weight; ++i) {
        const std::int64_t digit = i < digits ? word(4 + static_cast<std::size_t>(i)) : 0;
        if (__builtin_mul_overflow(number, std::int64_t{10'000}, &number) ||
            __builtin_sub_overflow(number, digit, &number)) {
            refuse("a sum is no whole number of 64 bits", kNumeric);
        }
    }
    if (sign == 0 && __builtin_sub_overflow(std::int64_t{0}, number, &number)) {
        refuse("a sum is no whole number of 64 bits", kNumeric);
    }
    return number;
}

}  // namespace

PostgresType postgres_type(const Value& value) {
    struct TypeOf {
        PostgresType operator()(std::nullptr_t) const { return kUndeclared; }
        PostgresType operator()(std::int64_t) const { return kInt8; }
        PostgresType operator()(double) const { return kFloat8; }
        PostgresType operator()(const std::string&) const { return kText; }
        PostgresType operator()(const Blob&) const { return kBytea; }
    };
    return std::visit(TypeOf{}, value);
}

PostgresParams::PostgresParams(const std::vector<Param>& params,
                               const std::vector<PostgresType>& types) {
    CHECK(types.size() <= params.size());
    numbers_.resize(types.size());
    values_.reserve(types.size());
    lengths_.reserve(types.size());
    formats_.assign(types.size(), 1);  // binary
    for (std::size_t i = 0; i < types.size(); ++i) {
        add(params[i].value(), types[i]);
    }
}

void PostgresParams::add(const Value& value, PostgresType type) {
    std::array<char, 8>& number = numbers_[values_.size()];
    std::string_view bytes;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        const std::size_t size = type == kInt8 ? 8 : type == kInt4 ? 4 : 0;
        const bool fits = size == 8 || (*whole >= std::numeric_limits<std::int32_t>::min() &&
                                        *whole <= std::numeric_limits<std::int32_t>::max());
        if (size == 0 || !fits) {
            refuse("a parameter is a whole number, but must not be", type);
        }
        put(number, static_cast<std::uint64_t>(*whole), size);
        bytes = {number.data(), size};
    } else if (const auto* real = std::get_if<double>(&value)) {
        put(number, std::bit_cast<std::uint64_t>(*real), 8);
        bytes = {number.data(), 8};
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        bytes = *text;
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
        bytes = blob->bytes;
    }
    const PostgresType given = postgres_type(value);
    if (given != kUndeclared && given != kInt8 && given != type &&
        !(given == kText && type == kVarchar)) {
        refuse("a parameter is of another type than the last time", type);
    }
    values_.push_back(given == kUndeclared ? nullptr : bytes.data());
    lengths_.push_back(static_cast<int>(bytes.size()));
}

Value postgres_value(PostgresType type, std::string_view bytes) {
    switch (type) {
        case kInt8:
        case kInt4:
        case kInt2:
            return integer(bytes);
        case kOid:
            return static_cast<std::int64_t>(big_endian(bytes));
        case kBool:
            return static_cast<std::int64_t>(bytes == std::string_view("\0", 1) ? 0 : 1);
        case kFloat8:
            return std::bit_cast<double>(big_endian(bytes));
        case kNumeric:
            return whole_number(bytes);
        case kText:
        case kVarchar:
        case kName:
        case kUnknown:
        case kVoid:
            return std::string(bytes);
        case kBytea:
            return Blob{std::string(bytes)};
        default:
            refuse("an answer has a type that no verb should ask for", type);
    }
}

}  // namespace tocsin::store
