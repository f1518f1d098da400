#include "app/bench_deliver.h"

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "app/bench_machine.h"
#include "app/cli.h"
#include "app/config.h"
#include "base/crypto.h"
#include "delivery/engine.h"
#include "delivery/prepared_audience.h"
#include "delivery/signing_pool.h"
#include "mail/dkim.h"
#include "mail/message.h"
#include "store/alerts.h"
#include "store/lists.h"
#include "store/store.h"
#include "store/subscribers.h"

namespace tocsin::app {
namespace {

constexpr Milliseconds kSignTime{1'000};
constexpr std::uint64_t kRowsATransaction = 1'000;  // a savepoint keeps what it changed in memory

// A folder of its own, gone afterwards.
class BenchFolder {
  public:
    static Result<std::unique_ptr<BenchFolder>> create(const std::string& parent) {
        const std::filesystem::path base =
            parent.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(parent);
        std::string pattern = (base / "tocsin-bench-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) {
            return io_error(fmt::format("cannot make a folder in {}", base.string()));
        }
        return std::unique_ptr<BenchFolder>(new BenchFolder(pattern));
    }
    ~BenchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string store_url() const { return "sqlite:" + (path_ / "bench.db").string(); }

  private:
    explicit BenchFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

// Readers as lists have them: two providers with most of them, and a long tail.
std::string domain_of(std::uint64_t number) {
    const std::uint64_t place = number * 7'919 % 100;
    if (place < 45) {
        return "bigmail.example";
    }
    if (place < 65) {
        return "mail-two.example";
    }
    if (place < 80) {
        return fmt::format("provider{}.example", place);
    }
    return fmt::format("d{}.example", number % 5'000);
}

Status add_subscribers(store::Store& store, ListId list, std::uint64_t count, Time now) {
    for (std::uint64_t from = 0; from < count; from += kRowsATransaction) {
        const std::uint64_t to = std::min(from + kRowsATransaction, count);
        TRY(store.run([=](store::Database& db) -> Status {
            for (std::uint64_t i = from; i < to; ++i) {
                store::NewSubscriber subscriber;
                subscriber.domain = domain_of(i);
                subscriber.address = fmt::format("reader{}@{}", i, subscriber.domain);
                subscriber.address_key = subscriber.address;
                subscriber.salt = sha256(subscriber.address);
                subscriber.subject = subscriber.salt.substr(0, mail::kTokenSubjectBytes);
                subscriber.locale = "en";
                subscriber.created_at = now;
                const auto id = store::insert_subscriber(db, subscriber);
                if (!id) {
                    return conflict("the benchmark's subscribers are there already");
                }
                store::set_active(db, *id, list, now);
            }
            return {};
        }));
    }
    return {};
}

// An alert whose messages are about `bytes` long: the rest is a comment in the HTML.
Result<mail::MessageTemplate> bench_message(std::size_t bytes, Time now) {
    mail::MailContent content;
    content.from_name = "The Bench";
    content.from_address = "alerts@bench.example";
    content.subject = "A bridge is closed";
    content.date = now;
    content.text = "The bridge is closed.\n\nhttps://bench.example/alerts/bridge\n\n" +
                   std::string(mail::kUnsubscribeUrlMarker) + "\n" +
                   std::string(mail::kPreferencesUrlMarker) + "\n";
    content.list_id = "Bench <bench.bench.example>";
    content.feedback_id = "alert1:bench:tocsin:bench";
    content.message_id_domain = "bench.example";
    content.unsubscribe_url_prefix = "https://bench.example/u/";
    content.preferences_url_prefix = "https://bench.example/p/";
    content.unsubscribe_mailto = "mailto:leave@bench.example?subject=";
    content.unsubscribe_token_chars = mail::kTokenChars;
    content.preferences_token_chars = mail::kTokenChars;
    const std::string html = "<html><body><p>The bridge is closed.</p><a href=\"" +
                             std::string(mail::kUnsubscribeUrlMarker) +
                             "\">Unsubscribe</a></body></html>\n";
    content.html = html;
    TRY_AS(const mail::MessageTemplate bare, mail::MessageTemplate::compile(content));
    std::string sample;
    mail::MessageComposer composer(bare, nullptr);
    const std::string token(mail::kTokenChars, 'A');
    TRY(composer.compose({.address = "reader1@bigmail.example",
                          .message_id = "1.0123456789abcdef@bench.example",
                          .unsubscribe_token = token,
                          .preferences_token = token,
                          .references = {}},
                         sample));
    const std::size_t have = sample.size() + 800;  // the signature's header
    while (content.html.size() - html.size() + have < bytes) {
        content.html += "<p>" + std::string(68, 'x') + "</p>\n";
    }
    return mail::MessageTemplate::compile(content);
}

struct ReleasedAlert {
    AlertId alert;
    std::uint64_t audience = 0;
    double freeze_ms = 0;
};

delivery::FreezeRequest audience_of(AlertId alert, ListId list) {
    return {.alert = alert, .kind = model::AlertKind::Alert, .of = {}, .lists = {list}};
}

Result<ReleasedAlert> release_alert(store::Store& store, const Clock& clock,
                                    delivery::PreparedAudiences& audiences, ListId list,
                                    const mail::MessageTemplate& message) {
    const SteadyTime begin = clock.steady();
    const Time now = clock.now();
    TRY_AS(ReleasedAlert released, store.run([&](store::Database& db) -> Result<ReleasedAlert> {
        model::AlertContent content;
        content.headline = "A bridge is closed";
        content.lists = {list};
        content.not_after = model::kNotAfterDefault;
        ReleasedAlert out;
        out.alert = store::insert_alert(db, {.content = content, .created_by = "bench", .at = now});
        TRY_AS(out.audience, audiences.freeze(db, audience_of(out.alert, list)));
        store::set_released(db, out.alert,
                            {.compiled = message.dated(now).encode(),
                             .at = now,
                             .not_after = now + model::kNotAfterDefault});
        return out;
    }));
    released.freeze_ms = std::chrono::duration<double, std::milli>(clock.steady() - begin).count();
    return released;
}

Result<net::SmtpRoute> route_to(const BenchDeliverOptions& options, std::uint16_t own_port) {
    net::SmtpRoute route;
    route.tls = net::SmtpRoute::Tls::None;
    route.host = "127.0.0.1";
    route.port = own_port;
    route.window = options.window;
    if (!options.to.empty()) {
        TRY_AS(const Endpoint endpoint, parse_endpoint(options.to));
        route.host = endpoint.host;
        route.port = endpoint.port;
    }
    return route;
}

struct LedgerSize {
    std::uint64_t outcomes_bytes = 0;
    std::uint64_t audience_bytes = 0;
};

Result<LedgerSize> ledger_size(store::Store& store, AlertId alert) {
    return store.run([=](store::Database& db) -> Result<LedgerSize> {
        const auto bytes = [&](const char* sql) {
            return static_cast<std::uint64_t>(
                db.query(sql, {alert})[0].maybe_integer(0).value_or(0));
        };
        return LedgerSize{
            .outcomes_bytes =
                bytes("SELECT SUM(LENGTH(outcomes)) FROM partition WHERE alert_id = $1"),
            .audience_bytes =
                bytes("SELECT SUM(LENGTH(recipients)) FROM audience_chunk WHERE alert_id = $1")};
    });
}

// Waits for the engine's word that an alert is finished.
class Finished {
  public:
    void tell() {
        const std::lock_guard lock(mutex_);
        finished_ = true;
        changed_.notify_one();
    }
    // False: the engine has stopped for a reason of its own.
    bool wait(const delivery::Engine& engine) {
        std::unique_lock lock(mutex_);
        while (!changed_.wait_for(lock, std::chrono::milliseconds(200),
                                  [this] { return finished_; })) {
            if (!engine.halted().empty()) {
                return false;
            }
        }
        return true;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool finished_ = false;
};

struct Measured {
    ReleasedAlert released;
    double seconds = 0;
    double cpu = 0;
    std::uint64_t peak_rss = 0;
};

Result<Measured> run_alert(store::Store& store, const Clock& clock, delivery::Engine& engine,
                           Finished& finished,
                           const std::function<Result<ReleasedAlert>()>& release) {
    engine.prewarm();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    reset_peak_rss();
    const double cpu_before = cpu_seconds();
    Measured measured;
    TRY_AS(measured.released, release());
    const SteadyTime begin = clock.steady();
    engine.alert_released(measured.released.alert);
    if (!finished.wait(engine)) {
        return io_error(engine.halted());
    }
    measured.seconds = std::chrono::duration<double>(clock.steady() - begin).count();
    measured.cpu = cpu_seconds() - cpu_before;
    measured.peak_rss = peak_rss_bytes();
    (void)store;
    return measured;
}

boost::json::value number_or_null(const std::optional<std::int64_t>& value) {
    return value ? boost::json::value(*value) : boost::json::value(nullptr);
}

}  // namespace

Result<boost::json::object> bench_deliver(const BenchDeliverOptions& options) {
    const SystemClock clock;
    TRY_AS(const auto folder, BenchFolder::create(options.dir));
    TRY_AS(const auto store, store::Store::open(folder->store_url(), clock));
    TRY_AS(const ListId list, store->run([&](store::Database& db) -> Result<ListId> {
        TRY_AS(const store::ListRow row, store::insert_list(db, "bench", "Bench", "", clock.now()));
        return row.id;
    }));
    TRY(add_subscribers(*store, list, options.recipients, clock.now()));
    TRY_AS(const mail::MessageTemplate message, bench_message(options.bytes, clock.now()));

    const std::string pem = mail::generate_rsa_key_pem();
    TRY_AS(const mail::DkimKeys keys, mail::DkimKeys::load("bench.example", "s1", pem));
    const bool sign = options.sign == BenchSign::Rsa2048;
    const std::size_t cores = delivery::usable_cores();
    const double limit_before = rsa_signatures_per_second(pem, cores, kSignTime);

    std::optional<SinkProcess> sink;
    if (options.to.empty()) {
        TRY_AS(SinkProcess started, SinkProcess::start());
        sink.emplace(std::move(started));
    }
    delivery::EngineOptions engine_options;
    TRY_AS(engine_options.relay, route_to(options, sink ? sink->port() : std::uint16_t{0}));
    engine_options.limits.connections = options.connections;
    engine_options.bounce_domain = "bounces.bench.example";
    engine_options.workers = options.workers;
    engine_options.signers = options.signers;
    const mail::KeyRing ring(std::string(32, 'b'));
    Finished finished;
    delivery::Engine engine(*store, clock, ring, sign ? &keys : nullptr, engine_options,
                            {.finished = [&finished](AlertId) { finished.tell(); }});
    TRY(engine.start());
    // As an approval does.
    delivery::PreparedAudiences audiences(*store, clock);
    TRY(audiences.start());
    TRY(audiences.prepare_now(audience_of(AlertId(), list)));
    TRY_AS(const Measured measured, run_alert(*store, clock, engine, finished, [&] {
               return release_alert(*store, clock, audiences, list, message);
           }));
    engine.shutdown();
    const double limit_after = rsa_signatures_per_second(pem, cores, kSignTime);

    const AlertId alert = measured.released.alert;
    TRY_AS(const delivery::AlertStatus status, store->run([&](store::Database& db) {
        return delivery::alert_status(db, alert, std::nullopt);
    }));
    TRY_AS(const LedgerSize ledger, ledger_size(*store, alert));
    const double delivered = static_cast<double>(status.counts.delivered);
    const double rate = delivered / measured.seconds;
    const double limit = (limit_before + limit_after) / 2;
    const auto a_recipient = [&](std::uint64_t bytes) {
        return static_cast<double>(bytes) / std::max(delivered, 1.0);
    };
    return boost::json::object{
        {"messages", status.counts.delivered},
        {"seconds", measured.seconds},
        {"rate", rate},
        {"bytes_per_message", options.bytes},
        {"sign", sign ? "rsa2048" : "none"},
        {"sign_limit", limit},
        {"ratio", rate / limit},
        {"peak_rss_bytes", measured.peak_rss},
        {"cpu_seconds", measured.cpu},
        {"first_ms", number_or_null(status.clock.first_ms)},
        {"p50_ms", number_or_null(status.clock.p50_ms)},
        {"p99_ms", number_or_null(status.clock.p99_ms)},
        {"ledger_bytes_per_recipient", a_recipient(ledger.outcomes_bytes)},
        {"audience_bytes_per_recipient", a_recipient(ledger.audience_bytes)},
        {"freeze_ms", measured.released.freeze_ms},
        {"audience", measured.released.audience},
        {"cores", cores},
        {"workers", options.workers},
        {"connections", options.connections},
        {"durability", "SQLite WAL, synchronous=FULL, groups of 5 ms or 1,024 outcomes"},
    };
}

void add_bench_deliver_command(CLI::App& bench, Cli& cli) {
    auto options = std::make_shared<BenchDeliverOptions>();
    auto sign = std::make_shared<std::string>("rsa2048");
    CLI::App* command =
        bench.add_subcommand("deliver", "Deliver an alert through the real engine to a sink");
    command->add_option("--recipients", options->recipients, "Subscribers of the list")
        ->check(CLI::Range(1, 20'000'000));
    command->add_option("--bytes", options->bytes, "Size of one message, about")
        ->check(CLI::Range(2'000, 1'000'000));
    command->add_option("--sign", *sign, "rsa2048 or none")
        ->check(CLI::IsMember({"rsa2048", "none"}));
    command->add_option("--to", options->to, "HOST:PORT of a sink; without it one is started");
    command->add_option("--threads", options->workers, "Threads with SMTP sessions")
        ->check(CLI::Range(1, 64));
    command->add_option("--signers", options->signers, "Threads that sign; 0 is one a core")
        ->check(CLI::Range(0, 256));
    command->add_option("--connections", options->connections, "SMTP connections")
        ->check(CLI::Range(1, 1'000));
    command->add_option("--window", options->window, "Unanswered messages on one connection")
        ->check(CLI::Range(1, 64));
    command->add_option("--dir", options->dir, "Where the throw-away database goes");
    command->callback([&cli, options, sign] {
        options->sign = *sign == "none" ? BenchSign::None : BenchSign::Rsa2048;
        const auto report = bench_deliver(*options);
        if (!report) {
            return cli.fail(report.error());
        }
        if (cli.json) {
            return print_json(*report);
        }
        for (const auto& [key, value] : *report) {
            fmt::print("{:<30} {}\n", std::string_view(key), boost::json::serialize(value));
        }
    });
}

}  // namespace tocsin::app
