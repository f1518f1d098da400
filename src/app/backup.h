// backup and restore: the database as one file, and back.
//
// A backup is an SQLite database of its own, whichever engine it comes from, so it can be restored
// to either. It holds all of the database and nothing else: configuration, secrets and DKIM keys
// are files that must be kept apart (missing_from_backup).
//
// FILE is written as FILE.part, synced, and then gets its name: what has the name is whole. Mode
// 0600. Restoring is a copy (store/copy.h): resumable, verified, into an empty database. Alerts
// that were being sent are stopped then (store/restore.h) unless the operator wants them to go on.
//
// Thread: the caller's, blocked. Failure: one line; see store/copy.h.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "store/copy.h"

namespace tocsin::app {

// Of a finished backup, read from the file.
struct BackupFacts {
    std::int64_t bytes = 0;
    std::int64_t version = 0;
    std::int64_t subscribers = 0;
    std::int64_t alerts = 0;
    std::int64_t consent_entries = 0;
    std::string consent_head;  // raw
};
// Reads all pages and looks for damage, too.
Result<BackupFacts> read_backup(const std::string& file);

// The name that FILE has until it is whole; what an earlier attempt left there is removed.
// Conflict: FILE is there.
Result<std::string> prepare_backup(const std::string& file);

// Of a PostgreSQL database, beside running nodes; or of an SQLite file that no service has open.
Status backup_database(const std::string& url, const std::string& file, const Clock& clock);

enum class RunningAlerts { Stop, GoOn };
struct RestoreOrder {
    std::string file;
    std::string url;
    RunningAlerts running = RunningAlerts::Stop;
    std::function<Status(const store::CopyProgress&)> on_progress;
};
struct RestoreDone {
    store::CopyDone copy;
    std::vector<AlertId> stopped;
    std::vector<std::string> problems;  // of ledgers and of the consent chain; empty: all adds up
};
// A backup of an earlier version is brought up to date on the way, in a file beside it.
Result<RestoreDone> restore_database(const RestoreOrder& order, const Clock& clock);

// The consent chain and every ledger of a database that no service has open.
Result<std::vector<std::string>> check_invariants(const std::string& url, const Clock& clock);

std::string missing_from_backup();

}  // namespace tocsin::app
