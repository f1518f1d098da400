// SqliteBackup: a copy of an SQLite database into a file, while the database is written to.
//
// SQLite's online backup, page by page. Between two steps the connection works on as ever; what it
// commits meanwhile goes into the file too, so the file is the database as it was at the last step.
// Free pages are copied as well: they hold nothing, since the connection overwrites what it deletes
// (sqlite.h). The file is one file, without a log beside it, mode 0600, of no use before seal().
//
// A step must be short, because everything else waits: a few hundred pages. Syncing the file to the
// disk takes long, so it is a function of its own that needs no connection (settle, seal).
//
// Thread: begin(), step() and finish() on the store thread, in read closures. It may outlive the
// connection (unfinished, it is dropped). Failure: Conflict, the file is there already; Io, it
// cannot be written: the database itself is not touched.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/database.h"

struct sqlite3;
struct sqlite3_backup;

namespace tocsin::store {

class SqliteBackup {
  public:
    // `db` is the store's, of SQLite.
    static Result<std::unique_ptr<SqliteBackup>> begin(Database& db, const std::string& file);
    ~SqliteBackup();
    SqliteBackup(const SqliteBackup&) = delete;
    SqliteBackup& operator=(const SqliteBackup&) = delete;

    // True when all pages are copied.
    Result<bool> step(int pages);
    // After that: closes the file.
    Status finish();

    std::int64_t pages_total() const;
    std::int64_t pages_left() const;

  private:
    explicit SqliteBackup(std::string file) : file_(std::move(file)) {}
    Error problem(std::string_view what) const;

    const std::string file_;
    sqlite3* target_ = nullptr;
    sqlite3_backup* backup_ = nullptr;
};

// Any thread. What was written so far is on the disk: keeps the system from writing it all at once.
Status settle_file(const std::string& file);
// Any thread: a finished backup becomes a file for itself, is synced, and gets its name.
Status seal_backup(const std::string& part, const std::string& file);

}  // namespace tocsin::store
