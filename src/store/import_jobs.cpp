#include "store/import_jobs.h"

namespace tocsin::store {

namespace {

ImportJobRow read_job(const Row& row) {
    ImportJobRow job;
    job.id = row.integer(0);
    job.list = ListId(row.integer(1));
    job.consent_source = row.text(2);
    job.next_row = row.integer(3);
    job.accepted = row.integer(4);
    job.refused = row.integer(5);
    job.duplicates = row.integer(6);
    job.finished = row.boolean(7);
    job.kept_out = row.integer(8);
    return job;
}

}  // namespace

ImportJobRow begin_import_job(Database& db, std::string_view file_hash, ListId list,
                              std::string_view consent_source, Time now) {
    const Blob hash{std::string(file_hash)};
    db.execute("DELETE FROM import_job WHERE file_hash = $1 AND list_id = $2 AND finished = 1",
               {hash, list});
    // The source of an interrupted job stays: its rows say where they came from alike.
    db.execute(
        "INSERT INTO import_job (file_hash, list_id, consent_source, next_row, accepted, "
        "refused, duplicates, finished, created_at) VALUES ($1, $2, $3, 0, 0, 0, 0, 0, $4) "
        "ON CONFLICT (file_hash, list_id) DO NOTHING",
        {hash, list, consent_source, now});
    return read_job(
        *db.first("SELECT id, list_id, consent_source, next_row, accepted, refused, "
                  "duplicates, finished, kept_out FROM import_job "
                  "WHERE file_hash = $1 AND list_id = $2",
                  {hash, list}));
}

std::optional<ImportJobRow> find_import_job(Database& db, std::int64_t id) {
    const auto row = db.first(
        "SELECT id, list_id, consent_source, next_row, accepted, refused, "
        "duplicates, finished, kept_out FROM import_job WHERE id = $1",
        {id});
    return row ? std::optional(read_job(*row)) : std::nullopt;
}

void save_import_job(Database& db, const ImportJobRow& job) {
    db.execute(
        "UPDATE import_job SET next_row = $2, accepted = $3, refused = $4, duplicates = $5, "
        "finished = $6, kept_out = $7 WHERE id = $1",
        {job.id, job.next_row, job.accepted, job.refused, job.duplicates, job.finished,
         job.kept_out});
}

}  // namespace tocsin::store
