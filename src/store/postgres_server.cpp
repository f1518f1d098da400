#include "store/postgres_server.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "store/postgres_url.h"

namespace tocsin::store {

namespace {

namespace fs = std::filesystem;

constexpr int kStartTries = 1'500;  // of 20 ms
constexpr std::uint64_t kMemoryBytesMin = 512ULL << 20;

// The newest PostgreSQL that is installed, where Debian puts it, else from the PATH.
std::string find_programs() {
    std::string found;
    std::error_code ignored;
    int newest = 0;
    for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        const std::string bin = (version.path() / "bin").string();
        const int number = std::atoi(version.path().filename().c_str());
        if (number > newest && ::access((bin + "/initdb").c_str(), X_OK) == 0) {
            newest = number;
            found = bin;
        }
    }
    const char* path = std::getenv("PATH");
    std::string_view rest = path == nullptr ? "" : path;
    while (found.empty() && !rest.empty()) {
        const std::size_t end = std::min(rest.find(':'), rest.size());
        const std::string bin(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (::access((bin + "/initdb").c_str(), X_OK) == 0) {
            found = bin;
        }
    }
    return found;
}

// In memory if there is room, else where temporary files are for everyone: a folder below that of
// another user would be closed to the server's.
std::string parent_folder() {
    struct statvfs memory = {};
    const bool room =
        ::statvfs("/dev/shm", &memory) == 0 && memory.f_bavail * memory.f_frsize >= kMemoryBytesMin;
    return room && ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

bool succeeded(pid_t pid) {
    int status = 0;
    return pid > 0 && ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

}  // namespace

PostgresServer& PostgresServer::shared() {
    static PostgresServer server;
    return server;
}

PostgresServer::PostgresServer(Installed /*only*/) {
    programs_ = find_programs();
    if (programs_.empty()) {
        why_not_ = "PostgreSQL is not installed (no initdb)";
        return;
    }
    user_ = ::geteuid();
    group_ = ::getegid();
    if (user_ == 0) {
        const passwd* other = ::getpwnam("postgres");
        other = other == nullptr ? ::getpwnam("nobody") : other;
        if (other == nullptr) {
            why_not_ = "PostgreSQL does not run as root, and there is no user postgres or nobody";
            return;
        }
        user_ = other->pw_uid;
        group_ = other->pw_gid;
    }
    if (!make_folder()) {
        why_not_ = "no folder for PostgreSQL: " + std::string(std::strerror(errno));
    }
}

PostgresServer::PostgresServer() : PostgresServer(Installed()) {
    if (!running()) {
        return;
    }
    const pid_t initdb = launch({program("initdb"), "-D", folder_ + "/data", "-U", "tocsin", "-A",
                                 "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8",
                                 "--locale-provider=icu", "--icu-locale=en-US", "--wal-segsize=1"});
    if (!succeeded(initdb)) {
        why_not_ = "initdb failed: " + log_tail();
        return;
    }
    // Who has a password must show it.
    std::ofstream(folder_ + "/data/pg_hba.conf")
        << "local all secret scram-sha-256\nlocal all all trust\n";
    start();
}

PostgresServer::~PostgresServer() {
    end_pooler();
    stop(Stop::Immediate);
    std::error_code ignored;
    if (!folder_.empty()) {
        fs::remove_all(folder_, ignored);
    }
}

bool PostgresServer::make_folder() {
    std::string pattern = parent_folder() + "/tocsin-pg-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
        return false;
    }
    folder_ = pattern;
    return ::geteuid() != 0 || ::chown(folder_.c_str(), user_, group_) == 0;
}

std::string PostgresServer::program(const std::string& name) const {
    return programs_ + "/" + name;
}

pid_t PostgresServer::launch(const std::vector<std::string>& command) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    const std::string log = folder_ + "/log";
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid != 0) {
        return pid;
    }
    // Between fork and exec: system calls only.
    const int nothing = ::open("/dev/null", O_RDWR);
    if (::geteuid() == 0 &&
        (::setgroups(0, nullptr) != 0 || ::setgid(group_) != 0 || ::setuid(user_) != 0)) {
        ::_exit(126);
    }
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // an immediate shutdown, should we die before
    if (::chdir(folder_.c_str()) != 0 || ::getppid() != parent) {
        ::_exit(126);
    }
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

// Children of a server that was killed may be at it still, and a new one refuses to begin.
void PostgresServer::start() {
    constexpr int kTries = 50;
    why_not_ = "not started";
    for (int i = 0; i < kTries && !running(); ++i) {
        start_once();
        ::poll(nullptr, 0, running() ? 0 : 20);
    }
}

void PostgresServer::start_once() {
    CHECK(pid_ == 0);
    pid_ = launch({program("postgres"),
                   "-D",
                   folder_ + "/data",
                   "-k",
                   folder_,
                   "-c",
                   "listen_addresses=",
                   "-c",
                   "fsync=off",
                   "-c",
                   "full_page_writes=off",
                   "-c",
                   "max_connections=40",
                   "-c",
                   "max_wal_senders=0",
                   "-c",
                   "autovacuum=off",
                   "-c",
                   "shared_buffers=32MB",
                   "-c",
                   "max_wal_size=64MB",
                   "-c",
                   "min_wal_size=2MB"});
    for (int i = 0; i < kStartTries; ++i) {
        if (PQping(url("postgres").c_str()) == PQPING_OK) {
            why_not_.clear();
            return;
        }
        if (::waitpid(pid_, nullptr, WNOHANG) != 0) {
            break;
        }
        ::poll(nullptr, 0, 20);
    }
    why_not_ = "PostgreSQL did not start: " + log_tail();
    pid_ = 0;
}

void PostgresServer::stop(Stop how) {
    if (pid_ > 0) {
        ::kill(pid_, how == Stop::Orderly ? SIGINT : how == Stop::Kill ? SIGKILL : SIGQUIT);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
}

std::unique_ptr<PostgresServer> PostgresServer::copy() const {
    CHECK(pid_ == 0);
    std::unique_ptr<PostgresServer> other(new PostgresServer(Installed()));
    const pid_t copied = other->launch({"/bin/cp", "-a", folder_ + "/data", other->folder_});
    CHECK(succeeded(copied));
    return other;
}

std::string PostgresServer::pooled_url(const std::string& database, const std::string& mode) {
    constexpr const char* kProgram = "/usr/sbin/pgbouncer";
    end_pooler();
    if (::access(kProgram, X_OK) != 0) {
        return "";
    }
    const std::string configuration = folder_ + "/pgbouncer.ini";
    std::ofstream(folder_ + "/pgbouncer.users") << "\"tocsin\" \"\"\n";
    std::ofstream(configuration) << "[databases]\n* = host=" << folder_ << "\n[pgbouncer]\n"
                                 << "unix_socket_dir = " << folder_ << "\nlisten_port = 6432\n"
                                 << "auth_type = trust\nauth_file = " << folder_
                                 << "/pgbouncer.users\npool_mode = " << mode << "\n";
    pooler_ = launch({kProgram, "-q", configuration});
    const std::string pooled = url(database) + "&port=6432";
    for (int i = 0; i < kStartTries && PQping(pooled.c_str()) != PQPING_OK; ++i) {
        ::poll(nullptr, 0, 20);
    }
    return pooled;
}

void PostgresServer::end_pooler() {
    if (pooler_ > 0) {
        ::kill(pooler_, SIGQUIT);
        ::waitpid(pooler_, nullptr, 0);
        pooler_ = 0;
    }
}

void PostgresServer::become_standby() {
    std::ofstream(folder_ + "/data/standby.signal") << "";
}

void PostgresServer::become_primary() {
    fs::remove(folder_ + "/data/standby.signal");
}

std::string PostgresServer::log_tail() const {
    std::ifstream log(folder_ + "/log");
    std::string line;
    std::string last;
    while (std::getline(log, line)) {
        last = line.empty() ? last : line;
    }
    return last;
}

std::string PostgresServer::url(const std::string& database, const std::string& user,
                                const std::string& password) const {
    return fmt::format("postgresql://{}{}{}@/{}?host={}", user, password.empty() ? "" : ":",
                       password, database, folder_);
}

std::string PostgresServer::admin(const std::string& database, const std::string& sql) {
    PGconn* const connection = PQconnectdb(url(database).c_str());
    PGresult* const result = PQexec(connection, sql.c_str());
    const ExecStatusType status = PQresultStatus(result);
    const std::string problem = one_line(PQerrorMessage(connection));
    const std::string first = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
    PQclear(result);
    PQfinish(connection);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        throw std::runtime_error(sql + ": " + problem);
    }
    return first;
}

std::string PostgresServer::new_schema() {
    const std::string name = fmt::format("test_{}", ++schemas_);
    admin("postgres", "CREATE SCHEMA " + name);
    return url("postgres") + "&options=-csearch_path%3D" + name;
}

}  // namespace tocsin::store
