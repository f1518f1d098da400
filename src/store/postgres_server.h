// PostgresServer: for tests, a private PostgreSQL in a folder of its own, reached by a Unix socket.
//
// It needs Debian's postgresql-15 (or any with initdb), but none of its services: initdb, then the
// server as our child, ended by its own pid, at the latest when we die. PostgreSQL refuses to run
// as root, so root starts it as the user postgres (or nobody). It syncs nothing, and its databases
// are ordered as English is, not by bytes, to find whoever counts on the server's own order.
//
// Owner: a test, or shared() for a whole test program. Thread: one. Failure: running() is false and
// why_not() says why; tests are then skipped with that reason.
#pragma once

#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tocsin::store {

class PostgresServer {
  public:
    PostgresServer();
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    // That of this program, started by whoever asks first and ended with the program.
    static PostgresServer& shared();

    bool running() const { return why_not_.empty(); }
    const std::string& why_not() const { return why_not_; }

    std::string url(const std::string& database, const std::string& user = "tocsin",
                    const std::string& password = "") const;
    // The URL of a new, empty schema of one database (a database each costs 200 ms); forgotten with
    // the server.
    std::string new_schema();
    // As superuser; the first column of the first row, "" if there is none.
    std::string admin(const std::string& database, const std::string& sql);

    // The URL of a database through a PgBouncer of our own, which pools by "session",
    // "transaction" or "statement"; "" if it is not installed. One at a time; ended with the
    // server.
    std::string pooled_url(const std::string& database, const std::string& mode);

    // While it is stopped: another one with the same databases, as a standby would have them.
    std::unique_ptr<PostgresServer> copy() const;
    const std::string& folder() const { return folder_; }

    enum class Stop { Orderly, Immediate, Kill };
    void stop(Stop how);
    void start();
    // From the next start on, the server is a standby without a primary: it only reads.
    void become_standby();
    void become_primary();

  private:
    struct Installed {};
    explicit PostgresServer(Installed /*only*/);
    void start_once();
    void end_pooler();
    bool make_folder();
    std::string program(const std::string& name) const;
    // As the user who may run PostgreSQL; its output goes to the log. Returns the pid.
    pid_t launch(const std::vector<std::string>& command);
    std::string log_tail() const;

    std::string folder_;
    std::string programs_;  // folder of initdb and postgres
    uid_t user_ = 0;
    gid_t group_ = 0;
    pid_t pid_ = 0;
    pid_t pooler_ = 0;
    int schemas_ = 0;
    std::string why_not_;
};

}  // namespace tocsin::store
