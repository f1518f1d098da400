// Connection: a Database and the transactions around it, which only a Lane and migrate() may use.
//
// A read is begin_read() ... end_read(): nothing in it can change anything, and all of it sees one
// state of the database. A group of writes is begin(), then for each closure mark() and either
// keep() or undo(), then commit(); rollback() ends it without a trace and cannot fail. An engine
// may delay what has no answer worth waiting for (begin, mark, keep) until the next statement, so
// their failure may show there.
//
// Owner: a Lane. Thread: one at a time. Failure: DatabaseFailure; whatever its scope, a commit()
// that fails leaves nobody knowing whether it happened.
#pragma once

#include "store/database.h"

namespace tocsin::store {

class Connection : public Database {
  public:
    virtual void begin_read() = 0;
    virtual void end_read() = 0;

    virtual void begin() = 0;
    virtual void commit() = 0;
    virtual void rollback() = 0;

    virtual void mark() = 0;
    virtual void keep() = 0;
    virtual void undo() = 0;

    // False after the engine has rolled back on its own, too.
    virtual bool in_transaction() const = 0;

    // After a failure of Scope::Transaction: whether the session with the server has ended.
    virtual bool lost() const = 0;
    // One attempt to begin a new one.
    virtual Status reconnect() = 0;
};

}  // namespace tocsin::store
