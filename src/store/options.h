// What a Store is told besides its URL, and what it counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace tocsin::store {

enum class Pooler {
    None,     // a pooler between us and PostgreSQL is found and refused
    Session,  // there is one, and it keeps a server's session for as long as we are connected
};

struct StoreOptions {
    std::string node;  // this process among those that share the database: named by its signals
    Pooler pooler = Pooler::None;
};

// What the closures took since the start, over all connections. Zero on SQLite.
struct StoreCounters {
    std::uint64_t statements = 0;   // of verbs
    std::uint64_t controls = 0;     // BEGIN, COMMIT, savepoints, locks, signals
    std::uint64_t round_trips = 0;  // waits for an answer of the server
    std::uint64_t groups = 0;       // commits of writes
    std::uint64_t connections = 0;  // made
};

// The same while it is being counted. Any thread.
struct RunningCounters {
    std::atomic<std::uint64_t> statements{0};
    std::atomic<std::uint64_t> controls{0};
    std::atomic<std::uint64_t> round_trips{0};
    std::atomic<std::uint64_t> groups{0};
    std::atomic<std::uint64_t> connections{0};

    StoreCounters now() const {
        return {statements.load(), controls.load(), round_trips.load(), groups.load(),
                connections.load()};
    }
};

}  // namespace tocsin::store
