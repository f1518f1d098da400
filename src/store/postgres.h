// Postgres: the Database over one connection to a PostgreSQL server.
//
// One connection, on the store thread, for everything: the same order of reads and groups as over
// SQLite. A pool for reads, and one for other nodes' wake-ups, would be a second Postgres beside
// this one in Store; nothing here is shared or global.
//
// It speaks libpq, PostgreSQL's own C library, not libpqxx: Debian's libpqxx 6 has neither binary
// values, nor rows one by one for a statement with parameters, nor statements sent behind each
// other. The last is what a group commit needs: BEGIN, SAVEPOINT and RELEASE travel in front of the
// next statement, so a closure of one statement costs one round trip instead of three.
//
// Connection lost: the server closed it, or the network did (TCP keep-alives find out within
// about 20 s). Before anything of a transaction was answered, and in a read, it is made anew, with
// growing pauses (about 6 s in all, and 10 s an attempt where nothing answers), and the statement
// is sent again: nothing can have happened. In the middle of a write it is a storage failure: the
// transaction is void. When the answer to a COMMIT is lost nobody knows whether it happened: a
// storage failure too, and the next start finds out from what is in the database.
//
// One service a database: open() with Use::Service keeps an advisory lock for as long as the
// session lives, and takes it again after a reconnection. Sessions through a pooler that hands out
// connections by transaction (PgBouncer) lose it, and their prepared statements.
//
// Durability is the server's: a COMMIT is answered when its log is flushed (synchronous_commit is
// switched on if the role has it off). Needs PostgreSQL 13 or later and a UTF-8 database.
//
// Owner: Store. Thread: one at a time. Failure: DatabaseFailure, its scope by SQLSTATE; no text
// holds a password. Does not: COPY, LISTEN, more than one connection.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "store/connection.h"
#include "store/postgres_values.h"

struct pg_conn;
struct pg_result;

namespace tocsin::store {

class Postgres final : public Connection {
  public:
    enum class Use {
        Service,  // no other service may use the database
        Beside,   // beside the service: tests, looking
    };
    // `url` as libpq takes it: postgresql://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE. Invalid:
    // no such URL, or the server refuses it (password, database, privileges). Unavailable: no
    // server answers. Conflict: in use by another service.
    static Result<std::unique_ptr<Postgres>> open(const std::string& url, Use use);
    ~Postgres() override;

    Engine engine() const override { return Engine::Postgres; }
    std::int64_t execute(std::string_view sql, const std::vector<Param>& params) override;
    std::vector<Row> query(std::string_view sql, const std::vector<Param>& params) override;
    void for_each(std::string_view sql, const std::vector<Param>& params,
                  const std::function<void(const Row&)>& each) override;
    void script(std::string_view sql) override;
    void truncate_log() override {}
    void signal(std::string_view, std::int64_t, std::int64_t) override {}

    void begin_read() override;
    void end_read() override;
    void begin() override;
    void commit() override;
    void rollback() override;
    void mark() override;
    void keep() override;
    void undo() override;
    bool in_transaction() const override { return transaction_ == Transaction::Begun; }

    // Rows in COPY's binary format, for "COPY table (columns) FROM STDIN (FORMAT binary)", inside
    // begin() and commit(); see copy_rows.h.
    void copy_in(std::string_view sql, std::string_view bytes);

    class Lost;  // postgres_internal.h

    // The server's process that serves this session: for tests, which end it.
    int backend_pid() const;

  private:
    using RowSink = std::function<void(const Row&)>;
    struct CloseConnection {
        void operator()(pg_conn* connection) const;
    };
    struct Statement {
        std::string name;
        std::vector<PostgresType> types;
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    enum class Access { Read, Write };
    enum class Transaction {
        None,
        Announced,  // its BEGIN waits for the first statement
        Begun,
    };
    struct Exchange;

    Postgres(std::string url, Use use) : url_(std::move(url)), use_(use) {}
    Status connect();
    Status prepare_session();
    void reconnect(const std::string& why);
    void drop_connection();

    std::int64_t run(std::string_view sql, const std::vector<Param>& params, const RowSink* each);
    std::int64_t attempt(std::string_view sql, const std::vector<Param>& params,
                         Exchange& exchange);
    void control(const char* sql);
    const Statement& prepared(std::string_view sql, const std::vector<Param>& params);
    void send_waiting(Exchange& exchange);
    void receive(Exchange& exchange);
    void receive_to_sync(Exchange& exchange);
    void take(pg_result* result, Exchange& exchange);
    [[noreturn]] void fail(const std::string& state, const std::string& what,
                           std::string_view sql) const;

    const std::string url_;
    const Use use_;
    std::unique_ptr<pg_conn, CloseConnection> connection_;
    std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements_;
    std::uint64_t statements_made_ = 0;
    std::vector<const char*> waiting_;  // sent in front of the next statement
    Access access_ = Access::Write;
    Transaction transaction_ = Transaction::None;
    bool owes_end_ = false;  // the end of a read was sent, its answer not yet fetched
    bool given_up_ = false;  // a whole round of reconnecting has failed: now one attempt at a time
};

}  // namespace tocsin::store
