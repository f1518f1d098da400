// Statements on their way to the server, and its answers.
#include <poll.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/dialect.h"
#include "store/postgres_internal.h"
#include "store/postgres_url.h"

namespace tocsin::store {

namespace {

constexpr int kBinary = 1;

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

void require_sent(int code, pg_conn* connection) {
    if (code == 1) {
        return;
    }
    if (PQstatus(connection) == CONNECTION_BAD) {
        throw Postgres::Lost{one_line(PQerrorMessage(connection))};
    }
    throw DatabaseFailure(DatabaseFailure::Scope::Statement, one_line(PQerrorMessage(connection)));
}

void wait_for_answer(pg_conn* connection, Milliseconds limit) {
    constexpr Milliseconds kSlice{50};  // what TLS holds back does not show at the socket
    for (Milliseconds silence{0}; PQisBusy(connection) != 0;) {
        pollfd socket = {PQsocket(connection), POLLIN, 0};
        const bool silent =
            PQflush(connection) == 0 && ::poll(&socket, 1, static_cast<int>(kSlice.count())) == 0;
        silence = silent ? silence + kSlice : Milliseconds(0);
        if (silence > limit) {
            throw Postgres::Lost{fmt::format("the server has not answered for {} s",
                                             std::chrono::ceil<Seconds>(limit).count())};
        }
        if (PQconsumeInput(connection) == 0) {
            return;
        }
    }
}

// --- statements -----------------------------------------------------------------------------

std::int64_t Postgres::run(std::string_view sql, const std::vector<Param>& params,
                           const RowSink* each) {
    if (transaction_ == Transaction::Void) {
        fail("", "the transaction is void", sql);
    }
    // Nothing of this transaction has reached the server: over a new connection it is the same.
    bool again = transaction_ == Transaction::Announced ||
                 (transaction_ == Transaction::None && !connection_);
    const Transaction transaction = transaction_;
    const std::vector<Waiting> waiting = again ? waiting_ : std::vector<Waiting>();
    for (;;) {
        Exchange exchange;
        exchange.sql = sql;
        exchange.each = each;
        try {
            return attempt(sql, params, exchange);
        } catch (const Lost& lost) {
            const bool was_there = connection_ != nullptr;
            drop_connection();
            if (!again || exchange.given) {
                fail("", lost.what, sql);
            }
            again = false;
            const Status connected = connect();
            if (!connected) {
                throw DatabaseFailure(DatabaseFailure::Scope::Transaction,
                                      connected.error().message());
            }
            if (was_there) {
                log_warning("the connection to the database was lost ({}) and made anew",
                            lost.what);
            }
            waiting_ = waiting;
            transaction_ = transaction;
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
    if (options_.counters != nullptr) {
        ++options_.counters->statements;
    }
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
            send_control({sql}, exchange);
        }
        receive(exchange);
    } catch (const Lost& lost) {
        drop_connection();
        fail("", lost.what, exchange.sql);
    }
    if (exchange.sql == "COMMIT" && exchange.tag != "COMMIT") {
        throw DatabaseFailure(DatabaseFailure::Scope::Transaction,
                              "the database rolled a transaction back instead of committing it");
    }
}

void Postgres::send_waiting(Exchange& exchange) {
    if (!connection_) {
        throw Lost{"there is no connection"};
    }
    for (const Waiting& waiting : waiting_) {
        send_control(waiting, exchange);
    }
    if (!waiting_.empty() && transaction_ == Transaction::Announced) {
        transaction_ = Transaction::Begun;
    }
    waiting_.clear();
}

void Postgres::send_control(const Waiting& waiting, Exchange& exchange) {
    std::vector<const char*> texts;
    for (const std::string& text : waiting.texts) {
        texts.push_back(text.c_str());
    }
    require_sent(PQsendQueryParams(connection_.get(), waiting.sql, static_cast<int>(texts.size()),
                                   nullptr, texts.data(), nullptr, nullptr, kBinary),
                 connection_.get());
    ++exchange.sent;
    exchange.controls = exchange.sent;
    if (options_.counters != nullptr) {
        ++options_.counters->controls;
    }
}

// --- answers --------------------------------------------------------------------------------

// Everything up to the answer to the sync, whatever fails on the way: only then may the connection
// be used again.
void Postgres::receive(Exchange& exchange) {
    pg_conn* const connection = connection_.get();
    require_sent(PQpipelineSync(connection), connection);
    if (options_.counters != nullptr) {
        ++options_.counters->round_trips;
    }
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
        if (exchange.error_is_ours) {
            fail_in(DatabaseFailure::Scope::Transaction, exchange.error_state, exchange.error,
                    exchange.sql);
        }
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
        wait_for_answer(exchange.sql);
        const Answer result(PQgetResult(connection));
        if (PQstatus(connection) == CONNECTION_BAD) {
            throw Lost{exchange.error.empty() ? one_line(PQerrorMessage(connection))
                                              : exchange.error};
        }
        if (result && PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
            return;
        }
        if (result) {
            take(result.get(), answered, exchange);
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

void Postgres::wait_for_answer(std::string_view sql) {
    const bool patient = use_ == Use::Beside || sql == "COMMIT";
    const Milliseconds usual = patient ? limits::kStoreLongAnswerTime : limits::kStoreAnswerTime;
    store::wait_for_answer(connection_.get(),
                           options_.answer_time.count() > 0 ? options_.answer_time : usual);
}

void Postgres::take(pg_result* result, std::size_t statement, Exchange& exchange) {
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
                exchange.error_is_ours = statement < exchange.controls;
                if (exchange.error.empty()) {
                    exchange.error = one_line(PQresultErrorMessage(result));
                }
            }
    }
}

void Postgres::fail(const std::string& state, const std::string& what, std::string_view sql) {
    // A read that would change something is refused by our own READ ONLY, not by a standby.
    const bool ours = access_ == Access::Read && state == kReadOnlyState;
    fail_in(ours ? DatabaseFailure::Scope::Statement : failure_scope(state), state, what, sql);
}

void Postgres::fail_in(DatabaseFailure::Scope scope, const std::string& state,
                       const std::string& what, std::string_view sql) {
    if (scope == DatabaseFailure::Scope::Transaction && !keeps_session(state)) {
        drop_connection();
    }
    if (state.empty()) {
        throw DatabaseFailure(scope, fmt::format("the connection was lost: {}", what));
    }
    throw DatabaseFailure(scope, fmt::format("{} ({}) in: {}", what, state, sql.substr(0, 200)));
}

}  // namespace tocsin::store
