#include "app/bench_readers.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/object.hpp>

#include "app/bench_machine.h"
#include "app/bench_site.h"
#include "app/cli.h"
#include "audience/audience.h"
#include "base/random.h"
#include "store/lists.h"

namespace tocsin::app {

namespace {

constexpr std::int64_t kReadersATransaction = 100'000;
constexpr std::chrono::days kLinkLife{1};

struct BenchReadersOptions {
    std::int64_t readers = 5'000'000;
    int calls = 2'000;
    std::string dir;  // for the database; empty: the system's temporary folder
};

// Both are texts of the number, so that a reader by chance is known without a look into the table.
std::string subject_of(std::int64_t reader) {
    return fmt::format("{:016}", reader);
}

std::string address_of(std::int64_t reader) {
    return fmt::format("reader{}@d{}.example", reader, reader % 5'000);
}

Status fill(store::Store& store, ListId list, std::int64_t readers, Time now) {
    constexpr std::string_view kMany =
        "WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2) ";
    const std::string subscribers =
        "INSERT INTO subscriber (address, address_key, domain, smtputf8, subject, salt, locale, "
        "created_at) " +
        std::string(kMany) +
        "SELECT 'reader' || i || '@d' || (i % 5000) || '.example', 'reader' || i || '@d' || "
        "(i % 5000) || '.example', 'd' || (i % 5000) || '.example', 0, "
        "CAST(printf('%016d', i) AS BLOB), randomblob(32), 'en', $3 FROM n";
    constexpr std::string_view kSubscriptions =
        "INSERT INTO subscription (subscriber_id, list_id, state, requested_at, confirmed_at) "
        "SELECT id, $1, 'active', $2, $2 FROM subscriber WHERE id > $3";
    for (std::int64_t from = 0; from < readers; from += kReadersATransaction) {
        const std::int64_t to = std::min(from + kReadersATransaction, readers);
        TRY(store.run([&](store::Database& db) -> Status {
            const auto last = db.first("SELECT COALESCE(MAX(id), 0) FROM subscriber");
            db.execute(subscribers, {from, to, now});
            db.execute(kSubscriptions, {list, now, last->integer(0)});
            return {};
        }));
    }
    return {};
}

// The database with its log of writes.
std::int64_t bytes_in(const std::string& folder) {
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        bytes += entry.file_size();
    }
    return static_cast<std::int64_t>(bytes);
}

// What the calls of one kind took, in microseconds.
class Timed {
  public:
    explicit Timed(const Clock& clock) : clock_(clock) {}

    template <class T>
    Status call(Task<Result<T>> task) {
        const SteadyTime begin = clock_.steady();
        boost::asio::io_context io;
        auto answer = boost::asio::co_spawn(io, std::move(task), boost::asio::use_future);
        io.run();
        const Result<T> result = answer.get();
        const auto took =
            std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady() - begin);
        micros_.push_back(took.count());
        return result ? Status() : Status(result.error());
    }

    boost::json::object report() {
        std::ranges::sort(micros_);
        const auto at = [&](std::size_t percent) {
            const std::size_t place = micros_.size() * percent / 100;
            return static_cast<double>(micros_[std::min(place, micros_.size() - 1)]) / 1'000;
        };
        return {{"p50_ms", at(50)}, {"p99_ms", at(99)}, {"max_ms", at(100)}};
    }

  private:
    const Clock& clock_;
    std::vector<std::int64_t> micros_;
};

Result<boost::json::object> measure(const BenchReadersOptions& options, const std::string& folder) {
    const SystemClock clock;
    SecureRandom random;
    TRY_AS(const auto store, store::Store::open("sqlite:" + folder + "/readers.db", clock));
    const Time now = clock.now();
    TRY_AS(const ListId list, store->run([&](store::Database& db) -> Result<ListId> {
        TRY_AS(const store::ListRow row, store::insert_list(db, "bench", "Bench", "", now));
        return row.id;
    }));
    const SteadyTime begin = clock.steady();
    TRY(fill(*store, list, options.readers, now));
    const std::chrono::duration<double> filled = clock.steady() - begin;

    const mail::KeyRing ring(std::string(32, 'b'));
    TRY_AS(const mail::Templates templates, mail::Templates::load());
    audience::AudienceSettings settings;
    settings.public_url = "https://bench.example";
    settings.sender.from_address = "alerts@bench.example";
    settings.reserved_domains = audience::ReservedDomains::Allow;
    audience::Audience audience(*store, clock, random, ring, templates, settings);

    Timed preferences(clock), search(clock), unsubscribe(clock);
    for (int i = 0; i < options.calls; ++i) {
        const auto reader =
            static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(options.readers)));
        mail::Token token;
        token.subject = subject_of(reader);
        token.issued = now;
        token.purpose = mail::TokenPurpose::Manage;
        token.expires = now + kLinkLife;
        const std::string manage = mail::seal_token(ring, token);
        token.purpose = mail::TokenPurpose::Unsubscribe;
        token.expires.reset();
        token.list = static_cast<std::uint32_t>(list.value());
        const std::string leave = mail::seal_token(ring, token);
        TRY(preferences.call(audience.preferences(manage)));
        TRY(search.call(audience.show_by_address(address_of(reader))));
        TRY(unsubscribe.call(audience.unsubscribe(leave, audience::Evidence{})));
    }
    return boost::json::object{
        {"readers", options.readers},         {"calls", options.calls},
        {"fill_seconds", filled.count()},     {"database_bytes", bytes_in(folder)},
        {"peak_rss_bytes", peak_rss_bytes()}, {"preferences", preferences.report()},
        {"search", search.report()},          {"unsubscribe", unsubscribe.report()}};
}

Result<boost::json::object> bench_readers(const BenchReadersOptions& options) {
    const std::filesystem::path parent = options.dir.empty()
                                             ? std::filesystem::temp_directory_path()
                                             : std::filesystem::path(options.dir);
    SecureRandom random;
    const std::filesystem::path folder =
        parent / fmt::format("tocsin-bench-{}", random.below(1'000'000'000));
    std::error_code error;
    if (!std::filesystem::create_directory(folder, error)) {
        return io_error(fmt::format("cannot make {}", folder.string()));
    }
    auto report = measure(options, folder.string());
    std::filesystem::remove_all(folder, error);
    return report;
}

}  // namespace

void add_bench_readers_command(CLI::App& bench, Cli& cli) {
    auto options = std::make_shared<BenchReadersOptions>();
    CLI::App* command = bench.add_subcommand(
        "readers", "Preferences, search and unsubscribing with millions of readers");
    command->add_option("--readers", options->readers, "In the database")
        ->check(CLI::Range(1, 100'000'000));
    command->add_option("--calls", options->calls, "Of each kind")->check(CLI::Range(1, 1'000'000));
    command->add_option("--dir", options->dir, "For the database");
    command->callback([&cli, options] { print_bench_report(cli, bench_readers(*options)); });
}

}  // namespace tocsin::app
