#include "app/alert_clock_text.h"

#include <fmt/format.h>

#include "app/cli.h"

namespace tocsin::app {

namespace {

// "0.042 s", or "-" while it is not known.
std::string seconds_of(const boost::json::value& status, std::string_view key) {
    const boost::json::value* field = status.as_object().if_contains(key);
    if (field == nullptr || field->is_null()) {
        return "-";
    }
    boost::system::error_code failed;
    const double ms = field->to_number<double>(failed);
    return failed ? "-" : fmt::format("{:.3f} s", ms / 1000.0);
}

}  // namespace

std::string alert_clock_text(const boost::json::value& status) {
    std::string out = fmt::format("alert {} ({}): {}, {} recipients\n", field_text(status, "id"),
                                  field_text(status, "kind"), field_text(status, "state"),
                                  field_text(status, "audience"));
    for (const char* key :
         {"delivered", "failed", "expired", "suppressed", "unknown", "deferred", "pending"}) {
        out += fmt::format("  {:<11}{:>10}\n", key, field_text(status, key));
    }
    out += fmt::format(
        "clock from release to the mail server's 250:\n"
        "  first {}   p50 {}   p90 {}   p99 {}   last {}\n",
        seconds_of(status, "first_ms"), seconds_of(status, "p50_ms"), seconds_of(status, "p90_ms"),
        seconds_of(status, "p99_ms"), seconds_of(status, "last_ms"));
    return out;
}

}  // namespace tocsin::app
