// Database: SQL inside a store closure. Store thread only; lives as long as the closure runs.
//
// One SQL text serves SQLite and PostgreSQL: parameters are $1, $2, ...; booleans and times are
// BIGINT; bytes are BLOB as `Blob`; use ON CONFLICT and RETURNING; no engine functions. What the
// engines call by different names is in dialect.h. Text is UTF-8 without NUL: PostgreSQL refuses
// other bytes (use Blob for them). It is compared and ordered by its bytes.
// What SQL itself reports as broken (disk, constraint that the verbs do not expect) is thrown as
// DatabaseFailure, which only the store thread catches: a verb returns Result only for outcomes
// that its callers expect.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"

namespace tocsin::store {

// Bytes, as opposed to text, in a parameter.
struct Blob {
    std::string bytes;
};

using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string, Blob>;

// A parameter: converts from what verbs have at hand.
class Param {
  public:
    Param(std::nullptr_t) : value_(nullptr) {}
    Param(std::int64_t v) : value_(v) {}
    Param(int v) : value_(static_cast<std::int64_t>(v)) {}
    Param(std::uint32_t v) : value_(static_cast<std::int64_t>(v)) {}
    Param(std::uint64_t v) : value_(static_cast<std::int64_t>(v)) {}
    Param(bool v) : value_(static_cast<std::int64_t>(v ? 1 : 0)) {}
    Param(double v) : value_(v) {}
    Param(std::string v) : value_(std::move(v)) {}
    Param(std::string_view v) : value_(std::string(v)) {}
    Param(const char* v) : value_(std::string(v)) {}
    Param(Blob v) : value_(std::move(v)) {}
    Param(Value v) : value_(std::move(v)) {}
    Param(long long v) : value_(static_cast<std::int64_t>(v)) {}
    Param(Time v) : value_(to_ms(v)) {}
    template <class Tag>
    Param(Id<Tag> v) : value_(v.value()) {}
    template <class T>
    Param(const std::optional<T>& v) : value_(v ? Param(*v).value_ : Value(nullptr)) {}
    const Value& value() const { return value_; }

  private:
    Value value_;
};

// One row of an answer; columns by position. Reading a column as another type CHECKs.
class Row {
  public:
    explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
    bool is_null(std::size_t column) const;
    std::int64_t integer(std::size_t column) const;
    bool boolean(std::size_t column) const { return integer(column) != 0; }
    double real(std::size_t column) const;
    const std::string& text(std::size_t column) const;
    const std::string& blob(std::size_t column) const;
    Time time(std::size_t column) const { return from_ms(integer(column)); }
    std::optional<std::int64_t> maybe_integer(std::size_t column) const;
    std::optional<std::string> maybe_text(std::size_t column) const;
    std::optional<Time> maybe_time(std::size_t column) const;
    // As it came, for whoever copies rows without knowing them.
    const Value& value(std::size_t column) const { return values_.at(column); }
    std::size_t columns() const { return values_.size(); }

  private:
    std::vector<Value> values_;
};

// The disk or the database itself failed, or SQL was wrong. Only the store thread catches it.
class DatabaseFailure : public std::runtime_error {
  public:
    enum class Scope {
        Statement,    // this statement only (a constraint, wrong SQL): its closure fails alone
        Transaction,  // all that is not committed; a commit may have happened. Later may work.
        Storage,      // disk full, I/O error, damaged file: nothing more can be made durable
    };
    DatabaseFailure(Scope scope, const std::string& what)
        : std::runtime_error(what), scope_(scope) {}
    Scope scope() const { return scope_; }

  private:
    Scope scope_;
};

enum class Engine { Sqlite, Postgres };

class Database {
  public:
    virtual ~Database() = default;
    // For dialect.h; what a verb does must not depend on it.
    virtual Engine engine() const = 0;
    // Runs one statement; returns the number of rows it changed. Statements are prepared once.
    virtual std::int64_t execute(std::string_view sql, const std::vector<Param>& params = {}) = 0;
    // All rows of the answer: only for answers with a bound of their own (LIMIT).
    virtual std::vector<Row> query(std::string_view sql, const std::vector<Param>& params = {}) = 0;
    // Streams an answer of any size in constant memory; `each` must not use the database.
    virtual void for_each(std::string_view sql, const std::vector<Param>& params,
                          const std::function<void(const Row&)>& each) = 0;
    // Several statements without parameters, for migrations.
    virtual void script(std::string_view sql) = 0;
    // Empties the write-ahead log, so that what was deleted is in no file any more. Outside a
    // transaction only: call it in a read closure, after the deleting closure was answered.
    // PostgreSQL: does nothing. Its log is shared by the whole server, belongs to standbys and
    // archives too and is recycled by the server alone; a deleted row is in the table's file until
    // (auto)vacuum has passed. How long both keep a trace is the server's configuration.
    virtual void truncate_log() = 0;
    // Tells every node of this database (signals.h), this one too, once the closure is committed;
    // nobody if it is undone. In a write closure only. SQLite: nobody else is there to be told.
    virtual void signal(std::string_view topic, std::int64_t subject, std::int64_t detail = 0) = 0;

    // The first row, if there is one.
    std::optional<Row> first(std::string_view sql, const std::vector<Param>& params = {}) {
        std::vector<Row> rows = query(sql, params);
        if (rows.empty()) {
            return std::nullopt;
        }
        return std::move(rows.front());
    }
};

}  // namespace tocsin::store
