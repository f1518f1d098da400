// The configuration in words, and as a commented file.
#include <fmt/format.h>

#include "app/config.h"
#include "app/config_keys.h"

namespace tocsin::app {

namespace {

// The help's lines, each with the prefix in front.
std::string help_lines(std::string_view help, std::string_view prefix) {
    std::string out;
    while (!help.empty()) {
        const std::size_t end = std::min(help.find('\n'), help.size());
        out += fmt::format("{}{}\n", prefix, help.substr(0, end));
        help.remove_prefix(std::min(end + 1, help.size()));
    }
    return out;
}

std::string value_line(const Config& config, const ConfigKey& key) {
    if (const auto shown = config.shown.find(key.dotted()); shown != config.shown.end()) {
        return fmt::format("  {} = {}  ({})\n", key.name, shown->second.value, shown->second.from);
    }
    if (key.presence == ConfigKey::Presence::Default) {
        return fmt::format("  {} = {}  (default)\n", key.name, key.initial);
    }
    return fmt::format("  {} is not set, as in {}\n", key.name, key.initial);
}

}  // namespace

std::string explain_config(const Config& config) {
    std::string out = config.file + "\n";
    std::string_view section;
    for (const ConfigKey& key : config_keys()) {
        if (key.section != section) {
            section = key.section;
            out += fmt::format("\n[{}]  {}\n", section, section_help(section));
        }
        out += value_line(config, key);
        out += help_lines(key.help, "      ");
    }
    return out;
}

std::string config_text(const ConfigValues& values) {
    std::string out =
        "# Tocsin's configuration. `tocsin config check` explains it.\n"
        "# Every key can be set by the environment instead: [site] name is TOCSIN_SITE_NAME.\n"
        "# Names of files are relative to the folder of this one.\n";
    std::string_view section;
    for (const ConfigKey& key : config_keys()) {
        if (key.section != section) {
            section = key.section;
            out += fmt::format("\n# {}\n[{}]\n", section_help(section), section);
        }
        out += help_lines(key.help, "# ");
        const auto given = values.find(key.dotted());
        out += given != values.end() ? fmt::format("{} = {}\n", key.name, given->second)
                                     : fmt::format("#{} = {}\n", key.name, key.initial);
    }
    return out;
}

}  // namespace tocsin::app
