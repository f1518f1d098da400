// Commands: init, serve, dev, demo, config check, doctor.
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "app/cli.h"
#include "app/demo.h"
#include "app/dev_site.h"
#include "app/doctor.h"
#include "app/init.h"
#include "app/service.h"
#include "base/log.h"
#include "base/random.h"

namespace tocsin::app {

namespace {

constexpr std::uint16_t kDevPort = 8080;

struct ServeOptions {
    bool dev_inbox = false;
    std::string role;  // empty: as configured
};

Result<Config> serve_config(const Cli& cli, const ServeOptions& options) {
    TRY_AS(Config config, cli.config());
    config.dev.inbox = config.dev.inbox || options.dev_inbox;
    config.node.role = parse_node_role(options.role).value_or(config.node.role);
    TRY(check_node_role(config));
    return config;
}

void serve(Cli& cli, const ServeOptions& options) {
    const auto config = serve_config(cli, options);
    if (!config) {
        return cli.fail(config.error());
    }
    const auto service = Service::start(*config, ServiceMode::Serve);
    if (!service && service.error().kind() == ErrorKind::Cancelled) {
        log_info("{}", service.error().message());
        return;
    }
    if (!service) {
        return cli.fail(service.error());
    }
    const ServiceAddresses& at = (*service)->addresses();
    if (at.public_url.empty()) {
        log_info("serving {}: sending its mail; the API at {}", config->site.name, at.desk_url);
    } else {
        log_info("serving {}: readers at {}, the desk at {}", config->site.name, at.public_url,
                 at.desk_url);
    }
    if (!at.inbox_url.empty()) {
        log_warning("all mail goes to the built-in inbox at {}: nothing leaves this machine",
                    at.inbox_url);
    }
    (*service)->wait_for_signal();
}

void run_dev(Cli& cli, std::uint16_t port) {
    SecureRandom random;
    const auto folder = DevFolder::create(port, random);
    if (!folder) {
        return cli.fail(folder.error());
    }
    const auto service = Service::start(folder->config(), ServiceMode::Dev);
    if (!service) {
        return cli.fail(service.error());
    }
    fmt::print(
        "\n  The Harbour Post is open:  {}\n\n"
        "  An invented newspaper with a sign-up box in every article, the desk and an inbox.\n"
        "  Everything is thrown away when this ends (Ctrl-C). The command line reaches it with\n"
        "  TOCSIN_CONFIG={}\n\n",
        (*service)->addresses().public_url, folder->config().file);
    std::fflush(stdout);
    (*service)->wait_for_signal();
}

void check_configuration(Cli& cli) {
    const ConfigReport report = check_config(cli.config_path());
    for (const std::string& warning : report.warnings) {
        std::fputs(fmt::format("tocsin: warning: {}\n", warning).c_str(), stderr);
    }
    for (const std::string& problem : report.problems) {
        cli.fail(invalid(problem));
    }
    if (report.config) {
        std::fputs(explain_config(*report.config).c_str(), stdout);
    }
}

}  // namespace

Result<Config> Cli::config() const {
    return load_config(config_path());
}

Result<ControlClient> Cli::service() const {
    TRY_AS(const Config loaded, config());
    return ControlClient(loaded.control.socket);
}

void add_service_commands(CLI::App& program, Cli& cli) {
    add_init_command(program, cli);

    auto options = std::make_shared<ServeOptions>();
    CLI::App* run = program.add_subcommand("serve", "Run the service");
    run->add_flag("--dev-inbox", options->dev_inbox, "Keep all mail here and show it at /inbox");
    run->add_option("--role", options->role,
                    "What this machine does, of several on one database: all, web or send")
        ->check(CLI::IsMember({"all", "web", "send"}));
    run->callback([&cli, options] { serve(cli, *options); });

    auto port = std::make_shared<std::uint16_t>(kDevPort);
    CLI::App* dev = program.add_subcommand(
        "dev", "Run a throw-away service: a newspaper, the desk and an inbox on one address");
    dev->add_option("--port", *port, "The port to listen on; 0 takes a free one");
    dev->callback([&cli, port] { run_dev(cli, *port); });

    program.add_subcommand("demo", "Sign up, confirm, release and read the mail, without a person")
        ->callback([&cli] {
            if (const Status done = run_demo(); !done) {
                cli.fail(done.error());
            }
        });

    CLI::App* config = program.add_subcommand("config", "The configuration");
    config->require_subcommand(1);
    config->add_subcommand("check", "Check it and explain every key")->callback([&cli] {
        check_configuration(cli);
    });

    add_doctor_command(program, cli);
}

}  // namespace tocsin::app
