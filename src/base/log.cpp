#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace tocsin {

namespace {

// Function-local, not global: made on first use, thread-safe by the language's own rules.
spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> instance = [] {
        auto made = std::make_shared<spdlog::logger>(
            "tocsin", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
        made->flush_on(spdlog::level::info);
        return made;
    }();
    return *instance;
}

spdlog::level::level_enum native(LogLevel level) {
    switch (level) {
        case LogLevel::Debug:
            return spdlog::level::debug;
        case LogLevel::Info:
            return spdlog::level::info;
        case LogLevel::Warning:
            return spdlog::level::warn;
        case LogLevel::Error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
    constexpr std::pair<std::string_view, LogLevel> kNames[] = {{"debug", LogLevel::Debug},
                                                                {"info", LogLevel::Info},
                                                                {"warning", LogLevel::Warning},
                                                                {"error", LogLevel::Error}};
    for (const auto& [known, level] : kNames) {
        if (name == known) {
            return level;
        }
    }
    return std::nullopt;
}

void set_log_level(LogLevel level) {
    logger().set_level(native(level));
}

void log_line(LogLevel level, std::string_view line) {
    logger().log(native(level), "{}", line);
}

std::string mask_address(std::string_view address) {
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos || at == 0) {
        return "***";
    }
    return fmt::format("{}***{}", address.substr(0, 1), address.substr(at));
}

}  // namespace tocsin
