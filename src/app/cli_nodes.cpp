// Command: nodes.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "app/cli.h"
#include "app/doctor_checks.h"

namespace tocsin::app {

namespace {

namespace json = boost::json;

std::string number_of(const json::value& node, std::string_view key, std::string_view unit) {
    const std::string text = field_text(node, key);
    return fmt::format("{} {}{}", text, unit, text == "1" ? "" : "s");
}

void print_node(const json::value& node) {
    const bool alive = field_text(node, "alive") == "true";
    fmt::print("{}: {}, {}", field_text(node, "id"), field_text(node, "role"),
               alive ? "alive" : "not seen since " + field_text(node, "seen_at"));
    if (alive && field_text(node, "role") != "web") {
        fmt::print(", {}/s, {}, {}", field_text(node, "rate"),
                   number_of(node, "connections", "connection"),
                   number_of(node, "partitions", "partition"));
    }
    fmt::print(", clock {} ms off, version {}{}\n", field_text(node, "skew_ms"),
               field_text(node, "version"),
               field_text(node, "self") == "true" ? " (this one)" : "");
    if (const std::string trouble = field_text(node, "trouble"); !trouble.empty()) {
        fmt::print("  {}\n", trouble);
    }
}

void nodes(Cli& cli) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto answer = service->get("/api/v1/nodes");
    if (!answer) {
        return cli.fail(answer.error());
    }
    if (cli.json) {
        return print_json(*answer);
    }
    for (const json::value& node : nodes_of(*answer)) {
        print_node(node);
    }
}

}  // namespace

void add_node_commands(CLI::App& program, Cli& cli) {
    program
        .add_subcommand("nodes", "The machines of this database: who is alive and what each sends")
        ->callback([&cli] { nodes(cli); });
}

}  // namespace tocsin::app
