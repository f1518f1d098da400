#include "store/store.h"

#include <algorithm>
#include <atomic>

#include "base/check.h"
#include "base/limits.h"
#include "store/lane.h"
#include "store/listener.h"
#include "store/migrate.h"
#include "store/postgres.h"
#include "store/postgres_url.h"
#include "store/sqlite.h"

namespace tocsin::store {

// Which queue takes a closure, and which lanes work on it.
class Store::Impl {
  public:
    virtual ~Impl() = default;
    virtual JobQueue& queue(Access access) = 0;
    virtual bool is_own_thread() const = 0;
    virtual bool failed() const = 0;
    virtual std::string trouble() const = 0;
    virtual bool in_touch() const = 0;
    virtual StoreCounters counters() const = 0;
    virtual void listen(Listener::Hooks hooks) = 0;
};

class Store::OnSqlite final : public Store::Impl {
  public:
    OnSqlite(std::unique_ptr<Connection> database, const Clock& clock)
        : lane_(queue_, std::move(database), clock) {}
    ~OnSqlite() override { queue_.stop(); }

    JobQueue& queue(Access /*access*/) override { return queue_; }
    bool is_own_thread() const override { return lane_.is_this_thread(); }
    bool failed() const override { return lane_.failed(); }
    std::string trouble() const override { return lane_.trouble(); }
    bool in_touch() const override { return true; }
    StoreCounters counters() const override { return {}; }
    void listen(Listener::Hooks /*hooks*/) override {}

  private:
    JobQueue queue_{1};
    Lane lane_;
};

// All connections but that of the books are made when they are first needed.
class Store::OnPostgres final : public Store::Impl {
  public:
    struct Opened {
        std::string url;
        StoreOptions options;
        std::unique_ptr<RunningCounters> counters;
        std::unique_ptr<Postgres> books;
        std::int64_t newest_signal = 0;
    };

    OnPostgres(Opened opened, const Clock& clock) : opened_(std::move(opened)), clock_(clock) {
        // The books may wait for their turn while another node does something long and all is well.
        add_lane(books_, std::move(opened_.books), limits::kStoreLockTime + Lane::kLongGroup);
        RunningCounters* const counters = opened_.counters.get();
        add_lane(fenced_, connection(Postgres::Use::Fenced, counters));
        for (int i = 0; i < limits::kStoreReaders; ++i) {
            add_lane(readers_, connection(Postgres::Use::Beside, counters));
        }
    }
    ~OnPostgres() override {
        listening_ = nullptr;
        listener_.reset();  // its hooks post closures
        books_.stop();
        fenced_.stop();
        readers_.stop();
    }

    JobQueue& queue(Access access) override {
        return access == Access::Read ? readers_ : access == Access::Books ? books_ : fenced_;
    }
    bool is_own_thread() const override {
        return std::ranges::any_of(lanes_, [](const auto& lane) { return lane->is_this_thread(); });
    }
    bool failed() const override { return false; }
    std::string trouble() const override {
        const Listener* const listener = listening_.load();
        std::string found = listener != nullptr ? listener->trouble() : "";
        for (const auto& lane : lanes_) {
            found = found.empty() ? lane->trouble() : found;
        }
        return found;
    }
    bool in_touch() const override {
        const Listener* const listener = listening_.load();
        return listener != nullptr ? listener->in_touch() : trouble().empty();
    }
    StoreCounters counters() const override { return opened_.counters->now(); }
    void listen(Listener::Hooks hooks) override {
        CHECK(!listener_);
        Postgres::Options options;
        options.pooler = opened_.options.pooler;
        options.answer_time = limits::kSignalAnswerTime;
        listener_ = std::make_unique<Listener>(
            Postgres::unconnected(opened_.url, Postgres::Use::Beside, std::move(options)),
            opened_.newest_signal, clock_, std::move(hooks));
        listening_ = listener_.get();
    }

  private:
    std::unique_ptr<Postgres> connection(Postgres::Use use, RunningCounters* counters) const {
        return Postgres::unconnected(opened_.url, use,
                                     {opened_.options.node, opened_.options.pooler, counters});
    }
    void add_lane(JobQueue& queue, std::unique_ptr<Postgres> database,
                  Seconds long_group = Lane::kLongGroup) {
        lanes_.push_back(std::make_unique<Lane>(queue, std::move(database), clock_, long_group));
    }

    Opened opened_;
    const Clock& clock_;
    JobQueue books_{1};
    JobQueue fenced_{1};
    JobQueue readers_{limits::kStoreReaders};
    std::vector<std::unique_ptr<Lane>> lanes_;
    std::unique_ptr<Listener> listener_;
    std::atomic<const Listener*> listening_{nullptr};  // for who asks while listen() is called
};

namespace {

constexpr std::string_view kSqliteScheme = "sqlite:";

// To the newest version; an error names the database.
Status bring_up_to_date(Connection& database, const std::string& shown, const Clock& clock) {
    try {
        const Status migrated = migrate(database, embedded_migrations(), clock.now());
        return migrated ? migrated : migrated.error().with_context(shown);
    } catch (const DatabaseFailure& failure) {
        const bool passes = failure.scope() == DatabaseFailure::Scope::Transaction;
        return Error(
            passes ? ErrorKind::Unavailable : ErrorKind::Io,
            fmt::format("the database {} could not be migrated: {}", shown, failure.what()));
    }
}

}  // namespace

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store() = default;

// The one place that chooses the engine.
Result<std::unique_ptr<Store>> Store::open(const std::string& url, const Clock& clock,
                                           StoreOptions options) {
    if (is_postgres_url(url)) {
        return open_postgres(url, clock, std::move(options));
    }
    if (!url.starts_with(kSqliteScheme) || url.size() == kSqliteScheme.size()) {
        // Not quoted: a mistyped URL may hold a password.
        return invalid(
            "store.url must be \"sqlite:PATH\", like \"sqlite:tocsin.db\", or "
            "\"postgresql://USER:PASSWORD@HOST/DATABASE\"");
    }
    const std::string path = url.substr(kSqliteScheme.size());
    TRY_AS(std::unique_ptr<Connection> database, Sqlite::open(path));
    TRY(bring_up_to_date(*database, path, clock));
    return std::unique_ptr<Store>(
        new Store(std::make_unique<OnSqlite>(std::move(database), clock)));
}

Result<std::unique_ptr<Store>> Store::open_postgres(const std::string& url, const Clock& clock,
                                                    StoreOptions options) {
    OnPostgres::Opened opened;
    opened.url = url;
    opened.counters = std::make_unique<RunningCounters>();
    TRY_AS(opened.books, Postgres::open(url, Postgres::Use::Books,
                                        {options.node, options.pooler, opened.counters.get()}));
    opened.options = std::move(options);
    TRY(bring_up_to_date(*opened.books, shown_postgres_url(url), clock));
    try {
        opened.newest_signal = newest_signal(*opened.books);
    } catch (const DatabaseFailure& failure) {
        return unavailable(fmt::format("the database {} does not work: {}", shown_postgres_url(url),
                                       failure.what()));
    }
    return std::unique_ptr<Store>(
        new Store(std::make_unique<OnPostgres>(std::move(opened), clock)));
}

bool Store::failed() const {
    return impl_->failed();
}

std::string Store::trouble() const {
    return impl_->trouble();
}

bool Store::in_touch() const {
    return impl_->in_touch();
}

StoreCounters Store::counters() const {
    return impl_->counters();
}

void Store::listen(std::function<void(const Signal&)> each, std::function<void()> gap) {
    impl_->listen({std::move(each), std::move(gap)});
}

void Store::submit(Access access, std::unique_ptr<Job> job) {
    CHECK(!impl_->is_own_thread());
    const auto kind = access == Access::Read ? Job::Kind::Read : Job::Kind::Write;
    const Status taken = impl_->queue(access).push(kind, job);
    if (!taken) {
        job->fail(taken.error());
        job->answer();
    }
}

}  // namespace tocsin::store
