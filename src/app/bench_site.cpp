#include "app/bench_site.h"

#include <filesystem>
#include <functional>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "app/cli.h"
#include "app/config.h"
#include "base/crypto.h"
#include "store/alerts.h"
#include "store/lists.h"
#include "store/subscribers.h"

namespace tocsin::app {
namespace {

constexpr std::uint64_t kRowsATransaction = 1'000;  // a savepoint keeps what it changed in memory
constexpr std::chrono::milliseconds kWarmUp{300};   // for connections to be made
constexpr std::size_t kSignatureHeaderBytes = 800;

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

mail::MailContent bench_content(Time now) {
    mail::MailContent content;
    content.from_name = "The Bench";
    content.from_address = "alerts@bench.example";
    content.subject = "A bridge is closed";
    content.date = now;
    content.text = "The bridge is closed.\n\nhttps://bench.example/alerts/bridge\n\n" +
                   std::string(mail::kUnsubscribeUrlMarker) + "\n" +
                   std::string(mail::kPreferencesUrlMarker) + "\n";
    content.html = "<html><body><p>The bridge is closed.</p><a href=\"" +
                   std::string(mail::kUnsubscribeUrlMarker) + "\">Unsubscribe</a></body></html>\n";
    content.list_id = "Bench <bench.bench.example>";
    content.feedback_id = "alert1:bench:tocsin:bench";
    content.message_id_domain = "bench.example";
    content.unsubscribe_url_prefix = "https://bench.example/u/";
    content.preferences_url_prefix = "https://bench.example/p/";
    content.unsubscribe_mailto = "mailto:leave@bench.example?subject=";
    content.unsubscribe_token_chars = mail::kTokenChars;
    content.preferences_token_chars = mail::kTokenChars;
    return content;
}

// About how long a signed message of this content is.
Result<std::size_t> message_bytes(const mail::MailContent& content) {
    TRY_AS(const mail::MessageTemplate message, mail::MessageTemplate::compile(content));
    std::string sample;
    mail::MessageComposer composer(message, nullptr);
    const std::string token(mail::kTokenChars, 'A');
    TRY(composer.compose({.address = "reader1@bigmail.example",
                          .message_id = "1.0123456789abcdef@bench.example",
                          .unsubscribe_token = token,
                          .preferences_token = token,
                          .references = {}},
                         sample));
    return sample.size() + kSignatureHeaderBytes;
}

}  // namespace

// A folder of its own, gone afterwards.
class BenchSite::Folder {
  public:
    static Result<std::unique_ptr<Folder>> create(const std::string& parent) {
        const std::filesystem::path base =
            parent.empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(parent);
        std::string pattern = (base / "tocsin-bench-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) {
            return io_error(fmt::format("cannot make a folder in {}", base.string()));
        }
        return std::unique_ptr<Folder>(new Folder(pattern));
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string store_url() const { return "sqlite:" + (path_ / "bench.db").string(); }

  private:
    explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

void add_site_options(CLI::App& command, const std::shared_ptr<BenchSiteOptions>& options) {
    command.add_option("--recipients", options->recipients, "Subscribers of the list")
        ->check(CLI::Range(1, 20'000'000));
    command.add_option("--bytes", options->bytes, "Size of one message, about")
        ->check(CLI::Range(2'000, 1'000'000));
    const auto sign = [options](const std::string& kind) {
        options->sign = kind == "none" ? BenchSign::None : BenchSign::Rsa2048;
    };
    command.add_option_function<std::string>("--sign", sign, "rsa2048 or none")
        ->check(CLI::IsMember({"rsa2048", "none"}));
    command.add_option("--to", options->to, "HOST:PORT of a sink; without it one is started");
    command.add_option("--threads", options->workers, "Threads with SMTP sessions")
        ->check(CLI::Range(1, 64));
    command.add_option("--signers", options->signers, "Threads that sign; 0 is one a core")
        ->check(CLI::Range(0, 256));
    command.add_option("--connections", options->connections, "SMTP connections")
        ->check(CLI::Range(1, 1'000));
    command.add_option("--window", options->window, "Unanswered messages on one connection")
        ->check(CLI::Range(1, 64));
    command.add_option("--ready-bytes", options->ready_bytes, "Composed ahead of the sessions")
        ->check(CLI::Range(65'536, 67'108'864));
    command.add_option("--dir", options->dir, "Where the throw-away database goes");
}

BenchSite::BenchSite(const BenchSiteOptions& options) : options_(options) {}

Result<std::unique_ptr<BenchSite>> BenchSite::create(const BenchSiteOptions& options) {
    auto site = std::unique_ptr<BenchSite>(new BenchSite(options));
    TRY_AS(site->folder_, Folder::create(options.dir));
    TRY_AS(site->store_, store::Store::open(site->folder_->store_url(), site->clock_));
    TRY(site->fill());
    TRY(site->write_message());
    site->pem_ = mail::generate_rsa_key_pem();
    TRY_AS(site->keys_, mail::DkimKeys::load("bench.example", "s1", site->pem_));
    return site;
}

BenchSite::~BenchSite() {
    shutdown();
}

Status BenchSite::fill() {
    const Time now = clock_.now();
    TRY_AS(list_, store_->run([&](store::Database& db) -> Result<ListId> {
        TRY_AS(const store::ListRow row, store::insert_list(db, "bench", "Bench", "", now));
        return row.id;
    }));
    for (std::uint64_t from = 0; from < options_.recipients; from += kRowsATransaction) {
        const std::uint64_t to = std::min(from + kRowsATransaction, options_.recipients);
        TRY(store_->run([=, list = list_](store::Database& db) -> Status {
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

// What is missing to the size asked for is paragraphs in the HTML.
Status BenchSite::write_message() {
    mail::MailContent content = bench_content(clock_.now());
    TRY_AS(std::size_t have, message_bytes(content));
    const std::string paragraph = "<p>" + std::string(68, 'x') + "</p>\n";
    for (; have < options_.bytes; have += paragraph.size()) {
        content.html += paragraph;
    }
    TRY_AS(message_, mail::MessageTemplate::compile(content));
    return {};
}

Status BenchSite::start() {
    delivery::EngineOptions engine;
    net::SmtpRoute& route = engine.relay;
    route.tls = net::SmtpRoute::Tls::None;
    route.host = "127.0.0.1";
    route.window = options_.window;
    if (options_.to.empty()) {
        TRY_AS(SinkProcess started, SinkProcess::start());
        sink_.emplace(std::move(started));
        route.port = sink_->port();
    } else {
        TRY_AS(const Endpoint endpoint, parse_endpoint(options_.to));
        route.host = endpoint.host;
        route.port = endpoint.port;
    }
    engine.limits.connections = options_.connections;
    engine.bounce_domain = "bounces.bench.example";
    engine.workers = options_.workers;
    engine.ready_bytes = options_.ready_bytes;
    engine.signers = options_.signers;
    const auto finished = [this](AlertId alert) {
        const std::lock_guard lock(mutex_);
        finished_.insert(alert);
        changed_.notify_all();
    };
    const mail::DkimKeys* keys = options_.sign == BenchSign::Rsa2048 ? &*keys_ : nullptr;
    engine_ = std::make_unique<delivery::Engine>(*store_, clock_, ring_, keys, engine,
                                                 delivery::EngineHooks{.finished = finished});
    TRY(engine_->start());
    engine_->prewarm();
    audiences_ = std::make_unique<delivery::PreparedAudiences>(*store_, clock_);
    TRY(audiences_->start());
    TRY(audiences_->prepare_now({.alert = {}, .kind = {}, .of = {}, .lists = {list_}}));
    std::this_thread::sleep_for(kWarmUp);
    return {};
}

void BenchSite::shutdown() {
    if (engine_) {
        engine_->shutdown();
    }
    engine_.reset();
    sink_.reset();
}

Result<BenchSite::Released> BenchSite::release(AlertId of) {
    Released out;
    out.at = clock_.steady();
    const Time now = clock_.now();
    const auto kind = of.valid() ? model::AlertKind::Correction : model::AlertKind::Alert;
    TRY(store_->run([&](store::Database& db) -> Status {
        model::AlertContent content;
        content.kind = kind;
        content.of = of;
        content.headline = "A bridge is closed";
        content.lists = {list_};
        content.not_after = model::kNotAfterDefault;
        out.alert = store::insert_alert(db, {.content = content, .created_by = "bench", .at = now});
        const delivery::FreezeRequest request{
            .alert = out.alert, .kind = kind, .of = of, .lists = {list_}};
        TRY_AS(out.audience, audiences_->freeze(db, request));
        store::set_released(db, out.alert,
                            {.compiled = message_->dated(now).encode(),
                             .at = now,
                             .not_after = now + model::kNotAfterDefault});
        return {};
    }));
    out.freeze = std::chrono::duration_cast<Milliseconds>(clock_.steady() - out.at);
    engine_->alert_released(out.alert);
    return out;
}

Status BenchSite::stop(AlertId alert) {
    TRY(store_->run([&](store::Database& db) -> Status {
        store::set_stopped(db, alert, clock_.now());
        return {};
    }));
    engine_->stop_alert(alert);
    return {};
}

Status BenchSite::wait_finished(AlertId alert) {
    std::unique_lock lock(mutex_);
    const auto is_finished = [&] { return finished_.contains(alert); };
    while (!changed_.wait_for(lock, std::chrono::milliseconds(200), is_finished)) {
        if (const std::string halted = engine_->halted(); !halted.empty()) {
            return io_error(halted);
        }
    }
    return {};
}

Result<delivery::AlertStatus> BenchSite::status(AlertId alert) {
    return store_->run([&](store::Database& db) {
        return delivery::alert_status(db, alert, engine_ ? engine_->progress(alert) : std::nullopt);
    });
}

Result<BenchSite::Stored> BenchSite::stored(AlertId alert) {
    return store_->run([&](store::Database& db) -> Result<Stored> {
        const auto bytes = [&](const char* sql) {
            return static_cast<std::uint64_t>(
                db.query(sql, {alert})[0].maybe_integer(0).value_or(0));
        };
        return Stored{
            .outcome_bytes =
                bytes("SELECT SUM(LENGTH(outcomes)) FROM partition WHERE alert_id = $1"),
            .audience_bytes =
                bytes("SELECT SUM(LENGTH(recipients)) FROM audience_chunk WHERE alert_id = $1")};
    });
}

Result<std::uint64_t> BenchSite::used_bytes() {
    return store_->run([](store::Database& db) -> Result<std::uint64_t> {
        const auto rows = db.query(
            "SELECT (page_count - freelist_count) * page_size "
            "FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()",
            {});
        return static_cast<std::uint64_t>(rows[0].integer(0));
    });
}

void print_bench_report(Cli& cli, const Result<boost::json::object>& report) {
    if (!report) {
        return cli.fail(report.error());
    }
    if (cli.json) {
        return print_json(*report);
    }
    for (const auto& [key, value] : *report) {
        fmt::print("{:<30} {}\n", std::string_view(key), boost::json::serialize(value));
    }
}

}  // namespace tocsin::app
