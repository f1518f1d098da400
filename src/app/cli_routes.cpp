// Command: routes.
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "app/cli.h"
#include "model/shaping.h"

namespace tocsin::app {

namespace {

namespace json = boost::json;

const json::array* list_of(const json::value& document, std::string_view key) {
    const json::value* field =
        document.is_object() ? document.as_object().if_contains(key) : nullptr;
    return field != nullptr ? field->if_array() : nullptr;
}

void print_alert(const json::value& alert) {
    const std::string eta = field_text(alert, "eta_s");
    fmt::print("alert {}: {} of {} left, {} %{}\n", field_text(alert, "id"),
               field_text(alert, "left"), field_text(alert, "audience"),
               fmt::format("{:g}", alert.at("left_percent").to_number<double>()),
               eta == "-" ? "" : ", " + eta + " s");
}

void show_routes(const json::value& answer) {
    const json::array* routes = list_of(answer, "routes");
    const json::array* alerts = list_of(answer, "alerts");
    if (routes == nullptr || routes->empty()) {
        fmt::print("no mail is on its way, and nothing holds up any route\n");
    } else {
        for (const json::value& route : *routes) {
            fmt::print("{}\n", field_text(route, "sentence"));
        }
    }
    if (alerts != nullptr) {
        for (const json::value& alert : *alerts) {
            print_alert(alert);
        }
    }
    if (const std::string problem = field_text(answer, "rules_problem"); problem != "-") {
        fmt::print("{}; the rules read before stay in force\n", problem);
    }
}

void routes(Cli& cli) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto answer = service->get("/api/v1/routes");
    if (!answer) {
        return cli.fail(answer.error());
    }
    if (cli.json) {
        return print_json(*answer);
    }
    show_routes(*answer);
}

void print_defaults() {
    const std::string_view text = model::Shaping::shipped_text();
    std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

void add_route_commands(CLI::App& program, Cli& cli) {
    auto defaults = std::make_shared<bool>(false);
    CLI::App* command =
        program.add_subcommand("routes", "How mail leaves: every route, how fast it is, and why");
    command->add_flag("--defaults", *defaults,
                      "Print the limits and reply rules that ship, to copy from");
    command->callback([&cli, defaults] { *defaults ? print_defaults() : routes(cli); });
}

}  // namespace tocsin::app
