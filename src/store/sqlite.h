// Sqlite: the Database over one SQLite file.
//
// Exactly one connection a file, locked against every other process for as long as it is open
// (docs/decisions/003: Debian's SQLite can lose commits with two connections in WAL mode).
// WAL, synchronous=FULL: a commit that was answered survives a power cut. secure_delete: what is
// deleted is overwritten, so that an erased address is not left in a free page.
//
// It uses SQLite's own C interface: Database is already the wrapper that callers see, and it needs
// extended error codes, read-only statements and parameters by name, which wrappers hide.
//
// Owner: Store. Thread: one at a time (opened on one, then used on the store thread only).
// Failure: DatabaseFailure; after Scope::Storage SQLite may have rolled the transaction back.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "store/connection.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tocsin::store {

class Sqlite final : public Connection {
  public:
    // Opens or creates the file ("" or ":memory:" for a private one) and takes its lock. Conflict:
    // in use by another process. Invalid: not a database, or its folder is missing.
    static Result<std::unique_ptr<Sqlite>> open(const std::string& path);
    // A file that nobody writes to (a backup), without changing a byte of it or beside it.
    // NotFound; Invalid: not a database.
    static Result<std::unique_ptr<Sqlite>> open_to_read(const std::string& path);
    // For sqlite_backup.h.
    sqlite3* handle() const { return connection_.get(); }

    Engine engine() const override { return Engine::Sqlite; }
    std::int64_t execute(std::string_view sql, const std::vector<Param>& params) override;
    std::vector<Row> query(std::string_view sql, const std::vector<Param>& params) override;
    void for_each(std::string_view sql, const std::vector<Param>& params,
                  const std::function<void(const Row&)>& each) override;
    void script(std::string_view sql) override;
    void truncate_log() override;
    void signal(std::string_view, std::int64_t, std::int64_t) override {}

    // A read needs no transaction: nothing else writes, and statements that would are refused.
    void begin_read() override { mode_ = Mode::ReadOnly; }
    void end_read() override { mode_ = Mode::ReadWrite; }
    void begin() override { execute("BEGIN", {}); }
    void commit() override { execute("COMMIT", {}); }
    void rollback() override;
    void mark() override { execute("SAVEPOINT job", {}); }
    void keep() override { execute("RELEASE job", {}); }
    void undo() override;
    bool in_transaction() const override;
    // There is no server to lose: a disk that fails has failed.
    bool lost() const override { return false; }
    Status reconnect() override { return {}; }

  private:
    enum class Mode { ReadOnly, ReadWrite };
    struct CloseConnection {
        void operator()(sqlite3* connection) const;
    };
    struct FinalizeStatement {
        void operator()(sqlite3_stmt* statement) const;
    };
    struct Statement {
        std::unique_ptr<sqlite3_stmt, FinalizeStatement> handle;
        std::vector<std::size_t> params;  // SQLite's parameter i+1 is params[i] of the caller
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    class Running;

    explicit Sqlite(sqlite3* connection) : connection_(connection) {}
    Status configure(const std::string& path);
    Statement& prepared(std::string_view sql);
    Statement prepare(std::string_view sql);
    [[noreturn]] void fail(int code, std::string_view sql) const;

    std::unique_ptr<sqlite3, CloseConnection> connection_;
    std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements_;
    Mode mode_ = Mode::ReadWrite;
};

}  // namespace tocsin::store
