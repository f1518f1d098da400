// COPY: rows in bulk, several times as fast as an INSERT each.
#include "base/check.h"
#include "store/postgres.h"
#include "store/postgres_internal.h"
#include "store/postgres_url.h"

namespace tocsin::store {

namespace {

// libpq keeps what it is given until the server takes it.
constexpr std::size_t kPieceBytes = 256 * 1024;

std::string state_of(const PGresult* result) {
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return state == nullptr ? std::string() : std::string(state);
}

// All of it, or false: the connection is gone, or the server has refused a row already.
bool send_all(pg_conn* connection, std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += kPieceBytes) {
        const std::string_view piece = bytes.substr(at, kPieceBytes);
        if (PQputCopyData(connection, piece.data(), static_cast<int>(piece.size())) != 1) {
            return false;
        }
    }
    return PQputCopyEnd(connection, nullptr) == 1;
}

}  // namespace

// Like script(): COPY does not go with statements sent behind each other. Everything up to the last
// answer is read, whatever failed: only then may the connection be used again.
void Postgres::copy_in(std::string_view sql, std::string_view bytes) {
    CHECK(transaction_ != Transaction::None);
    control(nullptr);  // BEGIN, if it still waits
    pg_conn* const connection = connection_.get();
    CHECK(PQexitPipelineMode(connection) == 1);
    std::string state;
    std::string error;
    const auto note_failure = [&](const PGresult* result) {
        if (error.empty()) {
            state = state_of(result);
            const char* text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
            error = text != nullptr ? text : one_line(PQerrorMessage(connection));
        }
    };
    const Answer begun(PQexec(connection, std::string(sql).c_str()));
    if (PQresultStatus(begun.get()) != PGRES_COPY_IN) {
        note_failure(begun.get());
    } else {
        const bool sent = send_all(connection, bytes);
        for (Answer end(PQgetResult(connection)); end; end.reset(PQgetResult(connection))) {
            if (PQresultStatus(end.get()) != PGRES_COMMAND_OK) {
                note_failure(end.get());
            }
        }
        if (!sent && error.empty()) {
            error = one_line(PQerrorMessage(connection));
        }
    }
    if (PQstatus(connection) == CONNECTION_BAD) {
        const std::string what = error.empty() ? one_line(PQerrorMessage(connection)) : error;
        drop_connection();
        fail("", what, sql);
    }
    CHECK(PQenterPipelineMode(connection) == 1);
    if (!error.empty()) {
        fail(state, error, sql);
    }
}

}  // namespace tocsin::store
