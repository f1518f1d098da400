// Postgres: the Database over one connection to a PostgreSQL server.
//
// Store has several of these, each on a thread of its own. They speak libpq, PostgreSQL's own C
// library, not libpqxx: Debian's libpqxx 6 has neither binary values, nor rows one by one for a
// statement with parameters, nor statements sent behind each other. The last is what a group commit
// needs: BEGIN, its lock, SAVEPOINT and RELEASE travel in front of the next statement, so a closure
// of one statement costs one round trip instead of three. The first closure of a transaction needs
// no savepoint: what it did is undone by beginning again.
//
// Connection lost: the server closed it, or the network did (TCP finds out within about 10 s).
// Before anything of a transaction was answered it is made anew, once and at once, and the
// statement is sent again: nothing can have happened. Otherwise the transaction is void
// (Scope::Transaction) and lost() says so until reconnect() has worked. When the answer to a COMMIT
// is lost nobody knows whether it happened. A server that has become a standby, is full or broken
// loses its session too: the next may find another one, if the URL names several.
//
// Durability is the server's: a COMMIT is answered when its log is flushed (synchronous_commit is
// switched on if the role has it off). Needs PostgreSQL 13 or later, a UTF-8 database and sessions
// that are its own: a pooler in between is found and refused (docs/POSTGRESQL.md).
//
// Owner: a Lane, or the listener. Thread: one at a time. Failure: DatabaseFailure, its scope by
// SQLSTATE; no text holds a password.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/connection.h"
#include "store/options.h"
#include "store/postgres_values.h"

struct pg_conn;
struct pg_result;

namespace tocsin::store {

class Postgres final : public Connection {
  public:
    enum class Use {
        Books,   // every group takes the book-keeping lock first and keeps it until its commit
        Fenced,  // groups without it
        Beside,  // reads, copies, tests, looking: a transaction may be idle for as long as it likes
    };
    struct Options {
        std::string node;
        Pooler pooler = Pooler::None;
        RunningCounters* counters = nullptr;  // outlives the connection
        Milliseconds answer_time{0};  // after so much silence it is lost; 0: as limits.h says
    };
    // `url` as libpq takes it: postgresql://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE. Invalid:
    // no such URL, or the server refuses it (password, database, privileges, a pooler).
    // Unavailable: no server answers, or one that does not write, starts up, shuts down or has too
    // many connections.
    static Result<std::unique_ptr<Postgres>> open(const std::string& url, Use use);
    static Result<std::unique_ptr<Postgres>> open(const std::string& url, Use use, Options options);
    // One that connects when it is first used.
    static std::unique_ptr<Postgres> unconnected(std::string url, Use use, Options options);
    ~Postgres() override;

    Engine engine() const override { return Engine::Postgres; }
    std::int64_t execute(std::string_view sql, const std::vector<Param>& params) override;
    std::vector<Row> query(std::string_view sql, const std::vector<Param>& params) override;
    void for_each(std::string_view sql, const std::vector<Param>& params,
                  const std::function<void(const Row&)>& each) override;
    void script(std::string_view sql) override;
    void truncate_log() override {}
    // Outside of a transaction it is a transaction of its own.
    void signal(std::string_view topic, std::int64_t subject, std::int64_t detail) override;

    void begin_read() override;
    void end_read() override;
    void begin() override;
    void commit() override;
    void rollback() override;
    void mark() override;
    void keep() override;
    void undo() override;
    bool in_transaction() const override { return transaction_ == Transaction::Begun; }
    bool lost() const override { return lost_; }
    Status reconnect() override { return connect(); }

    // Rows in COPY's binary format, for "COPY table (columns) FROM STDIN (FORMAT binary)", inside
    // begin() and commit(); see copy_rows.h.
    void copy_in(std::string_view sql, std::string_view bytes);

    // From now on this session is told of signals.
    void listen_to_signals();
    // Until a commit with signals is announced, `limit` has passed or `wake` can be read.
    void wait_for_signal(Milliseconds limit, int wake);

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
        Void,  // its connection is lost
    };
    // What undoes the closure that runs.
    enum class Mark {
        Whole,  // the transaction: it holds nothing else
        Point,  // the savepoint
    };
    struct Waiting {
        const char* sql = nullptr;
        std::vector<std::string> texts = {};
    };
    struct Told {
        std::string topic;
        std::int64_t subject = 0;
        std::int64_t detail = 0;

        friend auto operator<=>(const Told&, const Told&) = default;
    };
    struct Exchange;

    Postgres(std::string url, Use use, Options options)
        : url_(std::move(url)), use_(use), options_(std::move(options)) {}
    Status connect();
    void drop_connection();
    void announce();
    void announce_signals();

    std::int64_t run(std::string_view sql, const std::vector<Param>& params, const RowSink* each);
    std::int64_t attempt(std::string_view sql, const std::vector<Param>& params,
                         Exchange& exchange);
    void control(const char* sql);
    const Statement& prepared(std::string_view sql, const std::vector<Param>& params);
    void send_waiting(Exchange& exchange);
    void send_control(const Waiting& waiting, Exchange& exchange);
    void receive(Exchange& exchange);
    void receive_to_sync(Exchange& exchange);
    void wait_for_answer(std::string_view sql);
    void take(pg_result* result, std::size_t statement, Exchange& exchange);
    // By SQLSTATE, which is empty where the connection was lost.
    [[noreturn]] void fail(const std::string& state, const std::string& what, std::string_view sql);
    [[noreturn]] void fail_in(DatabaseFailure::Scope scope, const std::string& state,
                              const std::string& what, std::string_view sql);

    const std::string url_;
    const Use use_;
    const Options options_;
    std::unique_ptr<pg_conn, CloseConnection> connection_;
    std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements_;
    std::uint64_t statements_made_ = 0;
    std::vector<Waiting> waiting_;  // sent in front of the next statement
    Access access_ = Access::Write;
    Transaction transaction_ = Transaction::None;
    Mark mark_ = Mark::Whole;
    bool holds_ = false;  // the transaction holds what a closure before this one did
    std::vector<Told> told_;
    std::size_t told_before_ = 0;  // by the closures before the one that runs
    bool owes_end_ = false;        // the end of a read was sent, its answer not yet fetched
    bool lost_ = false;
};

}  // namespace tocsin::store
