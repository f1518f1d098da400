// Command: secrets. Changes what signs the links in mails, without breaking those that are out.
//
// One machine: `tocsin secrets rotate`, restart. Several: `tocsin secrets announce` on one, copy
// the file to the others, restart all, one by one; then the same with `tocsin secrets rotate`. So
// no machine ever seals a link that another one does not open.
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include "app/cli.h"
#include "app/secrets.h"
#include "base/random.h"

namespace tocsin::app {

namespace {

enum class Step { Announce, Rotate };

Result<Secrets> next_of(const Secrets& secrets, Step step, Random& random) {
    if (step == Step::Announce) {
        return announced(secrets, random);
    }
    return rotated(secrets, random);
}

Result<std::string> change_secrets(const Cli& cli, Step step) {
    TRY_AS(const Config config, cli.config());
    const std::string& path = config.secrets.file;
    TRY_AS(const Secrets secrets, load_secrets(path));
    SecureRandom random;
    TRY_AS(const Secrets changed, next_of(secrets, step, random));
    TRY(replace_private_file(path, secrets_text(changed)));
    return path;
}

void run_change(Cli& cli, Step step) {
    const auto path = change_secrets(cli, step);
    if (!path) {
        return cli.fail(path.error());
    }
    if (cli.json) {
        boost::json::object done;
        done["file"] = *path;
        done["step"] = step == Step::Announce ? "announced" : "rotated";
        return print_json(done);
    }
    fmt::print("{} is written.\n", *path);
    fmt::print(
        "{}",
        step == Step::Announce
            ? "Copy it to every machine and restart them, one by one; then `tocsin secrets "
              "rotate`.\n"
            : "Copy it to every machine and restart them, one by one; keep a copy in a safe "
              "place.\nLinks in old mail open until the next rotation, links to leave for ever.\n");
}

}  // namespace

void add_secrets_commands(CLI::App& program, Cli& cli) {
    CLI::App* secrets =
        program.add_subcommand("secrets", "Change what signs the links in mails; old links open");
    secrets->require_subcommand(1);
    secrets
        ->add_subcommand("rotate",
                         "Sign with a new master secret; the old one opens until the next rotation")
        ->callback([&cli] { run_change(cli, Step::Rotate); });
    secrets
        ->add_subcommand("announce",
                         "Several machines: let all of them open what the next rotation signs")
        ->callback([&cli] { run_change(cli, Step::Announce); });
}

}  // namespace tocsin::app
