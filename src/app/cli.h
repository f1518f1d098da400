// The command line: what every command shares.
//
// Exit codes: 0 done, 1 failed, 2 wrong usage. Results go to stdout (with --json exactly one JSON
// document), errors are one plain line on stderr. One thread.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "app/config.h"
#include "app/control_client.h"
#include "base/result.h"

namespace CLI {
class App;
}

namespace tocsin::app {

enum class ExitCode { Done = 0, Failed = 1, Usage = 2 };

class Cli {
  public:
    // --config, TOCSIN_CONFIG, ./tocsin.toml, or the package's /etc/tocsin/tocsin.toml.
    std::string config_option;
    bool json = false;

    std::string config_path() const;
    Result<Config> config() const;
    // The running service of that configuration.
    Result<ControlClient> service() const;

    // One line on stderr, and the exit code to come.
    void fail(const Error& error, ExitCode code = ExitCode::Failed);
    void finish(ExitCode code) { code_ = code; }
    int exit_code() const { return static_cast<int>(code_); }

  private:
    ExitCode code_ = ExitCode::Done;
};

// "2h", "90s", "30m", "1d" -> seconds; Invalid for anything else.
Result<Seconds> parse_duration(std::string_view text);

// Prints the value as one JSON document.
void print_json(const boost::json::value& value);
// A field as text for people: strings bare, null as "-".
std::string field_text(const boost::json::value& object, std::string_view key);

// Each adds its commands to the program.
void add_service_commands(CLI::App& program, Cli& cli);  // init, serve, dev, demo, config, doctor
void add_list_commands(CLI::App& program, Cli& cli);     // list
void add_alert_commands(CLI::App& program, Cli& cli);    // alert
void add_subscriber_commands(CLI::App& program, Cli& cli);  // subscriber, import, export
void add_consent_commands(CLI::App& program, Cli& cli);     // consent
void add_route_commands(CLI::App& program, Cli& cli);       // routes
void add_node_commands(CLI::App& program, Cli& cli);        // nodes
void add_store_commands(CLI::App& program, Cli& cli);       // store copy, backup, restore
void add_secrets_commands(CLI::App& program, Cli& cli);     // secrets
void add_tool_commands(CLI::App& program, Cli& cli);        // check-address, sink, bench

}  // namespace tocsin::app
