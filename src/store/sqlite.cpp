#include "store/sqlite.h"

#include <charconv>
#include <fcntl.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/check.h"
#include "base/limits.h"

namespace tocsin::store {

namespace {

// Errors after which nothing more can be made durable, as opposed to a refused statement.
bool is_storage_failure(int code) {
    switch (code & 0xff) {
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_NOMEM:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL:
            return true;
        default:
            return false;
    }
}

Value column_value(sqlite3_stmt* statement, int column) {
    const auto bytes = [&](const void* data) {
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
        return size == 0 ? std::string() : std::string(static_cast<const char*>(data), size);
    };
    switch (sqlite3_column_type(statement, column)) {
        case SQLITE_INTEGER:
            return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
        case SQLITE_FLOAT:
            return sqlite3_column_double(statement, column);
        case SQLITE_TEXT:
            return bytes(sqlite3_column_text(statement, column));
        case SQLITE_BLOB:
            return Blob{bytes(sqlite3_column_blob(statement, column))};
        default:
            return nullptr;
    }
}

// Every closure of a group runs in a savepoint, whose undo log is every page that it changes, some
// 28 for a reader's sign-up. SQLite keeps 64 KiB of it in memory, and the rest of the group goes
// through a temporary file. Not more than this: to move what is in memory into a file SQLite writes
// it at once, and its writes count their bytes modulo 128 KiB. Set before SQLite is first used;
// later it is refused and nothing but the speed is another.
void keep_small_undo_logs_in_memory() {
    constexpr int kBytes = (128 << 10) - 1;
    static const int once = sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, kBytes);
    static_cast<void>(once);
}

// The caller's value must outlive the step: nothing is copied.
int bind_value(sqlite3_stmt* statement, int index, const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        return sqlite3_bind_int64(statement, index, *integer);
    }
    if (const auto* real = std::get_if<double>(&value)) {
        return sqlite3_bind_double(statement, index, *real);
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC,
                                   SQLITE_UTF8);
    }
    if (const auto* blob = std::get_if<Blob>(&value)) {
        return sqlite3_bind_blob64(statement, index, blob->bytes.data(), blob->bytes.size(),
                                   SQLITE_STATIC);
    }
    return sqlite3_bind_null(statement, index);
}

}  // namespace

void Sqlite::CloseConnection::operator()(sqlite3* connection) const {
    sqlite3_close_v2(connection);
}

void Sqlite::FinalizeStatement::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

// A bound statement on its way; resets it at the end so that it holds no lock and no pointer.
class Sqlite::Running {
  public:
    Running(Sqlite& database, std::string_view sql, const std::vector<Param>& params)
        : database_(database), sql_(sql) {
        const Statement& statement = database.prepared(sql);
        handle_ = statement.handle.get();
        CHECK(!sqlite3_stmt_busy(handle_));  // a for_each callback must not use the database
        CHECK(statement.params.size() <= params.size());
        for (std::size_t i = 0; i < statement.params.size(); ++i) {
            CHECK(statement.params[i] < params.size());
            const Value& value = params[statement.params[i]].value();
            check(bind_value(handle_, static_cast<int>(i) + 1, value));
        }
    }
    ~Running() {
        sqlite3_reset(handle_);
        sqlite3_clear_bindings(handle_);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    // True while there is a row.
    bool step() {
        const int code = sqlite3_step(handle_);
        if (code == SQLITE_ROW) {
            return true;
        }
        if (code != SQLITE_DONE) {
            database_.fail(code, sql_);
        }
        return false;
    }
    Row row() const {
        const int columns = sqlite3_column_count(handle_);
        std::vector<Value> values;
        values.reserve(static_cast<std::size_t>(columns));
        for (int column = 0; column < columns; ++column) {
            values.push_back(column_value(handle_, column));
        }
        return Row(std::move(values));
    }
    bool changes_rows() const { return sqlite3_stmt_readonly(handle_) == 0; }

  private:
    void check(int code) const {
        if (code != SQLITE_OK) {
            database_.fail(code, sql_);
        }
    }
    Sqlite& database_;
    std::string_view sql_;
    sqlite3_stmt* handle_ = nullptr;
};

Result<std::unique_ptr<Sqlite>> Sqlite::open(const std::string& path) {
    keep_small_undo_logs_in_memory();
    if (!path.empty() && path != ":memory:") {
        // Created by us, so that only the service's own user can read the addresses in it; SQLite
        // gives the same permissions to its log.
        const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0) {
            return invalid(fmt::format("cannot open the database {}: {}", path, strerror(errno)));
        }
        ::close(file);
    }
    sqlite3* connection = nullptr;
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
    std::unique_ptr<Sqlite> database(new Sqlite(connection));
    if (code != SQLITE_OK) {
        return invalid(fmt::format("cannot open the database {}: {}", path, sqlite3_errstr(code)));
    }
    TRY(database->configure(path));
    return database;
}

Result<std::unique_ptr<Sqlite>> Sqlite::open_to_read(const std::string& path) {
    if (::access(path.c_str(), R_OK) != 0) {
        const Error error = not_found(fmt::format("cannot read {}: {}", path, strerror(errno)));
        return error;
    }
    sqlite3* connection = nullptr;
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
    std::unique_ptr<Sqlite> database(new Sqlite(connection));
    if (code == SQLITE_OK) {
        sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
        code = sqlite3_exec(connection, "SELECT 1 FROM sqlite_master", nullptr, nullptr, nullptr);
    }
    if ((code & 0xff) == SQLITE_NOTADB) {
        return invalid(fmt::format("{} is not a Tocsin database", path));
    }
    if (code != SQLITE_OK) {
        return invalid(fmt::format("cannot read {}: {}", path, sqlite3_errstr(code)));
    }
    return database;
}

Status Sqlite::configure(const std::string& path) {
    sqlite3* const connection = connection_.get();
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    // The lock is taken by the first access in exclusive mode and then kept.
    for (const char* sql : {
             "PRAGMA locking_mode=EXCLUSIVE",
             "PRAGMA journal_mode=WAL",
             "PRAGMA synchronous=FULL",
             "PRAGMA secure_delete=ON",
             // No temp_store=MEMORY: it keeps the undo log of a savepoint in one linked list, which
             // every further statement walks.
             // KiB. Every new reader's keys go into random pages of half a dozen indices, which a
             // spike of sign-ups outgrows: with a quarter of this it reads them again and again.
             "PRAGMA cache_size=-65536",
             // Pages; 16 MB: an import rewrites the same pages again and again, and a checkpoint
             // writes each only once. More would make the checkpoint itself a pause.
             "PRAGMA wal_autocheckpoint=4000",
             "BEGIN IMMEDIATE",
             "COMMIT",
         }) {
        const int code = sqlite3_exec(connection, sql, nullptr, nullptr, nullptr);
        if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) {
            return conflict(fmt::format(
                "the database {} is in use by another process: is the service running?", path));
        }
        if ((code & 0xff) == SQLITE_NOTADB) {
            return invalid(fmt::format("{} is not a Tocsin database", path));
        }
        if (code != SQLITE_OK) {
            return io_error(fmt::format("cannot use the database {}: {} ({})", path,
                                        sqlite3_errmsg(connection), sqlite3_errstr(code)));
        }
    }
    return {};
}

void Sqlite::fail(int code, std::string_view sql) const {
    const auto scope = is_storage_failure(code) ? DatabaseFailure::Scope::Storage
                                                : DatabaseFailure::Scope::Statement;
    throw DatabaseFailure(scope, fmt::format("{} ({}) in: {}", sqlite3_errmsg(connection_.get()),
                                             sqlite3_errstr(code), sql.substr(0, 200)));
}

Sqlite::Statement Sqlite::prepare(std::string_view sql) {
    sqlite3_stmt* handle = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &handle, &rest);
    if (code != SQLITE_OK) {
        fail(code, sql);
    }
    Statement statement;
    statement.handle.reset(handle);
    CHECK(handle != nullptr);
    CHECK(rest == sql.data() + sql.size());  // one statement, no trailing semicolon
    const int count = sqlite3_bind_parameter_count(handle);
    for (int i = 1; i <= count; ++i) {
        // SQLite numbers "$7" by first appearance; its name says which parameter is meant.
        const char* name = sqlite3_bind_parameter_name(handle, i);
        CHECK(name != nullptr && name[0] == '$');
        std::size_t number = 0;
        const char* end = name + strlen(name);
        const auto parsed = std::from_chars(name + 1, end, number);
        CHECK(parsed.ec == std::errc() && parsed.ptr == end && number >= 1);
        statement.params.push_back(number - 1);
    }
    return statement;
}

Sqlite::Statement& Sqlite::prepared(std::string_view sql) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
        if (statements_.size() >= limits::kStoreStatementsMax) {
            statements_.clear();
        }
        found = statements_.emplace(std::string(sql), prepare(sql)).first;
    }
    if (mode_ == Mode::ReadOnly && sqlite3_stmt_readonly(found->second.handle.get()) == 0) {
        throw DatabaseFailure(DatabaseFailure::Scope::Statement,
                              fmt::format("a read must not change anything: {}", sql));
    }
    return found->second;
}

std::int64_t Sqlite::execute(std::string_view sql, const std::vector<Param>& params) {
    Running running(*this, sql, params);
    while (running.step()) {
    }
    return running.changes_rows() ? sqlite3_changes64(connection_.get()) : 0;
}

std::vector<Row> Sqlite::query(std::string_view sql, const std::vector<Param>& params) {
    std::vector<Row> rows;
    Running running(*this, sql, params);
    while (running.step()) {
        rows.push_back(running.row());
    }
    return rows;
}

void Sqlite::for_each(std::string_view sql, const std::vector<Param>& params,
                      const std::function<void(const Row&)>& each) {
    Running running(*this, sql, params);
    while (running.step()) {
        each(running.row());
    }
}

void Sqlite::script(std::string_view sql) {
    const int code =
        sqlite3_exec(connection_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        fail(code, sql);
    }
}

void Sqlite::truncate_log() {
    CHECK(!in_transaction());
    const int code = sqlite3_wal_checkpoint_v2(connection_.get(), nullptr,
                                               SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (code != SQLITE_OK) {
        fail(code, "checkpoint");
    }
}

void Sqlite::undo() {
    execute("ROLLBACK TO job", {});
    execute("RELEASE job", {});
}

void Sqlite::rollback() {
    if (!in_transaction()) {
        return;
    }
    try {
        execute("ROLLBACK", {});
    } catch (const DatabaseFailure&) {
        // The disk is gone: what was not committed is void anyway.
        return;
    }
}

bool Sqlite::in_transaction() const {
    return sqlite3_get_autocommit(connection_.get()) == 0;
}

}  // namespace tocsin::store
