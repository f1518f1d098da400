#include "app/bench_deliver.h"

#include <algorithm>
#include <numeric>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "app/cli.h"
#include "delivery/signing_pool.h"

namespace tocsin::app {
namespace {

constexpr Milliseconds kSignTime{1'000};
constexpr Milliseconds kSignBusyTime{500};
constexpr Milliseconds kFirstReplyLimit{60'000};
constexpr std::chrono::milliseconds kLookAgain{1};

// What one alert showed.
struct Round {
    AlertId alert;
    std::uint64_t delivered = 0;
    double seconds = 0;  // from the call that releases to the last outcome in the ledger
    double rate() const { return static_cast<double>(delivered) / seconds; }
    double freeze_ms = 0;
    delivery::AlertStatus status;
};

struct Limits {
    std::vector<double> alone, alone_cpu_us, sibling_busy;

    void measure(const std::string& pem) {
        const std::size_t threads = delivery::usable_cores();
        const SigningLimit limit = measure_signing(pem, threads, kSignTime);
        alone.push_back(limit.per_second);
        alone_cpu_us.push_back(limit.cpu_us);
        if (const auto busy = measure_signing_beside_busy_cores(pem, threads, kSignBusyTime)) {
            sibling_busy.push_back(busy->per_second);
        }
    }
};

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Nearest rank, as the clock of an alert has it.
double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[(values.size() - 1) / 2];
}

boost::json::array to_json(const std::vector<double>& values) {
    boost::json::array out;
    for (const double value : values) {
        out.emplace_back(value);
    }
    return out;
}

Result<bool> has_reply(BenchSite& site, AlertId alert) {
    if (const auto live = site.engine().progress(alert)) {
        return live->counts.delivered > 0;
    }
    TRY_AS(const delivery::AlertStatus status, site.status(alert));
    return status.counts.delivered > 0;
}

Status stop_at_first_reply(BenchSite& site, const BenchSite::Released& released) {
    for (;;) {
        TRY_AS(const bool replied, has_reply(site, released.alert));
        if (replied) {
            break;
        }
        if (site.clock().steady() - released.at > kFirstReplyLimit) {
            return io_error("no reply from the sink for a minute");
        }
        std::this_thread::sleep_for(kLookAgain);
    }
    TRY(site.stop(released.alert));
    return {};
}

Result<Round> run_alert(BenchSite& site, BenchDeliverOptions::Until until) {
    Round round;
    TRY_AS(const BenchSite::Released released, site.release());
    round.alert = released.alert;
    round.freeze_ms = std::chrono::duration<double, std::milli>(released.freeze).count();
    if (until == BenchDeliverOptions::Until::FirstReply) {
        TRY(stop_at_first_reply(site, released));
    }
    TRY(site.wait_finished(released.alert));
    const auto took = site.clock().steady() - released.at;
    round.seconds = std::chrono::duration<double>(took).count();
    TRY_AS(round.status, site.status(released.alert));
    round.delivered = round.status.counts.delivered;
    return round;
}

template <class Get>
boost::json::value median_of(const std::vector<Round>& rounds, Get get) {
    std::vector<double> values;
    for (const Round& round : rounds) {
        if (const auto value = get(round)) {
            values.push_back(static_cast<double>(*value));
        }
    }
    return values.empty() ? boost::json::value(nullptr) : boost::json::value(median(values));
}

// The rate over its limit, and how far single rounds are from it: each is compared with the limit
// right before and right after.
void add_ratio(boost::json::object& out, const std::vector<Round>& rounds, const Limits& limits) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < rounds.size() && i + 1 < limits.alone.size(); ++i) {
        ratios.push_back(rounds[i].rate() / ((limits.alone[i] + limits.alone[i + 1]) / 2));
    }
    out["sign_limit"] = mean(limits.alone);
    out["sign_limit_rounds"] = to_json(limits.alone);
    if (!limits.sibling_busy.empty()) {
        out["sign_limit_sibling_busy"] = mean(limits.sibling_busy);
    }
    out["sign_cpu_us"] = mean(limits.alone_cpu_us);
    out["ratio"] = out["rate"].as_double() / mean(limits.alone);
    out["ratio_rounds"] = to_json(ratios);
}

struct Usage {
    double cpu_seconds = 0;
    std::uint64_t peak_rss = 0;
    std::uint64_t stored_bytes = 0;  // by which the database has grown
};

Result<boost::json::object> report(BenchSite& site, const BenchDeliverOptions& options,
                                   const std::vector<Round>& rounds, const Limits& limits,
                                   const Usage& usage) {
    std::uint64_t messages = 0;
    double seconds = 0;
    for (const Round& round : rounds) {
        messages += round.delivered;
        seconds += round.seconds;
    }
    TRY_AS(const BenchSite::Stored stored, site.stored(rounds.back().alert));
    const auto a_recipient = [&](std::uint64_t bytes) {
        return static_cast<double>(bytes) / static_cast<double>(options.recipients);
    };
    const auto clock = [&](auto member) {
        return median_of(rounds, [=](const Round& round) { return round.status.clock.*member; });
    };
    using Clock = model::LatencySummary;
    boost::json::object out{
        {"messages", messages},
        {"seconds", seconds},
        {"rate", static_cast<double>(messages) / seconds},
        {"bytes_per_message", options.bytes},
        {"sign", options.sign == BenchSign::None ? "none" : "rsa2048"},
    };
    add_ratio(out, rounds, limits);
    out["peak_rss_bytes"] = usage.peak_rss;
    out["cpu_seconds"] = usage.cpu_seconds;
    // Of the CPU that a message took, the part that OpenSSL alone would have taken: `ratio` as it
    // is on cores that do nothing else.
    out["ratio_cpu"] = mean(limits.alone_cpu_us) * static_cast<double>(messages) /
                       std::max(1e6 * usage.cpu_seconds, 1.0);
    out["first_ms"] = clock(&Clock::first_ms);
    out["p50_ms"] = clock(&Clock::p50_ms);
    out["p99_ms"] = clock(&Clock::p99_ms);
    out["ledger_bytes_per_recipient"] = a_recipient(stored.outcome_bytes);
    out["audience_bytes_per_recipient"] = a_recipient(stored.audience_bytes);
    out["stored_bytes_per_recipient"] = a_recipient(usage.stored_bytes / rounds.size());
    out["freeze_ms"] = median_of(
        rounds, [](const Round& round) { return std::optional<double>(round.freeze_ms); });
    out["audience"] = options.recipients;
    out["alerts"] = rounds.size();
    out["cores"] = delivery::usable_cores();
    out["workers"] = options.workers;
    out["connections"] = options.connections;
    out["window"] = options.window;
    out["durability"] = "SQLite WAL, synchronous=FULL, groups of 5 ms or 1,024 outcomes";
    return out;
}

}  // namespace

Result<boost::json::object> bench_deliver(const BenchDeliverOptions& options) {
    TRY_AS(const auto site, BenchSite::create(options));
    TRY(site->start());
    reset_peak_rss();
    Limits limits;
    limits.measure(site->key_pem());
    const bool signing =
        options.sign == BenchSign::Rsa2048 && options.until == BenchDeliverOptions::Until::Finished;
    Usage usage;
    TRY_AS(const std::uint64_t stored_before, site->used_bytes());
    std::vector<Round> rounds;
    for (std::size_t i = 0; i < options.alerts; ++i) {
        const double cpu_before = cpu_seconds();
        TRY_AS(Round round, run_alert(*site, options.until));
        usage.cpu_seconds += cpu_seconds() - cpu_before;
        rounds.push_back(std::move(round));
        if (signing || i + 1 == options.alerts) {
            limits.measure(site->key_pem());
        }
    }
    usage.peak_rss = peak_rss_bytes();
    TRY_AS(const std::uint64_t stored_after, site->used_bytes());
    usage.stored_bytes = stored_after - std::min(stored_before, stored_after);
    return report(*site, options, rounds, limits, usage);
}

void add_bench_deliver_command(CLI::App& bench, Cli& cli) {
    auto options = std::make_shared<BenchDeliverOptions>();
    CLI::App* command =
        bench.add_subcommand("deliver", "Deliver an alert through the real engine to a sink");
    add_site_options(*command, options);
    command->add_option("--alerts", options->alerts, "Alerts, one after the other")
        ->check(CLI::Range(1, 1'000));
    command->add_flag_callback(
        "--stop-at-first", [options] { options->until = BenchDeliverOptions::Until::FirstReply; },
        "Stop each alert at its first 250");
    command->callback([&cli, options] { print_bench_report(cli, bench_deliver(*options)); });
}

}  // namespace tocsin::app
