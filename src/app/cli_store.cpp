// Commands: store copy, backup, restore.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "app/backup.h"
#include "app/cli.h"
#include "base/bytes.h"
#include "base/log.h"
#include "store/copy.h"
#include "store/postgres_url.h"

namespace tocsin::app {

namespace {

namespace json = boost::json;

// How often the service is asked how far it is.
constexpr std::chrono::milliseconds kAskStep{100};

// A copy's lines go to stderr, so that --json stays one document.
class ProgressLines {
  public:
    ProgressLines(const Clock& clock, bool quiet) : clock_(clock), quiet_(quiet) {}

    Status operator()(const store::CopyProgress& progress) {
        const bool table_done = progress.rows >= progress.expected;
        const SteadyTime now = clock_.steady();
        if (!quiet_ && progress.expected > 0 && (table_done || now - last_ > kBetween)) {
            last_ = now;
            std::fputs(fmt::format("{:<16} {:>12} of {:>12} rows\n", progress.table, progress.rows,
                                   progress.expected)
                           .c_str(),
                       stderr);
        }
        return {};
    }

  private:
    static constexpr std::chrono::seconds kBetween{1};
    const Clock& clock_;
    const bool quiet_;
    SteadyTime last_;
};

double seconds_since(const Clock& clock, SteadyTime begun) {
    return std::chrono::duration<double>(clock.steady() - begun).count();
}

json::object copy_json(const store::CopyDone& done, double seconds) {
    json::object tables;
    for (const store::CopiedCount& table : done.tables) {
        tables[table.table] = {{"rows", table.rows}, {"sha256", hex_encode(table.sha256)}};
    }
    return {{"rows", done.rows},
            {"seconds", seconds},
            {"resumed", done.resumed},
            {"consent_entries", done.consent.entries},
            {"consent_head", hex_encode(done.consent.head)},
            {"consent_problem", done.consent.problem},
            {"tables", std::move(tables)}};
}

std::string copy_text(const store::CopyDone& done, double seconds) {
    return fmt::format(
        "{} rows of {} tables{}, equal on both sides ({:.1f} s, {:.0f} rows a second); the "
        "consent chain has {} entries and ends with {}\n",
        done.rows, done.tables.size(), done.resumed ? " (a part was there already)" : "", seconds,
        static_cast<double>(done.rows) / std::max(seconds, 0.001), done.consent.entries,
        hex_encode(done.consent.head).substr(0, 16));
}

void copy_command(Cli& cli, const std::string& from, const std::string& to) {
    const SystemClock clock;
    const SteadyTime begun = clock.steady();
    ProgressLines lines(clock, cli.json);
    store::CopyRequest request;
    request.from = from;
    request.to = to;
    request.on_progress = std::ref(lines);
    const auto done = store::copy_store(request, clock);
    if (!done) {
        return cli.fail(done.error());
    }
    const double seconds = seconds_since(clock, begun);
    if (cli.json) {
        print_json(copy_json(*done, seconds));
    } else {
        std::fputs(copy_text(*done, seconds).c_str(), stdout);
    }
    if (!done->consent.problem.empty()) {
        cli.fail(Error(ErrorKind::Corrupt,
                       "the copy is equal, but the consent chain does not hold, on both sides: " +
                           done->consent.problem));
    }
}

// --- backup ---------------------------------------------------------------------------------

Status wait_for_service(ControlClient& service) {
    for (;;) {
        TRY_AS(const json::value now, service.get("/api/v1/backup"));
        const std::string state = field_text(now, "state");
        if (state == "done") {
            return {};
        }
        if (state != "running") {
            return io_error(field_text(now, "problem"));
        }
        std::this_thread::sleep_for(kAskStep);
    }
}

// By the service if one runs: only it may read its SQLite file. False: none does.
Result<bool> ask_service(const Cli& cli, const std::string& file) {
    TRY_AS(ControlClient service, cli.service());
    const auto begun = service.post("/api/v1/backup", json::object{{"file", file}});
    if (!begun && begun.error().kind() == ErrorKind::Unavailable) {
        return false;
    }
    TRY(begun);
    TRY(wait_for_service(service));
    std::error_code failed;
    if (!std::filesystem::exists(file, failed)) {
        return io_error(fmt::format(
            "the service has written {}, but sees other folders than you: name one that both see, "
            "such as its own in /var/lib",
            file));
    }
    return true;
}

Status make_backup(const Cli& cli, const std::string& file, const Clock& clock) {
    TRY_AS(const Config config, cli.config());
    if (!store::is_postgres_url(config.store.url)) {
        TRY_AS(const bool made, ask_service(cli, file));
        if (made) {
            return {};
        }
    }
    return backup_database(config.store.url, file, clock);
}

void backup_command(Cli& cli, const std::string& name) {
    const SystemClock clock;
    const SteadyTime begun = clock.steady();
    const std::string file = std::filesystem::absolute(name).lexically_normal().string();
    if (const Status made = make_backup(cli, file, clock); !made) {
        return cli.fail(made.error());
    }
    const double seconds = seconds_since(clock, begun);
    const auto facts = read_backup(file);
    if (!facts) {
        return cli.fail(facts.error());
    }
    if (cli.json) {
        return print_json(json::object{{"file", file},
                                       {"bytes", facts->bytes},
                                       {"version", facts->version},
                                       {"seconds", seconds},
                                       {"subscribers", facts->subscribers},
                                       {"alerts", facts->alerts},
                                       {"consent_entries", facts->consent_entries},
                                       {"consent_head", hex_encode(facts->consent_head)}});
    }
    fmt::print(
        "{}: {} bytes, {} subscribers, {} alerts, {} consent entries, head {} ({:.1f} s)\n{}\n",
        file, facts->bytes, facts->subscribers, facts->alerts, facts->consent_entries,
        hex_encode(facts->consent_head).substr(0, 16), seconds, missing_from_backup());
}

// --- restore --------------------------------------------------------------------------------

void print_restored(Cli& cli, const RestoreDone& done, double seconds) {
    json::array stopped;
    std::string numbers;
    for (const AlertId alert : done.stopped) {
        stopped.emplace_back(alert.value());
        numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", alert.value());
    }
    if (cli.json) {
        json::object out = copy_json(done.copy, seconds);
        out["stopped_alerts"] = std::move(stopped);
        out["problems"] = json::array(done.problems.begin(), done.problems.end());
        return print_json(out);
    }
    std::fputs(copy_text(done.copy, seconds).c_str(), stdout);
    if (!numbers.empty()) {
        fmt::print(
            "Stopped, because nobody knows who got them after the backup was made: alert {}. Their "
            "recipients without an outcome count as unknown; a correction reaches them.\n",
            numbers);
    }
    fmt::print(
        "Look before you start the service: readers who left or were erased since the backup are "
        "readers again, and an alert that was approved then can be released again.\n");
}

void restore_command(Cli& cli, RestoreOrder order) {
    const SystemClock clock;
    const SteadyTime begun = clock.steady();
    const auto config = cli.config();
    if (!config) {
        return cli.fail(config.error());
    }
    order.url = config->store.url;
    ProgressLines lines(clock, cli.json);
    order.on_progress = std::ref(lines);
    const auto done = restore_database(order, clock);
    if (!done) {
        return cli.fail(done.error());
    }
    print_restored(cli, *done, seconds_since(clock, begun));
    for (const std::string& problem : done->problems) {
        cli.fail(Error(ErrorKind::Corrupt, "restored, but it does not add up: " + problem));
    }
}

}  // namespace

void add_store_commands(CLI::App& program, Cli& cli) {
    CLI::App* store = program.add_subcommand("store", "The database as a whole");
    store->require_subcommand(1);
    auto from = std::make_shared<std::string>();
    auto to = std::make_shared<std::string>();
    CLI::App* copy = store->add_subcommand(
        "copy",
        "Copy everything into an empty database, of either kind, and prove that it is the same; "
        "no service may run on either. Ended half-way, the same command goes on. A password is "
        "better left to PGPASSFILE than written here");
    copy->add_option("from", *from, "sqlite:FILE or postgresql://USER@HOST/DATABASE")->required();
    copy->add_option("to", *to, "sqlite:FILE or postgresql://USER@HOST/DATABASE")->required();
    copy->callback([&cli, from, to] { copy_command(cli, *from, *to); });

    auto file = std::make_shared<std::string>();
    CLI::App* backup = program.add_subcommand(
        "backup", "Write the whole database to one file, while the service runs");
    backup->add_option("file", *file, "A new file")->required();
    backup->callback([&cli, file] { backup_command(cli, *file); });

    auto resume = std::make_shared<bool>(false);
    CLI::App* restore = program.add_subcommand(
        "restore", "Fill the configured database, which must be empty, from a backup");
    restore->add_option("file", *file, "What `tocsin backup` has written")->required();
    restore->add_flag("--resume-alerts", *resume,
                      "Go on with alerts that were being sent when the backup was made: who got "
                      "them since then gets them again");
    restore->callback([&cli, file, resume] {
        RestoreOrder order;
        order.file = *file;
        order.running = *resume ? RunningAlerts::GoOn : RunningAlerts::Stop;
        restore_command(cli, std::move(order));
    });
}

}  // namespace tocsin::app
