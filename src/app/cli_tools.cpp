// Commands: check-address, sink, bench deliver, bench lanes, bench leases, bench readers.
#include <csignal>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "app/bench_deliver.h"
#include "app/bench_lanes.h"
#include "app/bench_leases.h"
#include "app/bench_readers.h"
#include "app/check_address.h"
#include "app/cli.h"
#include "app/recording_sink.h"
#include "app/sink.h"

namespace tocsin::app {

namespace {

struct SinkCommand {
    std::uint16_t port = 2525;
    std::size_t threads = 1;
    std::string record, faults, tls_cert, tls_key;
    std::uint64_t seed = 1;

    bool wants_record() const { return !record.empty() || !faults.empty(); }
};

void print_ready(std::uint16_t port) {
    fmt::print("sink: listening on 127.0.0.1:{}\n", port);
    std::fflush(stdout);
}

void print_end(const Cli& cli, boost::json::object counts) {
    if (cli.json) {
        return print_json(counts);
    }
    for (const auto& [name, count] : counts) {
        fmt::print("{} {}\n", std::string_view(name), boost::json::serialize(count));
    }
}

// Takes mail as fast as it can until SIGINT or SIGTERM.
void run_fast_sink(Cli& cli, const SinkCommand& command) {
    SinkOptions options;
    options.port = command.port;
    options.threads = command.threads;
    // Before the sink's threads start, so that they inherit nothing that steals the signal.
    boost::asio::io_context io(1);
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    const auto sink = Sink::start(options);
    if (!sink) {
        return cli.fail(sink.error());
    }
    print_ready((*sink)->port());
    signals.async_wait([](const boost::system::error_code&, int) {});
    io.run();
    (*sink)->stop();
    print_end(cli, {{"messages", (*sink)->messages()},
                    {"bytes", (*sink)->bytes()},
                    {"connections", (*sink)->connections()}});
}

void run_recording_sink(Cli& cli, const SinkCommand& command) {
    RecordingSinkOptions options;
    options.port = command.port;
    options.record_file = command.record;
    options.seed = command.seed;
    options.tls_cert_file = command.tls_cert;
    options.tls_key_file = command.tls_key;
    auto faults = SinkFaults::parse(command.faults);
    if (!faults) {
        return cli.fail(faults.error(), ExitCode::Usage);
    }
    options.faults = std::move(*faults);
    const SystemClock clock;
    boost::asio::io_context io(1);
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    const auto sink = RecordingSink::start(io.get_executor(), clock, options);
    if (!sink) {
        return cli.fail(sink.error());
    }
    print_ready((*sink)->port());
    signals.async_wait([&io](const boost::system::error_code&, int) { io.stop(); });
    io.run();
    print_end(cli, {{"recorded", (*sink)->recorded()}, {"faults", (*sink)->faults()}});
}

void add_sink_command(CLI::App& program, Cli& cli) {
    auto command = std::make_shared<SinkCommand>();
    CLI::App* sink = program.add_subcommand(
        "sink", "An SMTP server for tests that takes everything, as fast as it can");
    sink->add_option("--port", command->port, "The port; 0 takes a free one");
    sink->add_option("--threads", command->threads, "Threads of the fast sink")
        ->check(CLI::Range(1, 64));
    sink->add_option("--record", command->record,
                     "Write each message's recipient, Message-ID and hash here before answering");
    sink->add_option("--faults", command->faults,
                     "What to do wrong and how often: cut_after=0.01,rcpt4xx=0.02");
    sink->add_option("--seed", command->seed, "Repeats the faults of an earlier run");
    sink->add_option("--tls-cert", command->tls_cert, "PEM certificate: offer STARTTLS");
    sink->add_option("--tls-key", command->tls_key, "PEM private key");
    sink->callback([&cli, command] {
        command->wants_record() ? run_recording_sink(cli, *command) : run_fast_sink(cli, *command);
    });
}

}  // namespace

void add_tool_commands(CLI::App& program, Cli& cli) {
    program
        .add_subcommand("check-address",
                        "Judge one address a line from standard input, one JSON object a line out")
        ->callback([] {
            std::ios::sync_with_stdio(false);
            check_addresses(std::cin, std::cout);
        });
    add_sink_command(program, cli);
    CLI::App* bench = program.add_subcommand("bench", "Measure this machine");
    bench->require_subcommand(1);
    add_bench_deliver_command(*bench, cli);
    add_bench_lanes_command(*bench, cli);
    add_bench_leases_command(*bench, cli);
    add_bench_readers_command(*bench, cli);
}

}  // namespace tocsin::app
