// Commands: consent verify, proof, checkpoint, consistency.
#include <fstream>
#include <iterator>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "app/cli.h"

namespace tocsin::app {

namespace {

namespace json = boost::json;

constexpr std::size_t kCheckpointBytesMax = 64 * 1024;

void verify_ledger(Cli& cli) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto verdict = service->get("/api/v1/consent/verify");
    if (!verdict) {
        return cli.fail(verdict.error());
    }
    const bool intact = verdict->at("intact").as_bool();
    if (cli.json) {
        print_json(*verdict);
    } else if (intact) {
        fmt::print("consent ledger: {} entries, intact; {} opened, {} checkpoints; root {}\n",
                   field_text(*verdict, "entries"), field_text(*verdict, "opened"),
                   field_text(*verdict, "checkpoints"), field_text(*verdict, "root"));
    }
    if (!intact) {
        cli.fail(Error(ErrorKind::Corrupt, fmt::format("consent ledger: entry {} is bad: {}",
                                                       field_text(*verdict, "bad_seq"),
                                                       field_text(*verdict, "problem"))));
    }
}

// Always JSON: it is made for a program that checks it.
void prove_consent(Cli& cli, const std::string& address) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto proof = service->get("/api/v1/subscribers/" + url_encode(address) + "/proof");
    if (!proof) {
        return cli.fail(proof.error());
    }
    print_json(*proof);
}

enum class Print { Checkpoint, Key };

void print_checkpoint(Cli& cli, Print what) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto made = service->post("/api/v1/consent/checkpoint", json::object{});
    if (!made) {
        return cli.fail(made.error());
    }
    if (cli.json) {
        return print_json(*made);
    }
    if (what == Print::Key) {
        fmt::print("{}\n", field_text(*made, "key"));
    } else {
        fmt::print("{}", field_text(*made, "checkpoint"));
    }
}

Result<std::string> read_checkpoint(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return not_found(path + ": cannot be read");
    }
    std::string note(std::istreambuf_iterator<char>(file), {});
    if (note.size() > kCheckpointBytesMax) {
        return invalid(path + ": is far too long for a checkpoint");
    }
    return note;
}

void hold_against(Cli& cli, const std::string& path) {
    const auto note = read_checkpoint(path);
    if (!note) {
        return cli.fail(note.error());
    }
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto answer =
        service->post("/api/v1/consent/consistency", json::object{{"checkpoint", *note}});
    if (!answer) {
        return cli.fail(answer.error());
    }
    const bool consistent = answer->at("consistent").as_bool();
    if (cli.json) {
        print_json(*answer);
    } else if (consistent) {
        fmt::print("{}: its {} entries are the first of the ledger's {}, unchanged\n", path,
                   field_text(*answer, "first"), field_text(*answer, "second"));
    }
    if (!consistent) {
        cli.fail(
            Error(ErrorKind::Corrupt, fmt::format("{}: {}", path, field_text(*answer, "problem"))));
    }
}

}  // namespace

void add_consent_commands(CLI::App& program, Cli& cli) {
    CLI::App* consent =
        program.add_subcommand("consent", "The record of consent: check it, prove it, sign it");
    consent->require_subcommand(1);
    consent
        ->add_subcommand("verify",
                         "Walk all of it; name the first entry that is not as it was written")
        ->callback([&cli] { verify_ledger(cli); });

    auto address = std::make_shared<std::string>();
    CLI::App* proof = consent->add_subcommand(
        "proof", "What one reader agreed to, as JSON that others can check (docs/CONSENT.md)");
    proof->add_option("address", *address, "The reader's address")->required();
    proof->callback([&cli, address] { prove_consent(cli, *address); });

    auto key = std::make_shared<bool>(false);
    CLI::App* sign = consent->add_subcommand(
        "checkpoint", "Sign its present state and print that, to be kept elsewhere");
    sign->add_flag("--key", *key, "Print the key that signatures are checked with instead");
    sign->callback([&cli, key] { print_checkpoint(cli, *key ? Print::Key : Print::Checkpoint); });

    auto file = std::make_shared<std::string>();
    CLI::App* consistency = consent->add_subcommand(
        "consistency", "Hold a checkpoint that was kept elsewhere against the record");
    consistency->add_option("file", *file, "The checkpoint's file")->required();
    consistency->callback([&cli, file] { hold_against(cli, *file); });
}

}  // namespace tocsin::app
