// For postgres*.cpp only: the connection ended while it was used. Never leaves Postgres.
#pragma once

#include <string>

#include "store/postgres.h"

namespace tocsin::store {

class Postgres::Lost {
  public:
    std::string what;
};

// `code` of a PQsend...(): 0 if the connection is gone (or we used it wrongly).
void require_sent(int code, pg_conn* connection);

}  // namespace tocsin::store
