// The log: one line an event, for the operator at three in the morning.
//
// Thread-safe. Say what happened, what it means, what to do. Never a secret, a token or a whole
// address: mask_address() keeps the first letter and the domain.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace tocsin {

enum class LogLevel { Debug, Info, Warning, Error };

// "debug", "info", "warning" or "error".
std::optional<LogLevel> parse_log_level(std::string_view name);
// Lines below this level are dropped. Starts at Info.
void set_log_level(LogLevel level);
void log_line(LogLevel level, std::string_view line);

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
    log_line(LogLevel::Debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
    log_line(LogLevel::Info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
    log_line(LogLevel::Warning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
    log_line(LogLevel::Error, fmt::format(format, std::forward<Args>(args)...));
}

// "r***@example.com" for logs and pages that need not show the whole address.
std::string mask_address(std::string_view address);

}  // namespace tocsin
