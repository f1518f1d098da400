// Commands: list create, list language, list show.
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "app/cli.h"

namespace tocsin::app {

namespace {

namespace json = boost::json;

void print_list(const json::value& list) {
    fmt::print("{:<24} {:<32} {:>10} readers {:>8} unconfirmed {:>8} left\n",
               field_text(list, "slug"), field_text(list, "name"), field_text(list, "active"),
               field_text(list, "pending"), field_text(list, "left"));
}

struct Options {
    std::string slug, name, description, language;
};

void create_list(Cli& cli, const Options& options) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const json::object body = {{"slug", options.slug},
                               {"name", options.name.empty() ? options.slug : options.name},
                               {"description", options.description},
                               {"language", options.language}};
    const auto list = service->post("/api/v1/lists", body);
    if (!list) {
        return cli.fail(list.error());
    }
    cli.json ? print_json(*list) : print_list(*list);
}

void set_language(Cli& cli, const Options& options) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const json::object body = {{"language", options.language}};
    const auto list =
        service->post("/api/v1/lists/" + url_encode(options.slug) + "/language", body);
    if (!list) {
        return cli.fail(list.error());
    }
    cli.json ? print_json(*list) : print_list(*list);
}

void show_lists(Cli& cli, const std::string& slug) {
    auto service = cli.service();
    if (!service) {
        return cli.fail(service.error());
    }
    const auto answer =
        service->get(slug.empty() ? "/api/v1/lists" : "/api/v1/lists/" + url_encode(slug));
    if (!answer) {
        return cli.fail(answer.error());
    }
    if (cli.json) {
        return print_json(*answer);
    }
    if (!slug.empty()) {
        return print_list(*answer);
    }
    for (const json::value& list : answer->at("lists").as_array()) {
        print_list(list);
    }
}

}  // namespace

void add_list_commands(CLI::App& program, Cli& cli) {
    CLI::App* list = program.add_subcommand("list", "Lists: what readers subscribe to");
    list->require_subcommand(1);

    auto options = std::make_shared<Options>();

    CLI::App* create = list->add_subcommand("create", "Create a list");
    create->add_option("slug", options->slug, "Its name in addresses: a-z, 0-9 and -")->required();
    create->add_option("--name", options->name, "Its name for readers");
    create->add_option("--description", options->description, "What readers get, in a sentence");
    create->add_option("--language", options->language,
                       "In which it is written: \"fr\" (default: the newsroom's)");
    create->callback([&cli, options] { create_list(cli, *options); });

    CLI::App* language =
        list->add_subcommand("language", "Say in which language a list is written");
    language->add_option("slug", options->slug, "The list")->required();
    language->add_option("language", options->language, "\"fr\"; \"\": the newsroom's")->required();
    language->callback([&cli, options] { set_language(cli, *options); });

    CLI::App* show = list->add_subcommand("show", "Show all lists, or one");
    show->add_option("slug", options->slug, "The list");
    show->callback([&cli, options] { show_lists(cli, options->slug); });
}

}  // namespace tocsin::app
