#include "app/bench_leases.h"

#include <memory>

#include <boost/json/object.hpp>

#include "app/bench_site.h"
#include "app/cli.h"
#include "delivery/lease_simulation.h"

namespace tocsin::app {

namespace {

Result<boost::json::object> bench_leases(const delivery::LeaseSimulation& options) {
    TRY_AS(const delivery::LeaseSimulationResult run, delivery::simulate_leases(options));
    boost::json::object report;
    report["recipients"] = options.recipients;
    report["nodes"] = options.nodes;
    report["rate_of_a_node"] = options.rate;
    report["lease_seconds"] = options.lease.count();
    report["lifetime_seconds"] = options.lifetime.count();
    report["seed"] = options.seed;
    report["seconds"] = run.seconds;
    report["ideal_seconds"] = run.ideal_seconds;
    report["idle_share"] = run.idle_share;
    report["partitions"] = run.partitions;
    report["deaths"] = run.deaths;
    report["suspensions"] = run.suspensions;
    report["taken_over"] = run.taken_over;
    report["fenced"] = run.fenced;
    report["sent_twice"] = run.sent_twice;
    report["claims"] = run.claims;
    report["empty_claims"] = run.empty_claims;
    report["renewals"] = run.renewals;
    report["statements_per_1000"] = run.statements_per_1000;
    report["statements_per_second"] = run.statements_per_second;
    return report;
}

}  // namespace

void add_bench_leases_command(CLI::App& bench, Cli& cli) {
    auto options = std::make_shared<delivery::LeaseSimulation>();
    options->recipients = 100'000'000;
    options->nodes = 1'000;
    options->lifetime = Seconds(300);
    auto lifetime = std::make_shared<std::int64_t>(options->lifetime.count());
    auto lease = std::make_shared<std::int64_t>(options->lease.count());
    CLI::App* command = bench.add_subcommand(
        "leases",
        "Simulate many nodes that share an alert and die at random, with the real leases");
    command->add_option("--recipients", options->recipients, "Of the alert")
        ->check(CLI::Range(1ULL, 1'000'000'000ULL));
    command->add_option("--nodes", options->nodes, "That send")->check(CLI::Range(1, 10'000));
    command->add_option("--rate", options->rate, "Messages a second of a node")
        ->check(CLI::Range(1.0, 1e6));
    command->add_option("--lifetime", *lifetime, "Of a node in seconds, on average; 0: for ever")
        ->check(CLI::Range(0, 1'000'000));
    command->add_option("--lease", *lease, "In seconds")->check(CLI::Range(1, 3'600));
    command->add_option("--seed", options->seed, "Of chance");
    command->callback([&cli, options, lifetime, lease] {
        options->lifetime = Seconds(*lifetime);
        options->lease = Seconds(*lease);
        print_bench_report(cli, bench_leases(*options));
    });
}

}  // namespace tocsin::app
