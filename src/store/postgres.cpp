#include "store/postgres.h"

#include <set>

#include "base/check.h"
#include "store/dialect.h"
#include "store/postgres_internal.h"
#include "store/postgres_url.h"

namespace tocsin::store {

namespace {

constexpr const char* kBegin = "BEGIN";
constexpr const char* kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
constexpr const char* kMark = "SAVEPOINT job";
constexpr const char* kKeep = "RELEASE job";
constexpr const char* kUndo = "ROLLBACK TO job";

}  // namespace

std::int64_t Postgres::execute(std::string_view sql, const std::vector<Param>& params) {
    return run(sql, params, nullptr);
}

std::vector<Row> Postgres::query(std::string_view sql, const std::vector<Param>& params) {
    std::vector<Row> rows;
    const RowSink keep = [&rows](const Row& row) { rows.push_back(row); };
    run(sql, params, &keep);
    return rows;
}

void Postgres::for_each(std::string_view sql, const std::vector<Param>& params,
                        const std::function<void(const Row&)>& each) {
    run(sql, params, &each);
}

// Several statements at once are for the simple protocol only, which does not mix with the other.
void Postgres::script(std::string_view sql) {
    control(nullptr);
    pg_conn* const connection = connection_.get();
    CHECK(PQexitPipelineMode(connection) == 1);
    const Answer result(PQexec(connection, to_postgres(sql).c_str()));
    CHECK(PQstatus(connection) == CONNECTION_BAD || PQenterPipelineMode(connection) == 1);
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
        const std::string what = one_line(PQerrorMessage(connection));
        if (PQstatus(connection) == CONNECTION_BAD) {
            drop_connection();
        }
        fail(state == nullptr ? "" : state, what, sql);
    }
}

// --- reads ----------------------------------------------------------------------------------

void Postgres::begin_read() {
    access_ = Access::Read;
    transaction_ = Transaction::Announced;
    waiting_ = {{kBeginRead}};
}

// The answer to its COMMIT is fetched with the next statement's.
void Postgres::end_read() {
    waiting_.clear();
    if (transaction_ == Transaction::Begun) {
        Exchange end;
        try {
            send_control({"COMMIT"}, end);
            require_sent(PQpipelineSync(connection_.get()), connection_.get());
            owes_end_ = true;
        } catch (const Lost&) {
            drop_connection();
        }
    }
    transaction_ = Transaction::None;
    access_ = Access::Write;
}

// --- groups of writes -----------------------------------------------------------------------

void Postgres::begin() {
    CHECK(transaction_ == Transaction::None);
    told_.clear();
    told_before_ = 0;
    announce();
}

void Postgres::announce() {
    transaction_ = Transaction::Announced;
    holds_ = false;
    mark_ = Mark::Whole;
    waiting_ = {{kBegin}};
    if (use_ == Use::Books) {
        waiting_.push_back({kLockBooksPostgres});
    }
}

void Postgres::commit() {
    if (!waiting_.empty() && waiting_.back().sql == kKeep) {
        waiting_.pop_back();  // COMMIT does it
    }
    if (transaction_ == Transaction::Announced && !told_.empty()) {
        run(kLockSignalsPostgres, {}, nullptr);  // the connection may have to be made anew
    }
    announce_signals();
    if (transaction_ == Transaction::Begun || !told_.empty()) {
        control("COMMIT");
        if (options_.counters != nullptr) {
            ++options_.counters->groups;
        }
    }
    waiting_.clear();
    told_.clear();
    transaction_ = Transaction::None;
}

void Postgres::rollback() {
    waiting_.clear();
    told_.clear();
    if (transaction_ == Transaction::Begun) {
        try {
            control("ROLLBACK");
        } catch (const DatabaseFailure&) {
            drop_connection();  // the server rolls back what lost its session
        }
    }
    transaction_ = Transaction::None;
}

void Postgres::mark() {
    told_before_ = told_.size();
    mark_ = holds_ ? Mark::Point : Mark::Whole;
    if (mark_ == Mark::Point) {
        waiting_.push_back({kMark});
    }
}

void Postgres::keep() {
    if (mark_ == Mark::Whole) {
        holds_ = transaction_ == Transaction::Begun;
    } else if (!waiting_.empty() && waiting_.back().sql == kMark) {
        waiting_.pop_back();  // nothing was done since
    } else {
        waiting_.push_back({kKeep});
    }
}

void Postgres::undo() {
    told_.resize(told_before_);
    if (mark_ == Mark::Whole) {
        if (transaction_ == Transaction::Begun) {
            control("ROLLBACK");
            announce();
        }
    } else if (!waiting_.empty() && waiting_.back().sql == kMark) {
        waiting_.pop_back();
    } else {
        control(kUndo);
        waiting_.push_back({kKeep});
    }
}

// --- signals --------------------------------------------------------------------------------

void Postgres::signal(std::string_view topic, std::int64_t subject, std::int64_t detail) {
    CHECK(access_ == Access::Write && topic.find(' ') == std::string_view::npos);
    const bool alone = transaction_ == Transaction::None;
    if (alone) {
        begin();
    }
    told_.push_back({std::string(topic), subject, detail});
    if (alone) {
        commit();
    }
}

// In front of the COMMIT. The lock first: from the moment a number is drawn until the commit is
// seen by all, nobody else draws one.
void Postgres::announce_signals() {
    if (told_.empty()) {
        return;
    }
    std::vector<std::string> columns(3);
    std::set<Told> said;  // twice in one commit says nothing more
    for (const Told& told : told_) {
        if (said.insert(told).second) {
            const std::string_view space = said.size() == 1 ? "" : " ";
            columns[0] += fmt::format("{}{}", space, told.topic);
            columns[1] += fmt::format("{}{}", space, told.subject);
            columns[2] += fmt::format("{}{}", space, told.detail);
        }
    }
    columns.push_back(options_.node);
    waiting_.push_back({kLockSignalsPostgres});
    waiting_.push_back({kWriteSignalsPostgres, std::move(columns)});
    waiting_.push_back({kNotifyPostgres});
}

}  // namespace tocsin::store
