#include "store/copy.h"

#include <algorithm>
#include <future>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "store/copy_open.h"
#include "store/copy_rows.h"
#include "store/copy_tables.h"
#include "store/dialect.h"

namespace tocsin::store {

namespace {

// A chunk is written when its values take so many bytes, whatever its rows: some hold 100 kB.
constexpr std::size_t kChunkBytes = 4 * 1024 * 1024;

constexpr std::string_view kCreateProgress =
    "CREATE TABLE IF NOT EXISTS store_copy ("
    "table_name TEXT PRIMARY KEY, source TEXT NOT NULL, expected BIGINT NOT NULL, "
    "copied BIGINT NOT NULL, last_key BLOB, done BIGINT NOT NULL)";

// Thrown through the source's reading, so that whose failure it was is known.
struct TargetFailed {
    std::string what;
};
struct Stopped {
    Error error;
};

std::size_t size_of(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return text->size();
    }
    const auto* blob = std::get_if<Blob>(&value);
    return blob != nullptr ? blob->bytes.size() : 8;
}

// One transaction of the target; the closure may return an error to undo it.
template <class Fn>
Status in_transaction(Connection& target, Fn fn) {
    try {
        target.begin();
        const Status done = fn();
        if (!done) {
            target.rollback();
            return done;
        }
        target.commit();
        return {};
    } catch (const DatabaseFailure& failure) {
        target.rollback();
        throw TargetFailed{failure.what()};
    } catch (...) {
        target.rollback();
        throw;
    }
}

// One table on its way.
class TableCopy {
  public:
    TableCopy(const CopyRequest& request, Connection& source, Connection& target,
              const CopiedTable& table)
        : request_(request),
          source_(source),
          target_(target),
          table_(table),
          columns_(column_names(source, table.name)) {
        for (const std::string_view part : table.key) {
            const auto found = std::ranges::find(columns_, part);
            CHECK(found != columns_.end());
            key_at_.push_back(static_cast<std::size_t>(found - columns_.begin()));
        }
    }

    Status run() {
        TRY(in_transaction(target_, [this] { return load(); }));
        while (!done_) {
            seen_ = 0;
            source_.for_each(select_text(), key_, [this](const Row& row) { take(row); });
            done_ = seen_ < request_.chunk_rows;
            TRY(flush());
            key_ = last_key_;
        }
        return {};
    }

  private:
    Status load() {
        const auto row = target_.first(
            "SELECT expected, copied, done, last_key FROM store_copy WHERE table_name = $1",
            {table_.name});
        if (!row) {
            return Error(ErrorKind::Corrupt,
                         "the copy's own progress is damaged: empty the "
                         "target and begin again");
        }
        expected_ = row->integer(0);
        copied_ = row->integer(1);
        done_ = row->boolean(2);
        if (!row->is_null(3)) {
            TRY_AS(key_, read_values(row->blob(3), table_.key.size()));
            last_key_ = key_;
        }
        return {};
    }

    std::string select_text() const {
        std::string after;
        if (!key_.empty()) {
            std::vector<std::string> places;
            for (std::size_t i = 1; i <= key_.size(); ++i) {
                places.push_back(fmt::format("${}", i));
            }
            after = fmt::format(" WHERE ({}) > ({})", fmt::join(table_.key, ", "),
                                fmt::join(places, ", "));
        }
        return fmt::format("SELECT {} FROM {}{} ORDER BY {} LIMIT {}", fmt::join(columns_, ", "),
                           table_.name, after, fmt::join(table_.key, ", "), request_.chunk_rows);
    }

    void take(const Row& row) {
        CopiedRow copied;
        copied.reserve(row.columns());
        for (std::size_t i = 0; i < row.columns(); ++i) {
            bytes_ += size_of(row.value(i));
            copied.emplace_back(row.value(i));
        }
        rows_.push_back(std::move(copied));
        ++seen_;
        if (bytes_ >= kChunkBytes) {
            const Status written = flush();
            if (!written) {
                throw Stopped{written.error()};
            }
        }
    }

    // The rows and how far they came, or neither.
    Status flush() {
        std::string last;
        if (!rows_.empty()) {
            last_key_.clear();
            for (const std::size_t at : key_at_) {
                last_key_.push_back(rows_.back()[at]);
                append_value(last, rows_.back()[at].value());
            }
        }
        TRY(in_transaction(target_, [&]() -> Status {
            if (!rows_.empty()) {
                insert_rows(target_, table_.name, columns_, rows_);
            }
            return note_progress(last);
        }));
        copied_ += static_cast<std::int64_t>(rows_.size());
        rows_.clear();
        bytes_ = 0;
        return request_.on_progress ? request_.on_progress({table_.name, copied_, expected_})
                                    : Status();
    }

    Status note_progress(const std::string& last) {
        const auto rows = static_cast<std::int64_t>(rows_.size());
        const std::optional<Blob> key = last.empty() ? std::nullopt : std::optional(Blob{last});
        const std::int64_t changed = target_.execute(
            "UPDATE store_copy SET copied = copied + $2, done = $3, "
            "last_key = COALESCE($4, last_key) WHERE table_name = $1 AND copied = $5",
            {table_.name, rows, done_, key, copied_});
        if (changed != 1) {
            return conflict("another copy writes to the target: let that one go on, or end it");
        }
        return {};
    }

    const CopyRequest& request_;
    Connection& source_;
    Connection& target_;
    const CopiedTable& table_;
    const std::vector<std::string> columns_;
    std::vector<std::size_t> key_at_;  // among the columns

    std::int64_t expected_ = 0;
    std::int64_t copied_ = 0;
    bool done_ = false;
    std::vector<Param> key_;       // read after this one; the query under way refers to it
    std::vector<Param> last_key_;  // of the last row that is there
    std::vector<CopiedRow> rows_;
    std::size_t bytes_ = 0;  // of these rows
    std::size_t seen_ = 0;   // rows of the query under way
};

class Copy {
  public:
    Copy(const CopyRequest& request, const Clock& clock, CopyEnd& source, CopyEnd& target)
        : request_(request), clock_(clock), source_(source), target_(target) {}

    Result<CopyDone> run() {
        TRY(compare_columns(source_, target_));
        source_.db->begin_read();
        CopyDone done;
        TRY_AS(done.resumed, begin());
        for (const CopiedTable& table : copied_tables()) {
            TRY(TableCopy(request_, *source_.db, *target_.db, table).run());
        }
        TRY(verify(done));
        const auto numbers = last_numbers();
        source_.db->end_read();
        if (request_.source == CopyRequest::Source::Still) {
            const Status still = refuse_living_nodes(source_, clock_);
            if (!still) {
                return still.error().with_context("the source came into use during the copy");
            }
        }
        TRY(finish(numbers));
        return done;
    }

  private:
    using Numbers = std::vector<std::pair<const CopiedTable*, std::int64_t>>;

    std::int64_t rows_of(const CopiedTable& table) {
        return source_.db->first(fmt::format("SELECT count(*) FROM {}", table.name))->integer(0);
    }

    // True if a copy goes on.
    Result<bool> begin() {
        bool resumed = false;
        std::vector<std::int64_t> expected;
        for (const CopiedTable& table : copied_tables()) {
            expected.push_back(rows_of(table));
        }
        TRY(in_transaction(*target_.db, [&]() -> Status {
            Connection& db = *target_.db;
            db.script(kCreateProgress);
            resumed = db.first("SELECT 1 FROM store_copy LIMIT 1").has_value();
            for (std::size_t i = 0; i < expected.size(); ++i) {
                const CopiedTable& table = copied_tables()[i];
                TRY(resumed ? check_expected(table, expected[i])
                            : note_expected(table, expected[i]));
            }
            return {};
        }));
        return resumed;
    }

    Status note_expected(const CopiedTable& table, std::int64_t rows) {
        target_.db->execute(
            "INSERT INTO store_copy (table_name, source, expected, copied, last_key, done) "
            "VALUES ($1, $2, $3, 0, NULL, 0)",
            {table.name, source_.identity, rows});
        return {};
    }

    Status check_expected(const CopiedTable& table, std::int64_t rows) {
        const auto row = target_.db->first("SELECT expected FROM store_copy WHERE table_name = $1",
                                           {table.name});
        if (row && row->integer(0) != rows) {
            return conflict(fmt::format(
                "{} has changed since the copy was begun ({}: {} rows then, {} now): empty {} and "
                "begin again",
                source_.shown, table.name, row->integer(0), rows, target_.shown));
        }
        return {};
    }

    // Both sides at once, each on a thread of its own.
    Status verify(CopyDone& done) {
        auto of_source =
            std::async(std::launch::async, [this] { return count_tables(*source_.db); });
        try {
            target_.db->begin_read();
            done.tables = count_tables(*target_.db);
            done.consent = walk_consent(*target_.db);
            target_.db->end_read();
        } catch (const DatabaseFailure& failure) {
            throw TargetFailed{failure.what()};
        }
        const std::vector<CopiedCount> wanted = of_source.get();
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            TRY(compare(wanted[i], done.tables[i]));
            done.rows += done.tables[i].rows;
        }
        return {};
    }

    Status compare(const CopiedCount& wanted, const CopiedCount& found) const {
        if (wanted == found) {
            return {};
        }
        return Error(
            ErrorKind::Corrupt,
            fmt::format("the copy is not equal: {} has {} rows ({}) in {}, but {} ({}) in {}: the "
                        "source changed meanwhile, or something wrote to the target; empty it and "
                        "begin again",
                        wanted.table, wanted.rows, hex_encode(wanted.sha256).substr(0, 12),
                        source_.shown, found.rows, hex_encode(found.sha256).substr(0, 12),
                        target_.shown));
    }

    Numbers last_numbers() {
        Numbers numbers;
        for (const CopiedTable& table : copied_tables()) {
            if (const auto last = last_number(*source_.db, table)) {
                numbers.emplace_back(&table, *last);
            }
        }
        return numbers;
    }

    Status finish(const Numbers& numbers) {
        Connection& db = *target_.db;
        TRY(in_transaction(db, [&]() -> Status {
            if (const std::string_view raise = raise_identities(db.engine()); !raise.empty()) {
                db.script(raise);
            }
            for (const auto& [table, last] : numbers) {
                raise_number(db, *table, last);
            }
            if (request_.at_end) {
                TRY(request_.at_end(db));
            }
            db.script("DROP TABLE store_copy");
            return {};
        }));
        try {
            db.truncate_log();
        } catch (const DatabaseFailure& failure) {
            // Whoever opens it next does that.
            log_warning("the log of {} could not be emptied: {}", target_.shown, failure.what());
        }
        return {};
    }

    const CopyRequest& request_;
    const Clock& clock_;
    CopyEnd& source_;
    CopyEnd& target_;
};

constexpr std::string_view kGoOn =
    "what was copied until then is kept: run the same command again to go on";

}  // namespace

Result<CopyDone> copy_store(const CopyRequest& request, const Clock& clock) {
    const std::string from = shown_store_url(request.from);
    const std::string to = shown_store_url(request.to);
    try {
        TRY_AS(CopyEnd source, open_copy_source(request.from, request.source, clock));
        TRY_AS(CopyEnd target, open_copy_target(request.to, source.identity, clock));
        return Copy(request, clock, source, target).run();
    } catch (const TargetFailed& failure) {
        return unavailable(
            fmt::format("{} could not be written ({}); {}", to, failure.what, kGoOn));
    } catch (const DatabaseFailure& failure) {
        return unavailable(
            fmt::format("{} or {} could not be read ({}); {}", from, to, failure.what(), kGoOn));
    } catch (const Stopped& stopped) {
        return stopped.error;
    }
}

}  // namespace tocsin::store
