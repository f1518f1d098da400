// `tocsin doctor`: looks at everything that mail needs to leave and to arrive, and says what to do.
//
// Changes nothing, sends no mail. What it asks of the world (resolver, smarthost, ports) has time
// limits of a few seconds each. Blocking; one thread. It has findings, not failures.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>

#include "app/config.h"
#include "app/dns_records.h"
#include "base/clock.h"

namespace CLI {
class App;
}

namespace tocsin::app {

class Cli;

struct Finding {
    enum class Level { Ok, Warn, Fail };

    Level level = Level::Ok;
    std::string topic;  // config, secrets, database, nodes, disk, clock, limits, rules, ports, tls,
                        // dkim, dns, relay
    std::string text;   // one line: what was found
    std::string fix;    // what to do, or the exact record to publish; may have several lines
};
std::string_view to_string(Finding::Level level);

struct DoctorOptions {
    std::string config_path;
    std::string domain;  // look at this domain's SPF and DMARC instead of the configured ones
    Environment environment = process_environment();
    TxtLookup lookup = lookup_txt;
    std::chrono::milliseconds relay_time{10'000};
};

std::vector<Finding> examine(const DoctorOptions& options, const Clock& clock);

// "ok    topic     text", the fixes indented below.
std::string doctor_text(const std::vector<Finding>& findings);
boost::json::array doctor_json(const std::vector<Finding>& findings);
bool has_failure(const std::vector<Finding>& findings);

void add_doctor_command(CLI::App& program, Cli& cli);

}  // namespace tocsin::app
