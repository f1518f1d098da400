// `tocsin bench leases`: many nodes that share an alert and die at random, simulated with the real
// leases (delivery/lease_simulation.h).
#pragma once

#include <CLI/CLI.hpp>

namespace tocsin::app {

class Cli;

void add_bench_leases_command(CLI::App& bench, Cli& cli);

}  // namespace tocsin::app
