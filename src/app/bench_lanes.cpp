#include "app/bench_lanes.h"

#include <algorithm>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "app/cli.h"

namespace tocsin::app {
namespace {

constexpr std::size_t kInARow = 4;
constexpr std::size_t kAheadOfCorrection = 3;

// When an alert's mail was delivered, in milliseconds since the first alert of the row was
// released.
struct Times {
    std::int64_t first = 0;
    std::int64_t p99 = 0;
    std::int64_t last = 0;
};

Result<std::vector<BenchSite::Released>> release_in_a_row(BenchSite& site, std::size_t count) {
    std::vector<BenchSite::Released> out;
    for (std::size_t i = 0; i < count; ++i) {
        TRY_AS(const BenchSite::Released released, site.release());
        out.push_back(released);
    }
    return out;
}

Result<Times> times_of(BenchSite& site, const BenchSite::Released& released, SteadyTime zero) {
    TRY_AS(const delivery::AlertStatus status, site.status(released.alert));
    const auto shift = std::chrono::duration_cast<Milliseconds>(released.at - zero).count();
    return Times{.first = shift + status.clock.first_ms.value_or(0),
                 .p99 = shift + status.clock.p99_ms.value_or(0),
                 .last = shift + status.clock.last_ms.value_or(0)};
}

// The turn of an alert begins when the last reply of those ahead of it has come; the first's, with
// its release.
Status four_alerts(BenchSite& site, boost::json::object& out) {
    TRY_AS(const std::vector<BenchSite::Released> row, release_in_a_row(site, kInARow));
    boost::json::array alerts;
    std::vector<std::int64_t> turns;
    std::int64_t free_since = 0;
    for (const BenchSite::Released& released : row) {
        TRY(site.wait_finished(released.alert));
        TRY_AS(const Times times, times_of(site, released, row.front().at));
        turns.push_back(times.p99 - free_since);
        free_since = std::max(free_since, times.last);
        alerts.push_back(boost::json::object{{"first_ms", times.first},
                                             {"p99_ms", times.p99},
                                             {"last_ms", times.last},
                                             {"turn_p99_ms", turns.back()}});
    }
    out["four_alerts"] = alerts;
    out["fourth_to_first"] = static_cast<double>(turns.back()) /
                             static_cast<double>(std::max<std::int64_t>(turns[0], 1));
    return {};
}

// The original is delivered; three more alerts are released, and when the first of them is under
// way, the correction of the original.
Status correction_behind_three(BenchSite& site, boost::json::object& out) {
    TRY_AS(const BenchSite::Released original, site.release());
    TRY(site.wait_finished(original.alert));
    TRY_AS(const std::vector<BenchSite::Released> row, release_in_a_row(site, kAheadOfCorrection));
    for (;;) {
        const auto live = site.engine().progress(row.front().alert);
        if (!live || live->counts.delivered > 0) {
            break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    TRY_AS(const BenchSite::Released correction, site.release(original.alert));
    TRY(site.wait_finished(correction.alert));
    TRY_AS(const Times times, times_of(site, correction, correction.at));
    out["correction_first_ms"] = times.first;
    out["correction_p99_ms"] = times.p99;
    out["correction_freeze_ms"] = correction.freeze.count();
    for (const BenchSite::Released& released : row) {
        TRY(site.wait_finished(released.alert));
    }
    return {};
}

}  // namespace

Result<boost::json::object> bench_lanes(const BenchSiteOptions& options) {
    TRY_AS(const auto site, BenchSite::create(options));
    TRY(site->start());
    boost::json::object out{
        {"audience", options.recipients},
        {"bytes_per_message", options.bytes},
        {"sign", options.sign == BenchSign::None ? "none" : "rsa2048"},
    };
    TRY(four_alerts(*site, out));
    TRY(correction_behind_three(*site, out));
    return out;
}

void add_bench_lanes_command(CLI::App& bench, Cli& cli) {
    auto options = std::make_shared<BenchSiteOptions>();
    CLI::App* command = bench.add_subcommand(
        "lanes", "Four alerts at once, then a correction behind three, through the real engine");
    add_site_options(*command, options);
    command->callback([&cli, options] { print_bench_report(cli, bench_lanes(*options)); });
}

}  // namespace tocsin::app
