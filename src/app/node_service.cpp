#include "app/node_service.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "app/version.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/log.h"
#include "store/migrate.h"
#include "store/pace.h"
#include "store/postgres_url.h"
#include "store/terms.h"

namespace tocsin::app {

namespace {

constexpr Milliseconds kHeartbeat{2'000};
// Nudges of so long are one heartbeat: a thousand nodes that start at once do not drown the rest.
constexpr Milliseconds kNudgeTime{200};
constexpr Seconds kGroupKept{10};
constexpr Seconds kAlone{60};  // between two writes on SQLite
// At the start the best of so many readings: the machine is busy then.
constexpr int kFirstReadings = 8;
// A node that was out of reach for longer looks at everything.
constexpr std::chrono::hours kSignalLife{1};
constexpr std::size_t kIdRandomBytes = 4;
constexpr std::size_t kPlaceHashBytes = 8;

std::string host_name() {
    std::string name(256, '\0');
    if (::gethostname(name.data(), name.size() - 1) != 0) {
        return "unnamed";
    }
    name.resize(name.find('\0'));
    return name.empty() ? "unnamed" : name;
}

// What the kernel calls itself since the machine was started: machines with one name and one disk
// image differ in it. Empty where a unit hides it (ProcSubset=pid); then check_place() tells them
// apart.
std::string boot_id() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
}

// Containers may share the machine, its boot and the path, but not the folder.
std::string folder_id(const std::string& path) {
    struct stat found{};
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    return ::stat(folder.c_str(), &found) == 0 ? fmt::format("{}:{}", found.st_dev, found.st_ino)
                                               : std::string();
}

// Like Store::write(), but never behind the book-keeping of other nodes: a long transaction there
// must not make this node look dead.
template <class Fn>
auto write_fenced(store::Store& store, Fn fn) -> Task<std::invoke_result_t<Fn, store::Database&>> {
    using R = std::invoke_result_t<Fn, store::Database&>;
    return store::detail::await_callback<R>([&store, fn = std::move(fn)](auto done) mutable {
        store.post_fenced(std::move(fn), std::move(done));
    });
}

}  // namespace

Status forget_what_has_had_its_time(store::Database& db, Time now) {
    store::tidy_nodes(db, now);
    store::purge_signals(db, now - kSignalLife);
    store::tidy_pace(db, now);
    store::tidy_terms(db, now);
    return {};
}

NodeIdentity node_identity(const Config& config, Random& random) {
    const std::string host = host_name();
    NodeIdentity identity;
    identity.name = config.node.name.empty() ? host : config.node.name;
    identity.id = identity.name + "-" + hex_encode(random.bytes(kIdRandomBytes));
    const std::string& socket = config.control.socket;
    const std::string place = boot_id() + "\n" + folder_id(socket) + "\n" + socket;
    identity.place = fmt::format("{}:{} ({})", host, socket,
                                 hex_encode(sha256(place).substr(0, kPlaceHashBytes)));
    return identity;
}

NodeService::NodeService(boost::asio::io_context& io, store::Store& store, SharedClock& clock,
                         const Config& config, NodeIdentity identity, Milliseconds place_wait)
    : io_(io),
      store_(store),
      clock_(clock),
      setter_(clock),
      shared_(store::is_postgres_url(config.store.url)),
      place_wait_(place_wait),
      pause_(io) {
    row_.id = std::move(identity.id);
    row_.name = std::move(identity.name);
    row_.place = std::move(identity.place);
    row_.role = to_string(config.node.role);
    row_.version = kVersion;
    row_.schema_version = store::embedded_migrations().back().version;
}

Status NodeService::enter() {
    if (shared_) {
        auto read = [&clock = clock_](store::Database& db) -> Result<ClockReading> {
            ClockReading best = read_clock(db, clock);
            for (int i = 1; i < kFirstReadings; ++i) {
                best = std::min(best, read_clock(db, clock));
            }
            return best;
        };
        TRY_AS(const ClockReading reading, store_.run_fenced(std::move(read)));
        setter_.take(reading);
        TRY(check_place());
    }
    row_.started_at = clock_.now();
    row_.seen_at = row_.started_at;
    row_.skew_ms = (clock_.machine_now() - row_.started_at).count();
    return store_.run([row = row_](store::Database& db) -> Status {
        store::replace_node(db, row);
        store::write_node(db, row);
        db.signal(store::topic::kNodes, 0);
        return {};
    });
}

// The control socket is ours, so whoever was here is dead: unless two machines that were made from
// one image pass for one place. Then it goes on beating, and must keep its leases.
Status NodeService::check_place() {
    using Seen = Result<std::optional<Time>>;
    const auto look = [this]() -> Seen {
        return store_.run_fenced([row = row_](store::Database& db) -> Seen {
            return store::predecessor_seen_at(db, row);
        });
    };
    TRY_AS(const std::optional<Time> before, look());
    if (!before || clock_.now() - *before > 2 * kHeartbeat) {
        return {};
    }
    std::this_thread::sleep_for(place_wait_);
    TRY_AS(const std::optional<Time> after, look());
    if (after && *after > *before) {
        log_warning("another process lives at {}: this one is a node of its own", row_.place);
        row_.place += " " + row_.id;
    }
    return {};
}

Task<void> NodeService::run(NodeHooks hooks) {
    constexpr auto kQuiet = boost::asio::as_tuple(boost::asio::use_awaitable);
    for (;;) {
        nudged_ = false;
        co_await beat(hooks);
        if (!nudged_) {
            pause_.expires_after(kHeartbeat);
            co_await pause_.async_wait(kQuiet);
        }
        if (nudged_) {
            co_await sleep_for(kNudgeTime);
        }
    }
}

void NodeService::nudge() {
    boost::asio::post(io_, [this] {
        nudged_ = true;
        pause_.cancel();
    });
}

Task<void> NodeService::beat(const NodeHooks& hooks) {
    if (const Status set = co_await set_clock(); !set) {
        note(set);
        co_return;
    }
    delivery::NodeFacts facts = hooks.facts();
    row_.seen_at = clock_.now();
    row_.skew_ms = (clock_.machine_now() - row_.seen_at).count();
    row_.rate = std::llround(facts.rate);
    row_.connections = static_cast<std::int64_t>(facts.connections);
    row_.trouble = std::move(facts.trouble);
    store::RouteChanges changes = route_changes(facts.groups);
    if (!worth_writing(changes)) {
        co_return;
    }
    auto write = [row = row_, changes = std::move(changes)](store::Database& db) -> Result<Heard> {
        store::write_node(db, row);
        store::change_node_routes(db, row.id, changes);
        // Who has come makes the others' parts smaller; who has gone can wait for their next beat.
        if (!changes.added.empty()) {
            db.signal(store::topic::kNodes, 0);
        }
        return Heard{store::load_shares(db, row.id, row.seen_at), store::schema_floor(db)};
    };
    Result<Heard> heard = co_await write_fenced(store_, std::move(write));
    if (!heard) {
        note(heard.error());
        co_return;
    }
    note(Status());
    written_.clear();
    for (const auto& [group, at] : busy_) {
        written_.insert(group);
    }
    written_row_ = row_;
    written_at_ = clock_.steady();
    hooks.set_shares(std::move(heard->shares));
    check_version(heard->floor, hooks);
}

// What the register is to be told; a group is kept a while after it was used last, so that the
// parts of the others do not change with every message.
store::RouteChanges NodeService::route_changes(const std::set<std::string>& used) {
    const SteadyTime now = clock_.steady();
    for (const std::string& group : used) {
        busy_[group] = now;
    }
    std::erase_if(busy_, [now](const auto& entry) { return now - entry.second > kGroupKept; });
    store::RouteChanges changes;
    for (const auto& [group, at] : busy_) {
        if (!written_.contains(group)) {
            changes.added.push_back(group);
        }
    }
    for (const std::string& group : written_) {
        if (!busy_.contains(group)) {
            changes.removed.push_back(group);
        }
    }
    return changes;
}

// Nobody reads the register of SQLite's one node but people.
bool NodeService::worth_writing(const store::RouteChanges& changes) const {
    if (shared_) {
        return true;
    }
    const bool same = changes.added.empty() && changes.removed.empty() &&
                      row_.rate == written_row_.rate && row_.trouble == written_row_.trouble &&
                      row_.connections == written_row_.connections;
    return !same && (clock_.steady() - written_at_ > kAlone || written_at_ == SteadyTime{});
}

// Beside whatever the readers are busy with.
Task<Status> NodeService::set_clock() {
    if (!shared_) {
        co_return Status();
    }
    auto read = [&clock = clock_](store::Database& db) -> Result<ClockReading> {
        return read_clock(db, clock);
    };
    CO_TRY_AS(const ClockReading reading, co_await write_fenced(store_, std::move(read)));
    setter_.take(reading);
    co_return Status();
}

void NodeService::note(const Status& heard) {
    if (!heard && !told_) {
        log_warning("this node cannot say that it lives, and the others go on without it: {}",
                    heard.error().message());
    } else if (heard && told_) {
        log_info("this node is among the others again");
    }
    told_ = !heard;
}

void NodeService::check_version(std::int64_t floor, const NodeHooks& hooks) {
    if (floor > row_.schema_version && !outdated_) {
        outdated_ = true;
        log_error(
            "a newer Tocsin has changed the database (programs from version {} on may use it, this "
            "one knows {}): this node ends; upgrade it",
            floor, row_.schema_version);
        hooks.outdated();
    }
}

void NodeService::leave() {
    const Status left = store_.run_fenced([id = row_.id](store::Database& db) -> Status {
        store::remove_node(db, id);
        db.signal(store::topic::kNodes, 0);
        return {};
    });
    if (!left) {
        log_warning("this node's entry is left in the register of nodes: {}",
                    left.error().message());
    }
}

}  // namespace tocsin::app
