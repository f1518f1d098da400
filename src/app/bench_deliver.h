// `tocsin bench deliver`: the delivery engine measured on this machine.
//
// Alerts go, one after the other, through the real engine (store, ledger, pool, sessions) to an
// SMTP sink: a `tocsin sink` that is started as a process of its own, or the one that --to names.
// How many RSA signatures the same cores make with nothing else to do is measured before the first
// alert, between every two and after the last: what else the machine does then burdens both
// alike, and the spread of the ratio says how much it did.
#pragma once

#include <cstdint>

#include <boost/json/object.hpp>

#include "app/bench_site.h"
#include "base/result.h"

namespace tocsin::app {

class Cli;

struct BenchDeliverOptions : BenchSiteOptions {
    enum class Until {
        Finished,    // every recipient has their outcome
        FirstReply,  // an alert is stopped at its first 250: for the time from release to it
    };
    std::size_t alerts = 1;
    Until until = Until::Finished;
};

// The numbers, keys as docs/SURFACES.md names them.
Result<boost::json::object> bench_deliver(const BenchDeliverOptions& options);

void add_bench_deliver_command(CLI::App& bench, Cli& cli);

}  // namespace tocsin::app
