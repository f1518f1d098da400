#include "store/sqlite_backup.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include <sqlite3.h>

#include "base/check.h"
#include "store/sqlite.h"

namespace tocsin::store {

namespace {

Error system_error(const std::string& path, std::string_view what) {
    return io_error(fmt::format("{}: {}: {}", path, what, std::strerror(errno)));
}

Status sync_path(const std::string& path, int flags) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC);
    if (file < 0) {
        return system_error(path, "cannot be opened");
    }
    const bool synced = ::fsync(file) == 0;
    const Error error = system_error(path, "cannot be made durable");
    ::close(file);
    return synced ? Status() : Status(error);
}

// One connection for a moment.
Status run_once(const std::string& file, const char* sql) {
    sqlite3* connection = nullptr;
    int code = sqlite3_open_v2(file.c_str(), &connection,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, nullptr);
    if (code == SQLITE_OK) {
        code = sqlite3_exec(connection, sql, nullptr, nullptr, nullptr);
    }
    sqlite3_close(connection);
    return code == SQLITE_OK ? Status()
                             : Status(io_error(fmt::format("{}: {}", file, sqlite3_errstr(code))));
}

}  // namespace

Result<std::unique_ptr<SqliteBackup>> SqliteBackup::begin(Database& db, const std::string& file) {
    CHECK(db.engine() == Engine::Sqlite);
    const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0) {
        return errno == EEXIST ? conflict(file + " is there already")
                               : system_error(file, "cannot be created");
    }
    ::close(made);
    std::unique_ptr<SqliteBackup> backup(new SqliteBackup(file));
    int code = sqlite3_open_v2(file.c_str(), &backup->target_,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                               nullptr);
    if (code == SQLITE_OK) {
        // A backup that breaks off is thrown away: nothing of it needs to be undone or durable.
        code = sqlite3_exec(backup->target_,
                            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
                            "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-1024",
                            nullptr, nullptr, nullptr);
    }
    if (code != SQLITE_OK) {
        return backup->problem("cannot be written");
    }
    backup->backup_ =
        sqlite3_backup_init(backup->target_, "main", static_cast<Sqlite&>(db).handle(), "main");
    if (backup->backup_ == nullptr) {
        return backup->problem("cannot be begun");
    }
    return backup;
}

SqliteBackup::~SqliteBackup() {
    sqlite3_backup_finish(backup_);
    sqlite3_close_v2(target_);
}

Error SqliteBackup::problem(std::string_view what) const {
    return io_error(fmt::format("the backup {} {}: {}", file_, what,
                                target_ != nullptr ? sqlite3_errmsg(target_) : "no memory"));
}

Result<bool> SqliteBackup::step(int pages) {
    CHECK(backup_ != nullptr);
    const int code = sqlite3_backup_step(backup_, pages);
    if (code == SQLITE_DONE) {
        return true;
    }
    if (code == SQLITE_OK) {
        return false;
    }
    return io_error(
        fmt::format("the backup {} cannot be written: {}", file_, sqlite3_errstr(code)));
}

Status SqliteBackup::finish() {
    CHECK(backup_ != nullptr);
    const int code = sqlite3_backup_finish(backup_);
    backup_ = nullptr;
    if (code != SQLITE_OK) {
        return io_error(
            fmt::format("the backup {} cannot be written: {}", file_, sqlite3_errstr(code)));
    }
    sqlite3_close_v2(target_);
    target_ = nullptr;
    return {};
}

std::int64_t SqliteBackup::pages_total() const {
    return backup_ == nullptr ? 0 : sqlite3_backup_pagecount(backup_);
}

std::int64_t SqliteBackup::pages_left() const {
    return backup_ == nullptr ? 0 : sqlite3_backup_remaining(backup_);
}

Status settle_file(const std::string& file) {
    return sync_path(file, O_RDWR);
}

Status seal_backup(const std::string& part, const std::string& file) {
    // The pages say that there is a log beside them, as the source has one.
    TRY(run_once(part, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE"));
    TRY(settle_file(part));
    if (::rename(part.c_str(), file.c_str()) != 0) {
        return system_error(file, "cannot be given its name");
    }
    const std::string folder = std::filesystem::path(file).parent_path().string();
    return sync_path(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace tocsin::store
