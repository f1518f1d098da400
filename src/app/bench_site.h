// The throw-away newsroom that benchmarks measure: a database in a folder of its own, one list with
// as many subscribers as asked for, an alert of the size asked for, the delivery engine, a sink.
//
// Nothing here is measured; bench_deliver.h and bench_lanes.h do that.
//
// Owner: one benchmark; one thread. The folder and the sink go with it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <boost/json/object.hpp>

#include "app/bench_machine.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "delivery/engine.h"
#include "delivery/prepared_audience.h"
#include "mail/dkim.h"
#include "mail/message.h"
#include "mail/token.h"
#include "store/store.h"

namespace CLI {
class App;
}

namespace tocsin::app {

class Cli;

enum class BenchSign { Rsa2048, None };

struct BenchSiteOptions {
    std::uint64_t recipients = 100'000;
    std::size_t bytes = 10'000;  // of one message, about
    BenchSign sign = BenchSign::Rsa2048;
    std::string to;  // HOST:PORT; empty: a sink of our own
    std::size_t workers = 1;
    std::size_t signers = 0;  // 0: one a core
    std::size_t connections = 20;
    std::size_t window = 2;
    std::size_t ready_bytes = delivery::EngineOptions{}.ready_bytes;
    std::string dir;  // for the database; empty: the system's temporary folder
};

// The options that benchmarks of the engine share, as `--recipients` and so on.
void add_site_options(CLI::App& command, const std::shared_ptr<BenchSiteOptions>& options);

class BenchSite {
  public:
    // Fills the database; the engine is not started yet.
    static Result<std::unique_ptr<BenchSite>> create(const BenchSiteOptions& options);
    ~BenchSite();
    BenchSite(const BenchSite&) = delete;
    BenchSite& operator=(const BenchSite&) = delete;

    // Starts sink and engine, opens connections and puts the audience together, as saving a draft
    // does.
    Status start();
    void shutdown();

    struct Released {
        AlertId alert;
        std::uint64_t audience = 0;
        SteadyTime at{};        // before anything was done for it
        Milliseconds freeze{};  // until the release was durable
    };
    // A new alert to the list, or a correction of `of`; the engine is told.
    Result<Released> release(AlertId of = {});
    // As the desk stops one: in the store, then the engine.
    Status stop(AlertId alert);
    // Until the engine has said that the alert is finished. IoError if the engine has halted.
    Status wait_finished(AlertId alert);

    struct Stored {
        std::uint64_t outcome_bytes = 0;   // of the compact ledger
        std::uint64_t audience_bytes = 0;  // of the frozen audience
    };
    Result<Stored> stored(AlertId alert);
    // Pages of the database that are in use, in bytes.
    Result<std::uint64_t> used_bytes();
    Result<delivery::AlertStatus> status(AlertId alert);

    delivery::Engine& engine() { return *engine_; }
    const SystemClock& clock() const { return clock_; }
    const std::string& key_pem() const { return pem_; }

  private:
    explicit BenchSite(const BenchSiteOptions& options);
    Status fill();
    Status write_message();

    BenchSiteOptions options_;
    SystemClock clock_;
    class Folder;
    std::unique_ptr<Folder> folder_;
    std::unique_ptr<store::Store> store_;
    ListId list_;
    std::unique_ptr<delivery::PreparedAudiences> audiences_;
    std::optional<mail::MessageTemplate> message_;
    std::string pem_;
    std::optional<mail::DkimKeys> keys_;
    mail::KeyRing ring_{std::string(32, 'b')};
    std::optional<SinkProcess> sink_;

    std::mutex mutex_;  // guards finished_
    std::condition_variable changed_;
    std::set<AlertId> finished_;
    std::unique_ptr<delivery::Engine> engine_;  // last: its threads use the above
};

// A benchmark's report, as JSON or a line a key; or why there is none.
void print_bench_report(Cli& cli, const Result<boost::json::object>& report);

}  // namespace tocsin::app
