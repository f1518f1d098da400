#include "store/postgres.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
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
constexpr int kBinary = 1;
constexpr int kAttempts = 3;  // of one statement, each over a new connection

Row row_of(const PGresult* result, int row) {
    const int columns = PQnfields(result);
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) {
        if (PQgetisnull(result, row, column) != 0) {
            values.emplace_back(nullptr);
            continue;
        }
        const auto size = static_cast<std::size_t>(PQgetlength(result, row, column));
        values.push_back(
            postgres_value(PQftype(result, column), {PQgetvalue(result, row, column), size}));
    }
    return Row(std::move(values));
}

std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string() : std::string(text);
}

// Only what changes rows counts: a SELECT has a number in its tag too.
std::int64_t rows_changed(PGresult* result) {
    const std::string_view tag = PQcmdStatus(result);
    if (tag.starts_with("SELECT")) {
        return 0;
    }
    return std::strtoll(PQcmdTuples(result), nullptr, 10);
}

}  // namespace

// What travels together: the waiting statements, the one that matters, and a sync behind it.
struct Postgres::Exchange {
    std::string_view sql;
    const RowSink* each = nullptr;
    std::size_t sent = 0;  // statements; the last one is the one that matters
    bool given = false;    // a row went to the caller
    std::int64_t changed = 0;
    std::string tag;                  // "COMMIT"
    std::vector<PostgresType> types;  // of a statement that was described
    std::string error;                // the first; what follows it was not run
    std::string error_state;
    std::exception_ptr thrown;  // by the caller's function
};

// --- the public side ------------------------------------------------------------------------

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
        fail(field(result.get(), PG_DIAG_SQLSTATE), one_line(PQerrorMessage(connection)), sql);
    }
}

void Postgres::begin_read() {
    access_ = Access::Read;
    transaction_ = Transaction::Announced;
    waiting_.push_back(kBeginRead);
}

// The answer to its COMMIT is fetched with the next statement's.
void Postgres::end_read() {
    waiting_.clear();
    if (transaction_ == Transaction::Begun) {
        pg_conn* const connection = connection_.get();
        owes_end_ = PQsendQueryParams(connection, "COMMIT", 0, nullptr, nullptr, nullptr, nullptr,
                                      kBinary) == 1 &&
                    PQpipelineSync(connection) == 1;
        if (!owes_end_) {
            drop_connection();
        }
    }
    transaction_ = Transaction::None;
    access_ = Access::Write;
}

void Postgres::begin() {
    CHECK(transaction_ == Transaction::None);
    transaction_ = Transaction::Announced;
    waiting_.push_back(kBegin);
}

void Postgres::commit() {
    if (transaction_ == Transaction::Begun) {
        control("COMMIT");
    }
    waiting_.clear();
    transaction_ = Transaction::None;
}

void Postgres::rollback() {
    waiting_.clear();
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
    waiting_.push_back(kMark);
}

void Postgres::keep() {
    if (!waiting_.empty() && waiting_.back() == kMark) {
        waiting_.pop_back();  // nothing was done since
    } else {
        waiting_.push_back(kKeep);
    }
}

void Postgres::undo() {
    if (!waiting_.empty() && waiting_.back() == kMark) {
        waiting_.pop_back();
    } else {
        control(kUndo);
        waiting_.push_back(kKeep);
    }
}

// --- statements -----------------------------------------------------------------------------

std::int64_t Postgres::run(std::string_view sql, const std::vector<Param>& params,
                           const RowSink* each) {
    const std::vector<const char*> waiting = waiting_;
    const bool nothing_yet = transaction_ == Transaction::Announced;
    for (int attempts_left = kAttempts;;) {
        Exchange exchange;
        exchange.sql = sql;
        exchange.each = each;
        try {
            return attempt(sql, params, exchange);
        } catch (const Lost& lost) {
            drop_connection();
            if (!nothing_yet || exchange.given || --attempts_left == 0) {
                fail("", lost.what, sql);
            }
            reconnect(lost.what);
            waiting_ = waiting;
            transaction_ = Transaction::Announced;
        }
    }
}

std::int64_t Postgres::attempt(std::string_view sql, const std::vector<Param>& params,
                               Exchange& exchange) {
    const Statement& statement = prepared(sql, params);
    const PostgresParams bound(params, statement.types);
    send_waiting(exchange);
    require_sent(PQsendQueryPrepared(connection_.get(), statement.name.c_str(), bound.count(),
                                     bound.values(), bound.lengths(), bound.formats(), kBinary),
                 connection_.get());
    ++exchange.sent;
    receive(exchange);
    return exchange.changed;
}

const Postgres::Statement& Postgres::prepared(std::string_view sql,
                                              const std::vector<Param>& params) {
    const auto found = statements_.find(sql);
    if (found != statements_.end()) {
        return found->second;
    }
    if (statements_.size() >= limits::kStoreStatementsMax) {
        control("DEALLOCATE ALL");
        statements_.clear();
    }
    Statement statement;
    statement.name = fmt::format("s{}", ++statements_made_);
    for (const Param& param : params) {
        statement.types.push_back(postgres_type(param.value()));
    }
    Exchange exchange;
    exchange.sql = sql;
    send_waiting(exchange);
    require_sent(PQsendPrepare(connection_.get(), statement.name.c_str(), to_postgres(sql).c_str(),
                               static_cast<int>(params.size()), statement.types.data()),
                 connection_.get());
    require_sent(PQsendDescribePrepared(connection_.get(), statement.name.c_str()),
                 connection_.get());
    exchange.sent += 2;
    receive(exchange);
    statement.types = std::move(exchange.types);
    return statements_.emplace(std::string(sql), std::move(statement)).first->second;
}

// The waiting statements, and one that has no parameters and no rows. Null: only those.
void Postgres::control(const char* sql) {
    Exchange exchange;
    exchange.sql = sql == nullptr ? "" : sql;
    try {
        send_waiting(exchange);
        if (sql != nullptr) {
            require_sent(PQsendQueryParams(connection_.get(), sql, 0, nullptr, nullptr, nullptr,
                                           nullptr, kBinary),
                         connection_.get());
            ++exchange.sent;
        }
        receive(exchange);
    } catch (const Lost& lost) {
        drop_connection();
        fail("", lost.what, exchange.sql);
    }
    if (exchange.sql == "COMMIT" && exchange.tag != "COMMIT") {
        throw DatabaseFailure(DatabaseFailure::Scope::Storage,
                              "the database rolled a transaction back instead of committing it");
    }
}

void Postgres::send_waiting(Exchange& exchange) {
    if (!connection_) {
        throw Lost{"there is no connection"};
    }
    for (const char* sql : waiting_) {
        require_sent(PQsendQueryParams(connection_.get(), sql, 0, nullptr, nullptr, nullptr,
                                       nullptr, kBinary),
                     connection_.get());
        ++exchange.sent;
    }
    if (!waiting_.empty() && transaction_ == Transaction::Announced) {
        transaction_ = Transaction::Begun;
    }
    waiting_.clear();
}

// --- answers --------------------------------------------------------------------------------

// Everything up to the answer to the sync, whatever fails on the way: only then may the connection
// be used again.
void Postgres::receive(Exchange& exchange) {
    pg_conn* const connection = connection_.get();
    require_sent(PQpipelineSync(connection), connection);
    if (owes_end_) {
        Exchange end;
        end.sent = 1;
        receive_to_sync(end);
        owes_end_ = false;
    }
    receive_to_sync(exchange);
    if (exchange.thrown) {
        std::rethrow_exception(exchange.thrown);
    }
    if (!exchange.error.empty()) {
        fail(exchange.error_state, exchange.error, exchange.sql);
    }
}

void Postgres::receive_to_sync(Exchange& exchange) {
    pg_conn* const connection = connection_.get();
    std::size_t answered = 0;
    bool begins = true;  // the next answer is the first to its statement
    for (;;) {
        if (begins && exchange.each != nullptr && answered + 1 == exchange.sent) {
            PQsetSingleRowMode(connection);
        }
        begins = false;
        const Answer result(PQgetResult(connection));
        if (PQstatus(connection) == CONNECTION_BAD) {
            throw Lost{one_line(PQerrorMessage(connection))};
        }
        if (result && PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
            return;
        }
        if (result) {
            take(result.get(), exchange);
            continue;
        }
        // The end of one statement's answers. libpq says so for ever, and its connection is still
        // "OK", when the server said goodbye before it went.
        begins = true;
        if (++answered > exchange.sent) {
            throw Lost{exchange.error.empty() ? "the server went" : exchange.error};
        }
    }
}

void Postgres::take(pg_result* result, Exchange& exchange) {
    switch (PQresultStatus(result)) {
        case PGRES_SINGLE_TUPLE:
            if (exchange.thrown) {
                return;
            }
            exchange.given = true;
            try {
                (*exchange.each)(row_of(result, 0));
            } catch (...) {
                exchange.thrown = std::current_exception();
            }
            return;
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:  // the end of the rows, or rows that nobody wants
            exchange.changed = rows_changed(result);
            exchange.tag = PQcmdStatus(result);
            exchange.types.clear();
            for (int i = 0; i < PQnparams(result); ++i) {
                exchange.types.push_back(PQparamtype(result, i));
            }
            return;
        case PGRES_PIPELINE_ABORTED:
            return;
        default:
            if (exchange.error.empty()) {
                exchange.error = field(result, PG_DIAG_MESSAGE_PRIMARY);
                exchange.error_state = field(result, PG_DIAG_SQLSTATE);
                if (exchange.error.empty()) {
                    exchange.error = one_line(PQresultErrorMessage(result));
                }
            }
    }
}

// A read that failed has lost nothing: the next one may find the server well again.
void Postgres::fail(const std::string& state, const std::string& what, std::string_view sql) const {
    const auto scope =
        access_ == Access::Read ? DatabaseFailure::Scope::Statement : failure_scope(state);
    const std::string_view lost = state.empty() ? "the connection was lost: " : "";
    throw DatabaseFailure(
        scope, fmt::format("{}{}{} in: {}", lost, what,
                           state.empty() ? "" : fmt::format(" ({})", state), sql.substr(0, 200)));
}

}  // namespace tocsin::store
