// Commands: subscriber show/export/erase, import, export.
#include <cstdio>
#include <fstream>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "app/cli.h"
#include "app/cli_import.h"

namespace tocsin::app {

namespace {

namespace json = boost::json;

void print_subscriber(const json::value& reader) {
    fmt::print("{}\n", field_text(reader, "address"));
    for (const json::value& one : reader.at("subscriptions").as_array()) {
        fmt::print("  {:<24} {:<8} asked {}  confirmed {}  left {}\n", field_text(one, "list"),
                   field_text(one, "state"), field_text(one, "requested_at"),
                   field_text(one, "confirmed_at"), field_text(one, "left_at"));
    }
    if (field_text(reader, "suppressed") == "true") {
        fmt::print("  suppressed: {}\n", field_text(reader, "suppression_reason"));
    }
}

void show_subscriber(Cli& cli, const std::string& address) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto reader = service->get("/api/v1/subscribers/" + url_encode(address));
    if (!reader) {
        return cli.fail(reader.error());
    }
    cli.json ? print_json(*reader) : print_subscriber(*reader);
}

// Everything held about the reader, always as JSON: it is made for the reader to take away.
void export_subscriber(Cli& cli, const std::string& address) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto record =
        service->post("/api/v1/subscribers/" + url_encode(address) + "/export", json::object{});
    if (!record) {
        return cli.fail(record.error());
    }
    print_json(*record);
}

void erase_subscriber(Cli& cli, const std::string& address) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto done = service->remove("/api/v1/subscribers/" + url_encode(address));
    if (!done) {
        return cli.fail(done.error());
    }
    if (cli.json) {
        print_json(json::object{{"erased", true}});
    } else {
        fmt::print("erased: the address is gone; the proofs of its consent stay without it\n");
    }
}

void run_import(Cli& cli, const ImportOrder& order, const std::string& report_file) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    std::ofstream report;
    if (!report_file.empty()) {
        report.open(report_file, std::ios::app);
        if (!report) {
            return cli.fail(io_error(fmt::format("cannot write {}", report_file)));
        }
    }
    const auto on_refused = [&](std::uint64_t line, const std::string& reason) {
        const std::string text = fmt::format("{}:{}: {}\n", order.file, line, reason);
        report.is_open() ? void(report << text) : void(std::fputs(text.c_str(), stderr));
    };
    const auto summary = import_file(*service, order, on_refused);
    if (!summary) {
        return cli.fail(summary.error());
    }
    if (cli.json) {
        return print_json(json::object{{"accepted", summary->accepted},
                                       {"refused", summary->refused},
                                       {"duplicates", summary->duplicates},
                                       {"kept_out", summary->kept_out},
                                       {"source", summary->source},
                                       {"rows", summary->rows},
                                       {"resumed_at", summary->resumed_at}});
    }
    if (summary->resumed_at > 0) {
        fmt::print("went on at row {}, where an earlier run ended\n", summary->resumed_at + 1);
    }
    fmt::print("{} rows: {} accepted, {} refused, {} duplicates", summary->rows, summary->accepted,
               summary->refused, summary->duplicates);
    if (summary->kept_out > 0) {
        fmt::print(", {} kept out (left, bounced or blocked before)", summary->kept_out);
    }
    fmt::print("\n");
}

void run_export(Cli& cli, const std::string& file, const std::string& list) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    // Written beside and renamed at the end: a cut download leaves no half file under the name.
    const std::string partial = file + ".partial";
    std::ofstream out(partial, std::ios::binary | std::ios::trunc);
    if (!out) {
        return cli.fail(io_error(fmt::format("cannot write {}", file)));
    }
    std::int64_t lines = 0;
    const Status done = service->download(
        "/api/v1/lists/" + url_encode(list) + "/export", [&](std::string_view bytes) -> Status {
            lines += std::count(bytes.begin(), bytes.end(), '\n');
            if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
                return io_error(fmt::format("writing {} failed", file));
            }
            return {};
        });
    out.close();
    if (!done || !out) {
        std::remove(partial.c_str());
        return cli.fail(done ? io_error(fmt::format("writing {} failed", file)) : done.error());
    }
    if (std::rename(partial.c_str(), file.c_str()) != 0) {
        return cli.fail(io_error(fmt::format("cannot write {}", file)));
    }
    const std::int64_t rows = std::max<std::int64_t>(lines - 1, 0);
    if (cli.json) {
        print_json(json::object{{"rows", rows}, {"file", file}});
    } else {
        fmt::print("{} rows in {}\n", rows, file);
    }
}

void add_transfer_commands(CLI::App& program, Cli& cli) {
    auto order = std::make_shared<ImportOrder>();
    auto report = std::make_shared<std::string>();
    CLI::App* import =
        program.add_subcommand("import", "Bring readers from a CSV file into a list");
    import->add_option("file", order->file, "The CSV file; a column headed 'email' or 'address'")
        ->required();
    import->add_option("--list", order->list, "The list")->required();
    import
        ->add_option("--consent-source", order->consent_source,
                     "Where and when these readers consented, in words: kept as proof")
        ->required();
    import->add_option("--report", *report, "Append refused rows to this file, not to stderr");
    import->callback([&cli, order, report] { run_import(cli, *order, *report); });

    auto file = std::make_shared<std::string>();
    auto list = std::make_shared<std::string>();
    CLI::App* write = program.add_subcommand("export", "Write a list's readers to a CSV file");
    write->add_option("file", *file, "The CSV file to write")->required();
    write->add_option("--list", *list, "The list")->required();
    write->callback([&cli, file, list] { run_export(cli, *file, *list); });
}

}  // namespace

void add_subscriber_commands(CLI::App& program, Cli& cli) {
    CLI::App* subscriber = program.add_subcommand("subscriber", "One reader: show, export, erase");
    subscriber->require_subcommand(1);
    auto address = std::make_shared<std::string>();
    const auto with_address = [&](const char* name, const char* help) {
        CLI::App* command = subscriber->add_subcommand(name, help);
        command->add_option("address", *address, "The reader's address")->required();
        return command;
    };
    with_address("show", "Subscriptions and their history")->callback([&cli, address] {
        show_subscriber(cli, *address);
    });
    with_address("export", "Everything held about the reader, as JSON")->callback([&cli, address] {
        export_subscriber(cli, *address);
    });
    with_address("erase", "Delete the address everywhere; keep the proofs")
        ->callback([&cli, address] { erase_subscriber(cli, *address); });

    add_transfer_commands(program, cli);
}

}  // namespace tocsin::app
