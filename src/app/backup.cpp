#include "app/backup.h"

#include <filesystem>

#include "delivery/ledger_export.h"
#include "store/alerts.h"
#include "store/consent.h"
#include "store/copy_tables.h"
#include "store/migrate.h"
#include "store/postgres_url.h"
#include "store/restore.h"
#include "store/sqlite.h"
#include "store/sqlite_backup.h"
#include "store/store.h"

namespace tocsin::app {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSqliteScheme = "sqlite:";
// Nobody waits for the database meanwhile.
constexpr int kPagesAtOnce = 4096;

void remove_database(const std::string& path) {
    std::error_code ignored;
    for (const char* companion : {"", "-wal", "-shm", "-journal"}) {
        fs::remove(path + companion, ignored);
    }
}

// What it throws becomes one line.
template <class Fn>
auto guarded(const std::string& what, Fn fn) -> std::invoke_result_t<Fn> {
    try {
        return fn();
    } catch (const store::DatabaseFailure& failure) {
        return io_error(fmt::format("{}: {}", what, failure.what()));
    }
}

Status backup_sqlite(const std::string& path, const std::string& file, const std::string& part) {
    std::error_code failed;
    if (!fs::exists(path, failed)) {
        return not_found(fmt::format("there is no database {}", path));
    }
    TRY_AS(const auto db, store::Sqlite::open(path));
    TRY_AS(const auto backup, store::SqliteBackup::begin(*db, part));
    for (bool done = false; !done;) {
        TRY_AS(done, backup->step(kPagesAtOnce));
    }
    TRY(backup->finish());
    return store::seal_backup(part, file);
}

Status backup_postgres(const std::string& url, const std::string& file, const std::string& part,
                       const Clock& clock) {
    store::CopyRequest request;
    request.from = url;
    request.to = std::string(kSqliteScheme) + part;
    request.source = store::CopyRequest::Source::Running;
    TRY_AS(const store::CopyDone done, store::copy_store(request, clock));
    if (!done.consent.problem.empty()) {
        return Error(ErrorKind::Corrupt,
                     "the consent chain of the database does not hold: " + done.consent.problem);
    }
    return store::seal_backup(part, file);
}

// The file that is restored from: the backup, or a copy of it with this program's tables.
struct Source {
    std::string path;
    bool temporary = false;
};

Result<Source> prepare_source(const std::string& file, const Clock& clock) {
    std::int64_t version = 0;
    {
        TRY_AS(const auto db, store::Sqlite::open_to_read(file));
        version = store::stored_version(*db);
    }
    if (version == 0 || version >= store::embedded_migrations().back().version) {
        return Source{file, false};  // the copy judges it
    }
    const std::string newer = file + ".migrated";
    remove_database(newer);
    std::error_code failed;
    fs::copy_file(file, newer, failed);
    if (failed) {
        return io_error(fmt::format("{}: cannot be written: {}", newer, failed.message()));
    }
    TRY_AS(const auto db, store::Sqlite::open(newer));
    TRY(store::migrate(*db, store::embedded_migrations(), clock.now()));
    db->truncate_log();
    db->script("PRAGMA journal_mode=DELETE");
    return Source{newer, true};
}

void check_ledger(store::Database& db, AlertId alert, std::vector<std::string>& problems) {
    const auto check = delivery::verify_ledger(db, alert);
    if (!check) {
        problems.push_back(fmt::format("alert {}: {}", alert.value(), check.error().message()));
        return;
    }
    for (const std::string& problem : check->problems) {
        problems.push_back(fmt::format("alert {}: {}", alert.value(), problem));
    }
}

}  // namespace

Result<BackupFacts> read_backup(const std::string& file) {
    return guarded(file, [&]() -> Result<BackupFacts> {
        TRY_AS(const auto db, store::Sqlite::open_to_read(file));
        const auto count = [&db](std::string_view sql) { return db->first(sql)->integer(0); };
        BackupFacts facts;
        facts.version = store::stored_version(*db);
        if (facts.version == 0) {
            return invalid(file + " holds no data of Tocsin");
        }
        const std::string sound = db->first("PRAGMA quick_check(1)")->text(0);
        if (sound != "ok") {
            return Error(ErrorKind::Corrupt, fmt::format("{} is damaged: {}", file, sound));
        }
        std::error_code failed;
        facts.bytes = static_cast<std::int64_t>(fs::file_size(file, failed));
        facts.subscribers = count("SELECT count(*) FROM subscriber");
        facts.alerts = count("SELECT count(*) FROM alert");
        const store::ConsentHead head = store::consent_head(*db);
        facts.consent_entries = head.seq;
        facts.consent_head = head.hash;
        return facts;
    });
}

Result<std::string> prepare_backup(const std::string& file) {
    std::error_code failed;
    if (fs::exists(file, failed)) {
        return conflict(file + " is there already: name another file");
    }
    const std::string part = file + ".part";
    remove_database(part);
    return part;
}

Status backup_database(const std::string& url, const std::string& file, const Clock& clock) {
    TRY_AS(const std::string part, prepare_backup(file));
    const Status done = guarded("the backup failed", [&] {
        return store::is_postgres_url(url)
                   ? backup_postgres(url, file, part, clock)
                   : backup_sqlite(url.substr(kSqliteScheme.size()), file, part);
    });
    if (!done) {
        remove_database(part);
    }
    return done;
}

Result<RestoreDone> restore_database(const RestoreOrder& order, const Clock& clock) {
    RestoreDone done;
    const auto copy = [&]() -> Status {
        TRY_AS(const Source source, prepare_source(order.file, clock));
        store::CopyRequest request;
        request.from = std::string(kSqliteScheme) + source.path;
        request.to = order.url;
        request.source = store::CopyRequest::Source::File;
        request.on_progress = order.on_progress;
        request.at_end = [&](store::Database& db) -> Status {
            if (order.running == RunningAlerts::Stop) {
                done.stopped = store::stop_running_alerts(db, clock.now());
            }
            return {};
        };
        TRY_AS(done.copy, store::copy_store(request, clock));
        if (source.temporary) {
            remove_database(source.path);
        }
        return {};
    };
    TRY(guarded(order.file, copy));
    auto problems = check_invariants(order.url, clock);
    if (!problems) {
        return problems.error().with_context("everything is restored, but could not be checked");
    }
    done.problems = std::move(*problems);
    return done;
}

Result<std::vector<std::string>> check_invariants(const std::string& url, const Clock& clock) {
    TRY_AS(const auto opened, store::Store::open(url, clock));
    using model::AlertState;
    // A fenced one: nobody's book-keeping waits while every ledger is read.
    return opened->run_fenced([](store::Database& db) -> Result<std::vector<std::string>> {
        std::vector<std::string> problems;
        const store::ConsentChain chain = store::walk_consent(db);
        if (!chain.problem.empty()) {
            problems.push_back("consent: " + chain.problem);
        }
        for (const AlertState state :
             {AlertState::Released, AlertState::Stopped, AlertState::Finished}) {
            for (const store::AlertRow& alert : store::list_alerts_in_state(db, state)) {
                check_ledger(db, alert.id, problems);
            }
        }
        return problems;
    });
}

std::string missing_from_backup() {
    return "Not in it: the configuration, the secrets file and the DKIM keys. Keep copies of these "
           "files in a safe place of their own: without the secrets file's pepper the suppression "
           "list means nothing, without its master key the links in mails already sent are dead.";
}

}  // namespace tocsin::app
