// Import: readers from elsewhere, a bounded number of rows at a time.
//
// The rows of a chunk, their consent events and the job's next_row are one transaction, so that a
// kill at any moment resumes at the first row that was not committed. What needs no database
// (parsing, keys, random names, commitments) is done before, so that the store thread is held for
// the inserts only. An import never brings back who left or is suppressed, and a row that says that
// somebody had left or bounced elsewhere keeps them out here. It takes nobody off a list who is on
// it: what they said here is newer than the file, or may be.
#include <istream>

#include "audience/audience.h"
#include "audience/evidence.h"
#include "audience/import_reader.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "model/subscription.h"
#include "store/import_jobs.h"
#include "store/suppression.h"

namespace tocsin::audience {

namespace {

// A row that is ready for the database, or the reason why it never will be.
struct Prepared {
    store::NewSubscriber reader;
    std::string suppression_key;
    std::string refusal;
    ImportRow row;
};

ImportProgress progress_of(const store::ImportJobRow& job) {
    ImportProgress progress;
    progress.job = job.id;
    progress.next_row = job.next_row;
    progress.accepted = job.accepted;
    progress.refused = job.refused;
    progress.duplicates = job.duplicates;
    progress.kept_out = job.kept_out;
    progress.finished = job.finished;
    return progress;
}

class ChunkImport {
  public:
    ChunkImport(store::Database& db, store::ImportJobRow job, Time now)
        : db_(db), now_(now), any_suppression_(store::any_suppression(db)) {
        evidence_.wording = job.consent_source;
        evidence_.method = model::ConsentMethod::Import;
        evidence_.actor = "operator";
        job_ = std::move(job);
    }

    void row(const Prepared& row) {
        std::string refusal = row.refusal.empty() ? import(row) : row.refusal;
        if (!refusal.empty()) {
            ++job_.refused;
            refused_.push_back({job_.next_row, std::move(refusal)});
        }
        ++job_.next_row;
    }

    ImportChunkResult finish() {
        store::append_consent(db_, events_);
        store::save_import_job(db_, job_);
        return {progress_of(job_), std::move(refused_)};
    }

  private:
    // The reason why the row is refused; empty if it is not.
    std::string import(const Prepared& row) {
        if (row.row.state != ImportState::Active) {
            keep_out(row);
            return {};
        }
        if (any_suppression_) {
            if (const auto reason = store::suppression_reason(db_, row.suppression_key)) {
                return fmt::format("the address must not be mailed ({})", *reason);
            }
        }
        if (const auto id = store::insert_subscriber(db_, row.reader)) {
            activate(*id, row.reader, row.row);
            return {};
        }
        const auto known = store::find_subscriber_by_key(db_, row.reader.address_key);
        const auto state = store::subscription_state(db_, known->id, job_.list);
        switch (model::decide_import(state, model::Suppressed::No)) {
            case model::ImportStep::Activate:
                activate(known->id, *known, row.row);
                break;
            case model::ImportStep::Duplicate:
                ++job_.duplicates;
                break;
            case model::ImportStep::RefuseLeft:
                return "this reader has left the list";
            case model::ImportStep::RefuseSuppressed:
                break;  // was asked above
        }
        return {};
    }

    void activate(SubscriberId id, const store::NewSubscriber& reader, const ImportRow& row) {
        store::set_active(db_, id, job_.list, now_);
        if (const auto given = past(row.consented_at)) {
            store::set_subscription_dates(db_, id, job_.list, {*given, std::nullopt});
        }
        note(model::ConsentType::Imported, reader, row);
        ++job_.accepted;
    }

    void keep_out(const Prepared& row) {
        if (row.row.state != ImportState::Left) {
            store::suppress(db_, row.suppression_key, reason_of(row.row.state), now_);
            any_suppression_ = true;
            ++job_.kept_out;
            return;
        }
        auto id = store::insert_subscriber(db_, row.reader);
        const auto known =
            id ? std::nullopt : store::find_subscriber_by_key(db_, row.reader.address_key);
        id = known ? std::optional(known->id) : id;
        if (known && store::subscription_state(db_, *id, job_.list)) {
            ++job_.duplicates;  // what is known here stays
            return;
        }
        const Time left = past(row.row.left_at).value_or(now_);
        store::set_pending(db_, *id, job_.list, now_);
        store::set_left(db_, *id, job_.list, left);
        if (const auto given = past(row.row.consented_at)) {
            store::set_subscription_dates(db_, *id, job_.list, {*given, left});
        }
        const store::NewSubscriber& reader = known ? *known : row.reader;
        note(model::ConsentType::Withdrawn, reader, row.row);
        ++job_.kept_out;
    }

    static std::string_view reason_of(ImportState state) {
        return state == ImportState::Bounced      ? "bounced"
               : state == ImportState::Complained ? "complained"
                                                  : "operator";
    }

    // Where the file says something about the future it is not believed.
    std::optional<Time> past(std::optional<Time> time) const {
        return time && *time <= now_ ? time : std::nullopt;
    }

    // The entry's own time is that of the import; what the file says is beside it, in words.
    void note(model::ConsentType type, const store::NewSubscriber& reader, const ImportRow& row) {
        Evidence evidence = evidence_;
        evidence.form_id = to_string(row.source);
        const auto said =
            past(type == model::ConsentType::Withdrawn ? row.left_at : row.consented_at);
        if (said) {
            evidence.form_id += " " + rfc3339(*said);
        }
        events_.push_back(consent_event(type, reader, evidence, now_));
        events_.back().list = job_.list;
    }

    store::Database& db_;
    Time now_;
    bool any_suppression_;
    store::ImportJobRow job_;
    Evidence evidence_;
    std::vector<store::NewConsent> events_;
    std::vector<RefusedRow> refused_;
};

// In which language readers of this import are written to, until they say otherwise.
Result<std::string> language_of(store::Database& db, std::int64_t id, const std::string& newsroom) {
    const auto job = store::find_import_job(db, id);
    if (!job) {
        return not_found("there is no such import");
    }
    const auto list = store::find_list(db, job->list);
    return list && !list->language.empty() ? list->language : newsroom;
}

Result<ImportChunkResult> commit_chunk(store::Database& db, std::int64_t id, std::int64_t first_row,
                                       const std::vector<Prepared>& rows, Time now) {
    auto job = store::find_import_job(db, id);
    if (!job) {
        return not_found("there is no such import");
    }
    if (job->finished) {
        return conflict("this import is finished");
    }
    if (first_row > job->next_row) {
        return conflict(
            fmt::format("this import goes on at row {}, not at row {}", job->next_row, first_row));
    }
    const auto done = static_cast<std::size_t>(job->next_row - first_row);
    ChunkImport chunk(db, std::move(*job), now);
    for (std::size_t i = done; i < rows.size(); ++i) {
        chunk.row(rows[i]);
    }
    return chunk.finish();
}

Prepared prepare(const ImportRow& row, std::string_view chance, Time now, ReservedDomains reserved,
                 const std::string& locale) {
    Prepared out;
    out.row = row;
    out.refusal = row.unreadable;
    if (!out.refusal.empty()) {
        return out;
    }
    const auto address = mail::Address::parse(row.address);
    if (!address) {
        out.refusal = address.error().message();
        return out;
    }
    if (reserved == ReservedDomains::Refuse && mail::is_reserved_domain(address->domain())) {
        out.refusal = fmt::format("no mail can reach the domain {}", address->domain());
        return out;
    }
    out.reader.address = address->text();
    out.reader.address_key = address->key();
    out.reader.domain = address->domain();
    out.reader.smtputf8 = address->needs_smtputf8();
    out.reader.subject = new_subject(now, chance.substr(0, kSubjectRandomBytes));
    out.reader.salt = chance.substr(kSubjectRandomBytes);
    out.reader.locale = locale;
    out.reader.created_at = now;
    return out;
}

}  // namespace

Task<Result<ImportProgress>> Audience::start_import(ImportStart start) {
    const std::string source(trim(start.consent_source));
    if (source.empty() || source.size() > limits::kConsentSourceBytesMax || !is_utf8(source)) {
        co_return invalid(fmt::format(
            "say in 1 to {} bytes where these readers gave their consent (--consent-source)",
            limits::kConsentSourceBytesMax));
    }
    if (start.file_hash.size() != kSha256Bytes) {
        co_return invalid("an import is named by the SHA-256 of its file");
    }
    auto commit = [start = std::move(start), source,
                   now = clock_.now()](store::Database& db) -> Result<ImportProgress> {
        TRY_AS(const store::ListRow list, store::require_list(db, start.list));
        return progress_of(store::begin_import_job(db, start.file_hash, list.id, source, now));
    };
    co_return co_await store_.write(std::move(commit));
}

Task<Result<ImportChunkResult>> Audience::import_rows(std::int64_t job, std::int64_t first_row,
                                                      std::vector<ImportRow> rows) {
    if (rows.size() > limits::kImportRowsMax || first_row < 0) {
        co_return invalid(
            fmt::format("a chunk of an import has at most {} rows", limits::kImportRowsMax));
    }
    auto look = [job, newsroom = settings_.sender.language](store::Database& db) {
        return language_of(db, job, newsroom);
    };
    CO_TRY_AS(const std::string locale, co_await store_.read(std::move(look)));
    const Time now = clock_.now();
    constexpr std::size_t kRowRandom = kSubjectRandomBytes + kSaltBytes;
    const std::string chance = random_.bytes(kRowRandom * rows.size());
    std::vector<Prepared> prepared;
    prepared.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        prepared.push_back(prepare(rows[i],
                                   std::string_view(chance).substr(i * kRowRandom, kRowRandom), now,
                                   settings_.reserved_domains, locale));
        Prepared& row = prepared.back();
        row.suppression_key = mail::suppression_hmac(keys_, row.reader.address_key);
    }
    ImportChunkResult all;
    std::size_t from = 0;
    do {  // an empty chunk is asked too: its job may not exist
        const std::size_t to = std::min(from + settings_.import_rows, prepared.size());
        std::vector<Prepared> piece(
            std::make_move_iterator(prepared.begin() + static_cast<std::ptrdiff_t>(from)),
            std::make_move_iterator(prepared.begin() + static_cast<std::ptrdiff_t>(to)));
        const std::int64_t first = first_row + static_cast<std::int64_t>(from);
        auto commit = [job, first, piece = std::move(piece),
                       now](store::Database& db) -> Result<ImportChunkResult> {
            return commit_chunk(db, job, first, piece, now);
        };
        CO_TRY_AS(ImportChunkResult done, co_await store_.write(std::move(commit)));
        all.progress = done.progress;
        std::move(done.refused.begin(), done.refused.end(), std::back_inserter(all.refused));
        from = to;
    } while (from < prepared.size());
    co_return all;
}

Task<Result<ImportProgress>> Audience::finish_import(std::int64_t id) {
    auto commit = [id](store::Database& db) -> Result<ImportProgress> {
        auto job = store::find_import_job(db, id);
        if (!job) {
            return not_found("there is no such import");
        }
        job->finished = true;
        store::save_import_job(db, *job);
        return progress_of(*job);
    };
    co_return co_await store_.write(std::move(commit));
}

Task<Result<ImportProgress>> Audience::import_csv(
    std::istream& csv, ImportStart start, std::function<void(const RefusedRow&)> on_refused) {
    CO_TRY_AS(const ImportProgress begun, co_await start_import(std::move(start)));
    ImportReader reader(csv);
    reader.skip_to(begun.next_row);
    for (;;) {
        CO_TRY_AS(std::optional<ImportChunk> chunk, reader.next());
        if (!chunk) {
            break;
        }
        const std::int64_t first = chunk->first_row;
        CO_TRY_AS(const ImportChunkResult done,
                  co_await import_rows(begun.job, first, std::move(chunk->rows)));
        for (const RefusedRow& row : done.refused) {
            const auto line = chunk->lines[static_cast<std::size_t>(row.row - first)];
            on_refused({static_cast<std::int64_t>(line), row.reason});
        }
    }
    co_return co_await finish_import(begun.job);
}

}  // namespace tocsin::audience
