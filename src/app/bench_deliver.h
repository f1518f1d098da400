// `tocsin bench deliver`: the delivery engine measured on this machine.
//
// A throw-away database is filled with subscribers, their audience is frozen and an alert goes
// through the real engine (store, ledger, pool, sessions) to an SMTP sink: a `tocsin sink` that it
// starts as a process of its own, or the one that --to names. What RSA signatures the same cores
// make with nothing else to do is measured right before and right after, because a rate without
// the machine's limit beside it says nothing.
#pragma once

#include <cstdint>
#include <string>

#include <boost/json/object.hpp>

#include "base/result.h"

namespace CLI {
class App;
}

namespace tocsin::app {

class Cli;

enum class BenchSign { Rsa2048, None };

struct BenchDeliverOptions {
    std::uint64_t recipients = 100'000;
    std::size_t bytes = 10'000;  // of one message, about
    BenchSign sign = BenchSign::Rsa2048;
    std::string to;  // HOST:PORT; empty: a sink of our own
    std::size_t workers = 1;
    std::size_t signers = 0;  // 0: one a core
    std::size_t connections = 20;
    std::size_t window = 2;
    std::string dir;  // for the database; empty: the system's temporary folder
};

// The numbers, keys as docs/SURFACES.md names them.
Result<boost::json::object> bench_deliver(const BenchDeliverOptions& options);

void add_bench_deliver_command(CLI::App& bench, Cli& cli);

}  // namespace tocsin::app
