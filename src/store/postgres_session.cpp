// How a session with a PostgreSQL server begins, and begins again.
#include <array>
#include <poll.h>

#include "base/check.h"
#include "base/log.h"
#include "store/dialect.h"
#include "store/postgres.h"
#include "store/postgres_internal.h"
#include "store/postgres_url.h"

namespace tocsin::store {

namespace {

// Before each attempt to connect again.
constexpr std::array<Milliseconds, 7> kPauses = {
    Milliseconds(0),   Milliseconds(100),  Milliseconds(200),  Milliseconds(400),
    Milliseconds(800), Milliseconds(1600), Milliseconds(3200),
};
constexpr int kOldestVersion = 130'000;  // what is tried regularly is 15

// In this order the session's own settings override those of the role and the database. A wait for
// a lock ends, because all else waits behind it; a service that was killed holds its lock until
// the server has noticed, so the first wait is a patient one.
constexpr const char* kSettings =
    "SET client_min_messages = warning; SET statement_timeout = 0;"
    "SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '5s';"
    "SET default_transaction_isolation = 'read committed';"
    // So that the server, too, finds out that we are gone: it holds our lock until then.
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
    "SET tcp_user_timeout = '20s';"
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'";
constexpr const char* kQuestions =
    "SELECT current_setting('server_version_num'), current_setting('server_encoding'),"
    " CASE WHEN pg_is_in_recovery() THEN 'standby'"
    "  WHEN current_setting('transaction_read_only') = 'on' THEN 'read-only' ELSE '' END,"
    " COALESCE(current_schema(), ''),"
    " COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false), current_user";

Result<Answer> ask(pg_conn* connection, const char* sql) {
    Answer result(PQexec(connection, sql));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        return unavailable(one_line(PQerrorMessage(connection)));
    }
    return result;
}

// What the server must be for a service that writes.
Status check_server(pg_conn* connection) {
    TRY_AS(const Answer answer, ask(connection, kQuestions));
    const auto column = [&](int index) { return std::string(PQgetvalue(answer.get(), 0, index)); };
    if (std::atoi(column(0).c_str()) < kOldestVersion) {
        return invalid("the server is older than PostgreSQL 13");
    }
    if (column(1) != "UTF8") {
        return invalid(fmt::format("the database's encoding is {}: create one with ENCODING 'UTF8'",
                                   column(1)));
    }
    if (column(2) == "standby") {
        return unavailable(
            "the server is a read-only standby: name the primary, or add "
            "?target_session_attrs=read-write to the URL");
    }
    if (!column(2).empty()) {
        return unavailable("the database is read-only (default_transaction_read_only)");
    }
    if (column(3).empty()) {
        return invalid(fmt::format(
            "the role {} has no schema to use: CREATE SCHEMA, and set its search_path", column(5)));
    }
    if (column(4) != "t") {
        return invalid(fmt::format(
            "the role {0} may not create tables: GRANT USAGE, CREATE ON SCHEMA {1} TO {0}, or make "
            "it the owner of the database",
            column(5), column(3)));
    }
    return {};
}

Status lock_service(pg_conn* connection) {
    const Answer result(PQexec(connection, std::string(lock_service_postgres()).c_str()));
    if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) {
        return {};
    }
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    if (state != nullptr && std::string_view(state) == "55P03") {
        return conflict("in use by another service: is one running, here or on another machine?");
    }
    return unavailable(one_line(PQerrorMessage(connection)));
}

void ignore_notice(void* /*unused*/, const PGresult* /*notice*/) {}

}  // namespace

void require_sent(int code, pg_conn* connection) {
    if (code == 1) {
        return;
    }
    if (PQstatus(connection) == CONNECTION_BAD) {
        throw Postgres::Lost{one_line(PQerrorMessage(connection))};
    }
    throw DatabaseFailure(DatabaseFailure::Scope::Storage, one_line(PQerrorMessage(connection)));
}

void Postgres::CloseConnection::operator()(pg_conn* connection) const {
    PQfinish(connection);
}

Postgres::~Postgres() = default;

Result<std::unique_ptr<Postgres>> Postgres::open(const std::string& url, Use use) {
    const Status readable = check_postgres_url(url);
    if (!readable) {
        return readable.error().with_context("store.url");
    }
    std::unique_ptr<Postgres> database(new Postgres(url, use));
    const Status connected = database->connect();
    if (!connected) {
        return connected.error().with_context("the database " + shown_postgres_url(url));
    }
    return database;
}

Status Postgres::connect() {
    // The URL comes last, so that it may say otherwise. A server that is gone without a word is
    // found by keep-alives while we wait, and by tcp_user_timeout while we send.
    constexpr std::array<const char*, 9> kNames = {"application_name",
                                                   "client_encoding",
                                                   "connect_timeout",
                                                   "keepalives_idle",
                                                   "keepalives_interval",
                                                   "keepalives_count",
                                                   "tcp_user_timeout",
                                                   "dbname",
                                                   nullptr};
    const std::array<const char*, 9> values = {"tocsin", "UTF8",  "10",         "5",    "5",
                                               "3",      "20000", url_.c_str(), nullptr};
    connection_.reset(PQconnectdbParams(kNames.data(), values.data(), 1));
    pg_conn* const connection = connection_.get();
    CHECK(connection != nullptr);  // only without memory
    if (PQstatus(connection) != CONNECTION_OK) {
        const std::string_view message = PQerrorMessage(connection);
        const bool refused = message.find("FATAL:") != std::string_view::npos;
        const Error error(refused ? ErrorKind::Invalid : ErrorKind::Unavailable, one_line(message));
        drop_connection();
        return error;
    }
    PQsetNoticeReceiver(connection, ignore_notice, nullptr);
    const Status prepared = prepare_session();
    if (!prepared) {
        drop_connection();
    }
    return prepared;
}

Status Postgres::prepare_session() {
    pg_conn* const connection = connection_.get();
    TRY(ask(connection, kSettings));
    TRY(check_server(connection));
    if (use_ == Use::Service) {
        TRY(lock_service(connection));
    }
    TRY(ask(connection, "SET lock_timeout = '30s'"));
    CHECK(PQenterPipelineMode(connection) == 1);
    return {};
}

void Postgres::reconnect(const std::string& why) {
    std::string problem;
    const std::size_t attempts = given_up_ ? 1 : kPauses.size();
    for (std::size_t i = 0; i < attempts; ++i) {
        ::poll(nullptr, 0, static_cast<int>(kPauses[i].count()));
        const Status connected = connect();
        if (connected) {
            given_up_ = false;
            log_warning("the connection to the database was lost ({}) and made anew", why);
            return;
        }
        problem = connected.error().message();
    }
    given_up_ = true;
    fail("", problem, "connecting again");
}

void Postgres::drop_connection() {
    connection_.reset();
    statements_.clear();
    waiting_.clear();
    transaction_ = Transaction::None;
    owes_end_ = false;
}

int Postgres::backend_pid() const {
    return connection_ ? PQbackendPID(connection_.get()) : 0;
}

}  // namespace tocsin::store
