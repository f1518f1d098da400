// Commands: init, doctor.
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cli.h"
#include "app/doctor.h"
#include "app/init.h"
#include "base/clock.h"
#include "base/random.h"

namespace tocsin::app {

namespace {

boost::json::object init_json(const InitDone& done) {
    boost::json::array records;
    for (const DnsRecord& record : done.records) {
        boost::json::object object;
        object["name"] = record.name;
        object["type"] = "TXT";
        object["value"] = record.value;
        object["note"] = record.note;
        records.push_back(std::move(object));
    }
    boost::json::object object;
    object["config"] = done.config_file;
    object["desk_name"] = done.desk_name;
    object["desk_link"] = done.desk_link;
    object["dns"] = std::move(records);
    return object;
}

void run_init(Cli& cli, const InitOptions& options) {
    const SystemClock clock;
    SecureRandom random;
    const auto done = init(options, clock, random);
    if (!done) {
        return cli.fail(done.error());
    }
    if (cli.json) {
        print_json(init_json(*done));
    } else {
        std::fputs(init_text(*done).c_str(), stdout);
    }
}

void run_doctor(Cli& cli, const std::string& domain) {
    const SystemClock clock;
    DoctorOptions options;
    options.config_path = cli.config_path();
    options.domain = domain;
    const auto findings = examine(options, clock);
    if (cli.json) {
        print_json(doctor_json(findings));
    } else {
        std::fputs(doctor_text(findings).c_str(), stdout);
    }
    if (has_failure(findings)) {
        cli.finish(ExitCode::Failed);
    }
}

}  // namespace

void add_init_command(CLI::App& program, Cli& cli) {
    auto options = std::make_shared<InitOptions>();
    CLI::App* command = program.add_subcommand(
        "init",
        "Make a new installation: configuration, secrets, DKIM key, database, desk account");
    command->add_option("--dir", options->folder, "Its folder")->capture_default_str();
    command->add_option("--name", options->name, "The newspaper's name")->required();
    command->add_option("--from", options->from, "The address that alerts come from")->required();
    command
        ->add_option("--public-url", options->public_url,
                     "Where readers reach the service, as in https://alerts.example.org")
        ->required();
    command->add_option("--relay", options->relay,
                        "The smarthost, as in smtp://user:password@host:587?tls=required");
    command
        ->add_option("--store", options->store,
                     "The database: sqlite:FILE or postgresql://USER:PASSWORD@HOST/DATABASE")
        ->capture_default_str();
    command->add_option("--control-socket", options->control_socket,
                        "Where the running service is reached by other commands; in the folder if "
                        "it is not given");
    command->add_option("--desk-name", options->desk_name, "The first person of the desk")
        ->capture_default_str();
    command->callback([&cli, options] { run_init(cli, *options); });
}

void add_doctor_command(CLI::App& program, Cli& cli) {
    auto domain = std::make_shared<std::string>();
    CLI::App* command =
        program.add_subcommand("doctor", "Look at everything that mail needs, and say what to do");
    command->add_option("--domain", *domain, "Look at this domain's DNS records instead");
    command->callback([&cli, domain] { run_doctor(cli, *domain); });
}

}  // namespace tocsin::app
