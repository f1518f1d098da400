// `tocsin bench lanes`: alerts that come faster than they can be sent.
//
// Two questions. Four alerts released at once: is the fourth delivered as fast as the first, once
// it is its turn? A correction released behind three alerts: when does it begin? Each alert goes to
// the whole list, through the real engine, signed or not, to a sink.
#pragma once

#include <boost/json/object.hpp>

#include "app/bench_site.h"
#include "base/result.h"

namespace tocsin::app {

class Cli;

// Keys: four_alerts (per alert: first_ms, p99_ms from its release; turn_p99_ms from its own turn),
// fourth_to_first, correction_first_ms, and what was measured.
Result<boost::json::object> bench_lanes(const BenchSiteOptions& options);

void add_bench_lanes_command(CLI::App& bench, Cli& cli);

}  // namespace tocsin::app
