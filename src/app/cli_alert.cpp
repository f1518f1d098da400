// Commands: alert send, status, stop, ledger, verify.
#include <cstdio>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "app/alert_clock_text.h"
#include "app/cli.h"

namespace tocsin::app {

namespace {

namespace json = boost::json;

struct SendOptions {
    std::vector<std::string> lists, exclude;
    std::string priority = "normal";
    std::string headline, summary, url, body, kind = "alert", not_after, idempotency_key;
    std::int64_t of = 0;
    bool at_most_once = false;
    bool wait = false;
};

// How often --wait asks again.
constexpr std::chrono::milliseconds kWaitStep{200};

bool has_ended(const json::value& status) {
    const std::string state = field_text(status, "state");
    return state == "finished" || (state == "stopped" && field_text(status, "pending") == "0" &&
                                   field_text(status, "deferred") == "0");
}

void show_status(Cli& cli, const json::value& status) {
    if (cli.json) {
        print_json(status);
    } else {
        std::fputs(alert_clock_text(status).c_str(), stdout);
    }
}

Result<json::value> wait_for_end(ControlClient& service, const std::string& id) {
    for (;;) {
        TRY_AS(json::value status, service.get("/api/v1/alerts/" + id));
        if (has_ended(status)) {
            return status;
        }
        std::this_thread::sleep_for(kWaitStep);
    }
}

Result<json::object> alert_body(const SendOptions& options) {
    json::object body = {{"kind", options.kind},       {"headline", options.headline},
                         {"summary", options.summary}, {"url", options.url},
                         {"body", options.body},       {"at_most_once", options.at_most_once}};
    body["lists"] = json::array(options.lists.begin(), options.lists.end());
    body["exclude"] = json::array(options.exclude.begin(), options.exclude.end());
    body["priority"] = options.priority;
    if (options.of != 0) {
        body["of"] = options.of;
    }
    if (!options.not_after.empty()) {
        TRY_AS(const Seconds life, parse_duration(options.not_after));
        body["not_after"] = life.count();
    }
    body["release"] = true;
    return body;
}

void send_alert(Cli& cli, const SendOptions& options) {
    const auto body = alert_body(options);
    if (!body) {
        return cli.fail(body.error(), ExitCode::Usage);
    }
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    std::vector<std::pair<std::string, std::string>> headers;
    if (!options.idempotency_key.empty()) {
        headers.emplace_back("Idempotency-Key", options.idempotency_key);
    }
    const auto alert = service->post("/api/v1/alerts", *body, std::move(headers));
    if (!alert) {
        return cli.fail(alert.error());
    }
    const std::string id = field_text(*alert, "id");
    const auto status =
        options.wait ? wait_for_end(*service, id) : service->get("/api/v1/alerts/" + id);
    if (!status) {
        return cli.fail(status.error());
    }
    show_status(cli, *status);
}

void alert_status(Cli& cli, std::int64_t id) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto status = service->get(fmt::format("/api/v1/alerts/{}", id));
    if (!status) {
        return cli.fail(status.error());
    }
    show_status(cli, *status);
}

void stop_alert(Cli& cli, std::int64_t id) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto status = service->post(fmt::format("/api/v1/alerts/{}/stop", id), json::object{});
    if (!status) {
        return cli.fail(status.error());
    }
    show_status(cli, *status);
}

void alert_ledger(Cli& cli, std::int64_t id, const std::string& format) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const Status done = service->download(
        fmt::format("/api/v1/alerts/{}/ledger?format={}", id, url_encode(format)),
        [](std::string_view bytes) -> Status {
            if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) {
                return io_error("writing to standard output failed");
            }
            return {};
        });
    if (!done) {
        return cli.fail(done.error());
    }
}

void verify_alert(Cli& cli, std::int64_t id) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto check = service->get(fmt::format("/api/v1/alerts/{}/verify", id));
    if (!check) {
        return cli.fail(check.error());
    }
    const json::array& problems = check->at("problems").as_array();
    if (cli.json) {
        print_json(*check);
    } else if (problems.empty()) {
        fmt::print("alert {}: the ledger adds up: {} recipients, {} delivered\n", id,
                   field_text(*check, "audience"), field_text(*check, "delivered"));
    }
    for (const json::value& problem : problems) {
        std::fputs(
            fmt::format("tocsin: alert {}: {}\n", id, std::string(problem.as_string())).c_str(),
            stderr);
    }
    if (!problems.empty()) {
        cli.finish(ExitCode::Failed);
    }
}

void add_send(CLI::App& alert, Cli& cli) {
    auto options = std::make_shared<SendOptions>();
    CLI::App* send =
        alert.add_subcommand("send", "Write, approve and release an alert in one step");
    send->add_option("--list", options->lists, "Who gets it (may be given several times)");
    send->add_option("--exclude", options->exclude,
                     "Who does not: readers who have this list too (may be given several times)");
    send->add_option("--priority", options->priority,
                     "normal, or major: also for readers who want only the biggest news");
    send->add_option("--headline", options->headline, "The subject line")->required();
    send->add_option("--summary", options->summary, "One paragraph")->required();
    send->add_option("--url", options->url, "The article");
    send->add_option("--body", options->body, "More paragraphs, separated by empty lines");
    send->add_option("--kind", options->kind, "alert, update, correction or retraction")
        ->check(CLI::IsMember({"alert", "update", "correction", "retraction"}));
    send->add_option("--of", options->of, "The alert that it updates, corrects or retracts");
    send->add_option("--not-after", options->not_after, "Give up this long after release: 2h, 30m");
    send->add_option("--idempotency-key", options->idempotency_key,
                     "The same key again is the same alert");
    send->add_flag("--at-most-once", options->at_most_once,
                   "Never send again where the final reply was lost");
    send->add_flag("--wait", options->wait, "Return when every recipient has an outcome");
    send->callback([&cli, options] { send_alert(cli, *options); });
}

}  // namespace

void add_alert_commands(CLI::App& program, Cli& cli) {
    CLI::App* alert = program.add_subcommand("alert", "Alerts: send, watch, stop, prove");
    alert->require_subcommand(1);
    add_send(*alert, cli);

    auto id = std::make_shared<std::int64_t>(0);
    auto format = std::make_shared<std::string>("csv");
    const auto with_id = [&](const char* name, const char* help) {
        CLI::App* command = alert->add_subcommand(name, help);
        command->add_option("id", *id, "The alert's number")->required();
        return command;
    };
    with_id("status", "The clock and the counts")->callback([&cli, id] { alert_status(cli, *id); });
    with_id("stop", "End new transactions at once")->callback([&cli, id] { stop_alert(cli, *id); });
    with_id("verify", "Check that every recipient has exactly one outcome")->callback([&cli, id] {
        verify_alert(cli, *id);
    });
    CLI::App* ledger = with_id("ledger", "One line a recipient");
    ledger->add_option("--format", *format, "csv or json")->check(CLI::IsMember({"csv", "json"}));
    ledger->callback(
        [&cli, id, format] { alert_ledger(cli, *id, cli.json ? std::string("json") : *format); });
}

}  // namespace tocsin::app
