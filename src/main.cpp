// The program's table of contents: each line below adds a group of commands; src/app/cli_*.cpp
// holds them. A command reads its options, does one thing and sets the exit code.
#include <cstdio>
#include <iostream>

#include <CLI/CLI.hpp>

#include "app/cli.h"
#include "app/version.h"

int main(int argc, char** argv) {
    CLI::App program("Tocsin: breaking-news alerts by email, with proof of who got them.",
                     "tocsin");
    program.set_version_flag("--version", std::string("tocsin ") + tocsin::app::kVersion);
    program.require_subcommand(1);
    program.failure_message(CLI::FailureMessage::simple);

    tocsin::app::Cli cli;
    program.add_option(
        "--config", cli.config_option,
        "Configuration file (else TOCSIN_CONFIG, ./tocsin.toml, /etc/tocsin/tocsin.toml)");
    program.add_flag("--json", cli.json, "Print one JSON document instead of text");
    program.fallthrough();

    tocsin::app::add_service_commands(program, cli);
    tocsin::app::add_list_commands(program, cli);
    tocsin::app::add_subscriber_commands(program, cli);
    tocsin::app::add_consent_commands(program, cli);
    tocsin::app::add_alert_commands(program, cli);
    tocsin::app::add_route_commands(program, cli);
    tocsin::app::add_node_commands(program, cli);
    tocsin::app::add_store_commands(program, cli);
    tocsin::app::add_secrets_commands(program, cli);
    tocsin::app::add_tool_commands(program, cli);

    try {
        program.parse(argc, argv);
    } catch (const CLI::Success& asked) {  // --help, --version
        return program.exit(asked);
    } catch (const CLI::ParseError& wrong) {
        // What CLI11 reports for a misspelt command is that one is missing.
        const std::vector<std::string> extra = program.remaining(true);
        const std::string reason =
            extra.empty() ? wrong.what() : "unknown command or option '" + extra.front() + "'";
        std::fprintf(stderr, "tocsin: %s (tocsin --help shows the commands)\n", reason.c_str());
        return static_cast<int>(tocsin::app::ExitCode::Usage);
    }
    return cli.exit_code();
}
