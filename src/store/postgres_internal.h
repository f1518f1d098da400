// For postgres*.cpp only: what the parts of Postgres share.
#pragma once

#include <exception>
#include <libpq-fe.h>
#include <memory>
#include <string>

#include "store/postgres.h"

namespace tocsin::store {

struct ClearResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using Answer = std::unique_ptr<PGresult, ClearResult>;

// The connection ended while it was used. Never leaves Postgres.
class Postgres::Lost {
  public:
    std::string what;
};

// What travels together: the waiting statements, the one that matters, and a sync behind it.
struct Postgres::Exchange {
    std::string_view sql = {};
    const RowSink* each = nullptr;
    std::size_t controls = 0;  // statements in front that are ours, not the verb's
    std::size_t sent = 0;      // statements in all; the last one is the one that matters
    bool given = false;        // a row went to the caller
    std::int64_t changed = 0;
    std::string tag = {};                  // "COMMIT"
    std::vector<PostgresType> types = {};  // of a statement that was described
    std::string error = {};                // the first; what follows it was not run
    std::string error_state = {};
    bool error_is_ours = false;      // of a control
    std::exception_ptr thrown = {};  // by the caller's function
};

// Until libpq has an answer or the connection is lost, which its next call then says. Lost after so
// much silence: libpq itself would wait for ever.
void wait_for_answer(pg_conn* connection, Milliseconds limit);

// `code` of a PQsend...(): 0 if the connection is gone (or we used it wrongly).
void require_sent(int code, pg_conn* connection);

}  // namespace tocsin::store
