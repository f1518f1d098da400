// How a session with a PostgreSQL server begins, and begins again.
#include <array>
#include <poll.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/dialect.h"
#include "store/postgres.h"
#include "store/postgres_internal.h"
#include "store/postgres_url.h"

namespace tocsin::store {

namespace {

struct Finish {
    void operator()(pg_conn* connection) const { PQfinish(connection); }
};
using Attempt = std::unique_ptr<pg_conn, Finish>;

constexpr int kOldestVersion = 130'000;  // what is tried regularly is 15

// In this order the session's own settings override those of the role and the database.
constexpr const char* kSettings =
    "SET client_min_messages = warning; SET statement_timeout = 0;"
    "SET default_transaction_isolation = 'read committed';"
    "SET idle_in_transaction_session_timeout = 0;"
    // So that the server, too, finds out that we are gone: our locks are held until then.
    "SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;"
    "SET tcp_user_timeout = '10s';"
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off';";
// A process that is stopped (SIGSTOP, a frozen machine) in the middle of a group keeps its locks,
// and all others wait: the server ends such a session.
constexpr const char* kSettingsOfGroups = "SET idle_in_transaction_session_timeout = '5s';";
constexpr const char* kQuestions =
    "SELECT current_setting('server_version_num'), current_setting('server_encoding'),"
    " CASE WHEN pg_is_in_recovery() THEN 'standby'"
    "  WHEN current_setting('transaction_read_only') = 'on' THEN 'read-only' ELSE '' END,"
    " COALESCE(current_schema(), ''),"
    " COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false), current_user,"
    " pg_backend_pid(),"
    " COALESCE((SELECT tableowner FROM pg_tables WHERE schemaname = current_schema()"
    "  AND tablename = 'schema' AND NOT pg_has_role(tableowner, 'USAGE')), '')";

// The answer to the last of several statements. Not PQexec(), which waits for ever.
Result<Answer> ask(pg_conn* connection, const char* sql, Milliseconds limit) {
    Answer last;
    bool failed = PQsendQuery(connection, sql) == 0;
    try {
        while (!failed) {
            wait_for_answer(connection, limit);
            Answer next(PQgetResult(connection));
            if (!next) {
                break;
            }
            const ExecStatusType status = PQresultStatus(next.get());
            failed = status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK;
            last = std::move(next);
        }
    } catch (const Postgres::Lost& lost) {
        return unavailable(lost.what);
    }
    if (failed || !last) {
        return unavailable(one_line(PQerrorMessage(connection)));
    }
    return last;
}

// The server said which of its processes serves us when we connected; another one answers: somebody
// in between hands out sessions.
Status check_pooler(pg_conn* connection, const std::string& answers) {
    if (std::to_string(PQbackendPID(connection)) == answers) {
        return {};
    }
    return invalid(
        "there is a connection pooler (like PgBouncer) in between; where it hands out sessions by "
        "transaction, prepared statements, LISTEN and the settings of a session break: name the "
        "server itself, or, if it pools by session, set [store] pooler = \"session\"");
}

// The session's settings, and what the server must be for a service that writes.
Status check_server(pg_conn* connection, Postgres::Use use, const Postgres::Options& options) {
    const char* const more = use == Postgres::Use::Beside ? "" : kSettingsOfGroups;
    // A wait for a lock ends, because all else waits behind it.
    const std::string questions = fmt::format("{}SET lock_timeout = '{}s';{}{}", kSettings,
                                              limits::kStoreLockTime.count(), more, kQuestions);
    const Milliseconds limit =
        options.answer_time.count() > 0 ? options.answer_time : limits::kSignalAnswerTime;
    TRY_AS(const Answer answer, ask(connection, questions.c_str(), limit));
    const auto column = [&](int index) { return std::string(PQgetvalue(answer.get(), 0, index)); };
    if (options.pooler == Pooler::None) {
        TRY(check_pooler(connection, column(6)));
    }
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
    if (!column(7).empty()) {
        return invalid(fmt::format(
            "the tables in schema {0} belong to the role {1}: connect as {1}, or GRANT {1} TO {2}",
            column(3), column(7), column(5)));
    }
    return {};
}

void ignore_notice(void* /*unused*/, const PGresult* /*notice*/) {}

// Whether a server that refuses us now may take us later. libpq has no SQLSTATE for a connection
// that was refused, but shows it instead of the words if it is told to before it begins: so it is
// refused once more.
bool may_pass(const char* const* names, const char* const* values) {
    constexpr Milliseconds kLimit{5'000};
    constexpr Milliseconds kSlice{50};
    const Attempt connection(PQconnectStartParams(names, values, 1));
    PQsetErrorVerbosity(connection.get(), PQERRORS_SQLSTATE);
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    for (Milliseconds left = kLimit; left.count() > 0; left -= kSlice) {
        if (PQstatus(connection.get()) == CONNECTION_BAD || next == PGRES_POLLING_OK) {
            break;
        }
        const short wanted = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        pollfd socket = {PQsocket(connection.get()), wanted, 0};
        if (::poll(&socket, 1, static_cast<int>(kSlice.count())) != 0) {
            next = PQconnectPoll(connection.get());
        }
    }
    return next == PGRES_POLLING_OK || refusal_passes(PQerrorMessage(connection.get()));
}

}  // namespace

void Postgres::CloseConnection::operator()(pg_conn* connection) const {
    PQfinish(connection);
}

Postgres::~Postgres() = default;

Result<std::unique_ptr<Postgres>> Postgres::open(const std::string& url, Use use) {
    return open(url, use, Options());
}

Result<std::unique_ptr<Postgres>> Postgres::open(const std::string& url, Use use, Options options) {
    const Status readable = check_postgres_url(url);
    if (!readable) {
        return readable.error().with_context("store.url");
    }
    std::unique_ptr<Postgres> database = unconnected(url, use, std::move(options));
    const Status connected = database->connect();
    if (!connected) {
        return connected.error().with_context("the database " + shown_postgres_url(url));
    }
    return database;
}

std::unique_ptr<Postgres> Postgres::unconnected(std::string url, Use use, Options options) {
    return std::unique_ptr<Postgres>(new Postgres(std::move(url), use, std::move(options)));
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
    const std::array<const char*, 9> values = {"tocsin", "UTF8",  "5",          "4",    "2",
                                               "3",      "10000", url_.c_str(), nullptr};
    connection_.reset(PQconnectdbParams(kNames.data(), values.data(), 1));
    pg_conn* const connection = connection_.get();
    CHECK(connection != nullptr);  // only without memory
    if (PQstatus(connection) != CONNECTION_OK) {
        const std::string message = PQerrorMessage(connection);
        drop_connection();
        const bool refused = message.find("FATAL:") != std::string::npos;
        const bool passes = !refused || may_pass(kNames.data(), values.data());
        return Error(passes ? ErrorKind::Unavailable : ErrorKind::Invalid, one_line(message));
    }
    PQsetNoticeReceiver(connection, ignore_notice, nullptr);
    const Status usable = check_server(connection, use_, options_);
    if (!usable) {
        drop_connection();
        return usable;
    }
    CHECK(PQenterPipelineMode(connection) == 1);
    lost_ = false;
    if (options_.counters != nullptr) {
        ++options_.counters->connections;
    }
    return {};
}

void Postgres::drop_connection() {
    connection_.reset();
    statements_.clear();
    waiting_.clear();
    if (transaction_ != Transaction::None) {
        transaction_ = Transaction::Void;
    }
    owes_end_ = false;
    lost_ = true;
}

int Postgres::backend_pid() const {
    return connection_ ? PQbackendPID(connection_.get()) : 0;
}

// --- being told -----------------------------------------------------------------------------

void Postgres::listen_to_signals() {
    const std::string channel = first(kSignalChannelPostgres)->text(0);
    execute("LISTEN \"" + channel + "\"", {});
}

void Postgres::wait_for_signal(Milliseconds limit, int wake) {
    pg_conn* const connection = connection_.get();
    const auto told = [connection] {
        bool any = false;
        while (PGnotify* const notice = PQnotifies(connection)) {
            PQfreemem(notice);
            any = true;
        }
        return any;
    };
    if (told()) {
        return;
    }
    std::array<pollfd, 2> both = {{{PQsocket(connection), POLLIN, 0}, {wake, POLLIN, 0}}};
    ::poll(both.data(), both.size(), static_cast<int>(limit.count()));
    if (PQconsumeInput(connection) == 0) {
        const std::string what = one_line(PQerrorMessage(connection));
        fail("", what, "waiting for signals");
    }
    told();
}

}  // namespace tocsin::store
