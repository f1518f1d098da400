#include "app/cli.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace tocsin::app {

std::string Cli::config_path() const {
    if (!config_option.empty()) {
        return config_option;
    }
    const char* from_environment = std::getenv("TOCSIN_CONFIG");
    if (from_environment != nullptr && *from_environment != '\0') {
        return from_environment;
    }
    constexpr const char* kHere = "tocsin.toml";
    constexpr const char* kOfPackage = "/etc/tocsin/tocsin.toml";
    std::error_code failed;
    const bool of_package =
        !std::filesystem::exists(kHere, failed) && std::filesystem::exists(kOfPackage, failed);
    return of_package ? kOfPackage : kHere;
}

void Cli::fail(const Error& error, ExitCode code) {
    std::fputs(fmt::format("tocsin: {}\n", error.message()).c_str(), stderr);
    code_ = code;
}

Result<Seconds> parse_duration(std::string_view text) {
    std::int64_t count = 0;
    const char* end = text.data() + text.size();
    const auto [rest, failed] = std::from_chars(text.data(), end, count);
    const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
    std::int64_t seconds = 0;
    if (unit == "s") {
        seconds = 1;
    } else if (unit == "m") {
        seconds = 60;
    } else if (unit == "h") {
        seconds = 3600;
    } else if (unit == "d") {
        seconds = 24 * 3600;
    }
    constexpr std::int64_t kCountMax = 1'000'000;
    if (failed != std::errc() || seconds == 0 || count <= 0 || count > kCountMax) {
        return invalid(fmt::format("'{}' is no duration: write 90s, 30m, 2h or 1d", text));
    }
    return Seconds(count * seconds);
}

void print_json(const boost::json::value& value) {
    std::fputs((boost::json::serialize(value) + "\n").c_str(), stdout);
}

std::string field_text(const boost::json::value& object, std::string_view key) {
    const boost::json::value* field =
        object.is_object() ? object.as_object().if_contains(key) : nullptr;
    if (field == nullptr || field->is_null()) {
        return "-";
    }
    if (field->is_string()) {
        return std::string(field->as_string());
    }
    return boost::json::serialize(*field);
}

}  // namespace tocsin::app
