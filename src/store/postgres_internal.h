// For postgres*.cpp only: what the parts of Postgres share.
#pragma once

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

// `code` of a PQsend...(): 0 if the connection is gone (or we used it wrongly).
void require_sent(int code, pg_conn* connection);

}  // namespace tocsin::store
