// The doctor's look at this machine: files, database, disk, clock, limits, ports.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <fmt/format.h>

#include "app/doctor_checks.h"
#include "app/secrets.h"
#include "app/shaping_file.h"
#include "base/limits.h"
#include "net/tls.h"
#include "store/migrate.h"
#include "store/postgres.h"
#include "store/postgres_url.h"
#include "store/sqlite.h"

namespace tocsin::app {

namespace {

using Level = Finding::Level;
namespace asio = boost::asio;

constexpr std::uint64_t kMegabyte = 1024ULL * 1024;
constexpr std::uint64_t kDiskFailMegabytes = 200;
constexpr std::uint64_t kDiskWarnMegabytes = 2'000;
constexpr rlim_t kOpenFilesMin = limits::kHttpConnectionsMax + 1'000;  // and the mail connections

constexpr std::string_view kSqlite = "sqlite:";

// Of the database's file; empty if a server has it.
std::string database_path(const Config& config) {
    return config.store.url.starts_with(kSqlite) ? config.store.url.substr(kSqlite.size())
                                                 : std::string();
}

void look_at_version(store::Database& database, const std::string& name, Findings& findings) {
    try {
        const std::int64_t version = store::schema_version(database);
        const auto ours = static_cast<std::int64_t>(store::embedded_migrations().size());
        if (version > ours) {
            findings.push_back(
                {Level::Fail, "database",
                 fmt::format("{} is from a newer Tocsin (version {}, this one knows {})", name,
                             version, ours),
                 "run the newer program; databases cannot go back"});
        } else if (version < ours) {
            findings.push_back({Level::Ok, "database",
                                fmt::format("{} opens; it goes from version {} to {} when the "
                                            "service starts",
                                            name, version, ours),
                                ""});
        } else {
            findings.push_back({Level::Ok, "database", name + " opens", ""});
        }
    } catch (const store::DatabaseFailure& failure) {
        findings.push_back({Level::Fail, "database", fmt::format("{}: {}", name, failure.what()),
                            "restore it from a backup; keep the broken files"});
    }
}

void look_at_database_file(const std::string& path, Findings& findings) {
    const auto opened = store::Sqlite::open(path);
    if (!opened) {
        findings.push_back({Level::Fail, "database", opened.error().message(), ""});
        return;
    }
    look_at_version(**opened, path, findings);
}

// Beside the service, whether it runs or not.
void look_at_database_server(const std::string& url, Findings& findings) {
    const auto opened = store::Postgres::open(url, store::Postgres::Use::Beside);
    if (!opened) {
        findings.push_back({Level::Fail, "database", opened.error().message(), ""});
        return;
    }
    look_at_version(**opened, store::shown_postgres_url(url), findings);
}

// The address at which a listener on `endpoint` is reached from here.
asio::ip::tcp::endpoint reachable(const asio::ip::tcp::endpoint& endpoint) {
    if (!endpoint.address().is_unspecified()) {
        return endpoint;
    }
    if (endpoint.address().is_v6()) {
        return {asio::ip::address_v6::loopback(), endpoint.port()};
    }
    return {asio::ip::address_v4::loopback(), endpoint.port()};
}

void look_at_listener(const Endpoint& listen, ServiceState state, Findings& findings) {
    asio::io_context io;
    asio::ip::tcp::resolver resolver(io);
    boost::system::error_code failed;
    const auto found = resolver.resolve(listen.host, std::to_string(listen.port), failed);
    if (failed || found.empty()) {
        findings.push_back({Level::Fail, "ports", listen.text() + ": no such address here", ""});
        return;
    }
    const asio::ip::tcp::endpoint endpoint = found.begin()->endpoint();
    if (state == ServiceState::Running) {
        asio::ip::tcp::socket socket(io);
        socket.connect(reachable(endpoint), failed);
        findings.push_back(
            failed ? Finding{Level::Fail, "ports",
                             fmt::format("the service runs but nobody answers on {}: {}",
                                         listen.text(), failed.message()),
                             "was the configuration changed since it started? restart it"}
                   : Finding{Level::Ok, "ports", "the service answers on " + listen.text(), ""});
        return;
    }
    asio::ip::tcp::acceptor acceptor(io);
    acceptor.open(endpoint.protocol(), failed);
    acceptor.set_option(asio::ip::tcp::acceptor::reuse_address(true), failed);
    acceptor.bind(endpoint, failed);
    if (!failed) {
        acceptor.listen(1, failed);
    }
    if (!failed) {
        findings.push_back({Level::Ok, "ports", listen.text() + " is free for the service", ""});
        return;
    }
    const bool privileged = failed == boost::system::errc::permission_denied;
    findings.push_back(
        {Level::Fail, "ports", fmt::format("{}: {}", listen.text(), failed.message()),
         privileged ? "ports below 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit"
                    : "another program has it, or the address is not this machine's"});
}

}  // namespace

ServiceState service_state(const Config& config) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return ServiceState::NotRunning;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    config.control.socket.copy(address.sun_path, sizeof address.sun_path - 1);
    const bool answered =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return answered ? ServiceState::Running : ServiceState::NotRunning;
}

void look_at_secrets(const Config& config, Findings& findings) {
    const auto secrets = load_secrets(config.secrets.file);
    findings.push_back(secrets ? Finding{Level::Ok, "secrets",
                                         config.secrets.file + " is private and complete", ""}
                               : Finding{Level::Fail, "secrets", secrets.error().message(), ""});
}

void look_at_database(const Config& config, ServiceState state, Findings& findings) {
    const std::string path = database_path(config);
    std::error_code failed;
    if (path.empty()) {
        look_at_database_server(config.store.url, findings);
    } else if (state == ServiceState::Running) {
        findings.push_back({Level::Ok, "database", path + " is in use by the running service", ""});
    } else if (!std::filesystem::exists(path, failed)) {
        findings.push_back({Level::Warn, "database",
                            path + " is not there: the service will start with an empty one", ""});
    } else {
        look_at_database_file(path, findings);
    }
}

void look_at_disk(const Config& config, Findings& findings) {
    const std::string path = database_path(config);
    const std::string folder =
        path.empty() ? config.folder : std::filesystem::path(path).parent_path().string();
    struct statvfs space{};
    if (::statvfs(folder.c_str(), &space) != 0) {
        findings.push_back(
            {Level::Fail, "disk", fmt::format("{}: {}", folder, std::strerror(errno)), ""});
        return;
    }
    const std::uint64_t free_megabytes =
        static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize / kMegabyte;
    Level level = Level::Ok;
    if (free_megabytes < kDiskFailMegabytes || (space.f_files > 0 && space.f_favail == 0)) {
        level = Level::Fail;
    } else if (free_megabytes < kDiskWarnMegabytes) {
        level = Level::Warn;
    }
    findings.push_back({level, "disk", fmt::format("{} MB free in {}", free_megabytes, folder),
                        level == Level::Ok ? "" : "a full disk stops all sending: make room"});
}

void look_at_clock(const Clock& clock, Findings& findings) {
    const Time now = clock.now();
    constexpr std::int64_t kYear2025Ms = 1'735'689'600'000;
    constexpr std::int64_t kYear2100Ms = 4'102'444'800'000;
    if (to_ms(now) < kYear2025Ms || to_ms(now) > kYear2100Ms) {
        findings.push_back(
            {Level::Fail, "clock",
             fmt::format("it says {}: signatures and links would be refused", rfc3339(now)),
             "set the clock, and keep it with chrony or systemd-timesyncd"});
        return;
    }
    timex state{};
    const bool synchronized = ::adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
    findings.push_back(
        synchronized
            ? Finding{Level::Ok, "clock", rfc3339(now) + ", synchronized", ""}
            : Finding{
                  Level::Warn, "clock",
                  rfc3339(now) + ", but nothing seems to keep it synchronized",
                  "run chrony or systemd-timesyncd, here or on the machine below this container"});
}

void look_at_limits(Findings& findings) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) {
        return;
    }
    const bool enough = files.rlim_cur == RLIM_INFINITY || files.rlim_cur >= kOpenFilesMin;
    findings.push_back(
        {enough ? Level::Ok : Level::Warn, "limits",
         files.rlim_cur == RLIM_INFINITY
             ? std::string("open files: no limit")
             : fmt::format("open files: {}", static_cast<std::uint64_t>(files.rlim_cur)),
         enough ? ""
                : fmt::format("set LimitNOFILE={} in the unit, for many readers at once",
                              static_cast<std::uint64_t>(kOpenFilesMin))});
}

void look_at_rules(const Config& config, Findings& findings) {
    if (config.delivery.rules.empty()) {
        findings.push_back({Level::Ok, "rules", "limits and reply rules: those that ship", ""});
        return;
    }
    const auto read = read_shaping_file(config.delivery.rules);
    findings.push_back(
        {read ? Level::Ok : Level::Fail, "rules",
         read ? config.delivery.rules + ": read, before the rules that ship"
              : read.error().message(),
         read ? ""
              : "set it right: a running service keeps the rules it read before and takes the new "
                "ones within seconds; it will not start with a broken file"});
}

void look_at_ports(const Config& config, ServiceState state, Findings& findings) {
    if (config.node.role != Config::Node::Role::Send) {
        look_at_listener(config.http.listen, state, findings);
    }
    look_at_listener(config.http.desk_listen, state, findings);
}

void look_at_tls(const Config& config, Findings& findings) {
    if (config.http.tls_cert.empty()) {
        return;
    }
    std::string certificate(1024 * 1024, '\0');
    std::FILE* file = std::fopen(config.http.tls_cert.c_str(), "rbe");
    if (file == nullptr) {
        findings.push_back({Level::Fail, "tls",
                            fmt::format("{}: {}", config.http.tls_cert, std::strerror(errno)), ""});
        return;
    }
    certificate.resize(std::fread(certificate.data(), 1, certificate.size(), file));
    std::fclose(file);
    const auto key = read_private_file(config.http.tls_key);
    if (!key) {
        findings.push_back({Level::Fail, "tls", key.error().message(), ""});
        return;
    }
    const auto server = net::TlsServer::create(certificate, *key);
    findings.push_back(
        server
            ? Finding{Level::Ok, "tls", config.http.tls_cert + " and its key fit", ""}
            : Finding{Level::Fail, "tls",
                      fmt::format("{}: {}", config.http.tls_cert, server.error().message()), ""});
}

}  // namespace tocsin::app
