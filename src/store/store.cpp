#include "store/store.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/migrate.h"
#include "store/postgres.h"
#include "store/postgres_url.h"
#include "store/sqlite.h"

namespace tocsin::store {

// The store thread alternates: all waiting reads, then one group of writes. A group takes writes
// from the queue until it is empty, or it has kStoreGroupJobs, or kStoreGroupTime has passed; then
// it commits once and answers all. So a lone write commits at once, and under load the cost of the
// fsync is shared by as many as arrived during the last one.
class Store::Impl {
  public:
    Impl(std::unique_ptr<Connection> database, const Clock& clock)
        : database_(std::move(database)), clock_(clock), thread_([this] { run(); }) {}

    ~Impl() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }

    bool submit(Access access, std::unique_ptr<Job>& job) {
        CHECK(std::this_thread::get_id() != thread_.get_id());
        {
            const std::lock_guard lock(mutex_);
            if (reads_.size() + writes_.size() >= limits::kStoreQueueDepth) {
                return false;
            }
            (access == Access::Read ? reads_ : writes_).push_back(std::move(job));
        }
        wake_.notify_one();
        return true;
    }

    bool failed() const { return failed_.load(); }

  private:
    using Jobs = std::deque<std::unique_ptr<Job>>;

    void run() {
        for (;;) {
            Jobs reads;
            bool writes_wait = false;
            {
                std::unique_lock lock(mutex_);
                wake_.wait(lock,
                           [this] { return stopping_ || !reads_.empty() || !writes_.empty(); });
                reads.swap(reads_);
                writes_wait = !writes_.empty();
                if (reads.empty() && !writes_wait) {
                    return;  // stopping, and all is done
                }
            }
            run_reads(reads);
            if (writes_wait) {
                run_group();
            }
        }
    }

    void run_reads(Jobs& reads) {
        for (auto& job : reads) {
            database_->begin_read();
            execute(*job);
            database_->end_read();
            job->answer();
            job.reset();
        }
    }

    void run_group() {
        Jobs group;
        const SteadyTime begun = clock_.steady();
        bool alive = !failed() && control(&Connection::begin);
        while (group.size() < limits::kStoreGroupJobs &&
               clock_.steady() - begun < limits::kStoreGroupTime) {
            std::unique_ptr<Job> job = next_write();
            if (!job) {
                break;
            }
            alive = alive && run_in_savepoint(*job);
            group.push_back(std::move(job));
        }
        alive = alive && control(&Connection::commit);
        if (!alive) {
            database_->rollback();
            for (auto& job : group) {
                job->fail(io_error(failure_));
            }
        }
        for (auto& job : group) {
            job->answer();
            job.reset();
        }
    }

    std::unique_ptr<Job> next_write() {
        const std::lock_guard lock(mutex_);
        if (writes_.empty()) {
            return nullptr;
        }
        std::unique_ptr<Job> job = std::move(writes_.front());
        writes_.pop_front();
        return job;
    }

    // False: the storage has failed, and the group with it.
    bool run_in_savepoint(Job& job) {
        if (!control(&Connection::mark)) {
            return false;
        }
        const bool keep = execute(job);
        if (failed()) {
            return false;
        }
        return control(keep ? &Connection::keep : &Connection::undo);
    }

    // Runs the closure; false: what it did must be rolled back.
    bool execute(Job& job) {
        try {
            return job.execute(*database_);
        } catch (const DatabaseFailure& failure) {
            if (failure.scope() == DatabaseFailure::Scope::Storage) {
                storage_failed(failure.what());
            } else {
                log_error("the database refused a statement: {}", failure.what());
            }
            job.fail(io_error(fmt::format("the database failed: {}", failure.what())));
        } catch (const std::exception& failure) {
            log_error("a database task ended by an exception: {}", failure.what());
            job.fail(Error(ErrorKind::Internal, failure.what()));
        }
        return false;
    }

    // Transactions and savepoints: none of them may fail.
    bool control(void (Connection::*step)()) {
        try {
            ((*database_).*step)();
            return true;
        } catch (const DatabaseFailure& failure) {
            storage_failed(failure.what());
            return false;
        }
    }

    void storage_failed(const std::string& what) {
        if (failed()) {
            return;
        }
        failure_ = fmt::format("the database cannot store anything more: {}", what);
        failed_ = true;
        const std::string_view remedy = database_->engine() == Engine::Sqlite
                                            ? "free the disk or repair it"
                                            : "put the database server right";
        log_error("{}; sending stops here and nothing is lost: {}, then restart the service",
                  failure_, remedy);
    }

    std::unique_ptr<Connection> database_;
    const Clock& clock_;
    std::string failure_;  // store thread only
    std::atomic<bool> failed_{false};

    std::mutex mutex_;
    std::condition_variable wake_;
    Jobs reads_;
    Jobs writes_;
    bool stopping_ = false;

    std::thread thread_;  // last: it uses everything above
};

namespace {

constexpr std::string_view kSqliteScheme = "sqlite:";

// The one place that chooses the engine.
Result<std::unique_ptr<Connection>> open_database(const std::string& url) {
    if (is_postgres_url(url)) {
        TRY_AS(std::unique_ptr<Connection> database, Postgres::open(url, Postgres::Use::Service));
        return database;
    }
    if (!url.starts_with(kSqliteScheme) || url.size() == kSqliteScheme.size()) {
        // Not quoted: a mistyped URL may hold a password.
        return invalid(
            "store.url must be \"sqlite:PATH\", like \"sqlite:tocsin.db\", or "
            "\"postgresql://USER:PASSWORD@HOST/DATABASE\"");
    }
    TRY_AS(std::unique_ptr<Connection> database, Sqlite::open(url.substr(kSqliteScheme.size())));
    return database;
}

}  // namespace

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::string& url, const Clock& clock,
                                           StoreOptions /*options*/) {
    TRY_AS(auto database, open_database(url));
    const std::string shown =
        is_postgres_url(url) ? shown_postgres_url(url) : url.substr(kSqliteScheme.size());
    try {
        const Status migrated = migrate(*database, embedded_migrations(), clock.now());
        if (!migrated) {
            return migrated.error().with_context(shown);
        }
    } catch (const DatabaseFailure& failure) {
        return io_error(
            fmt::format("the database {} could not be migrated: {}", shown, failure.what()));
    }
    return std::unique_ptr<Store>(new Store(std::make_unique<Impl>(std::move(database), clock)));
}

bool Store::failed() const {
    return impl_->failed();
}

std::string Store::trouble() const {
    return impl_->failed() ? "the database cannot store anything more" : "";
}

bool Store::in_touch() const {
    return true;
}

StoreCounters Store::counters() const {
    return {};
}

void Store::listen(std::function<void(const Signal&)> /*each*/, std::function<void()> /*gap*/) {}

void Store::submit(Access access, std::unique_ptr<Job> job) {
    if (!impl_->submit(access, job)) {
        job->fail(Error(ErrorKind::Limited, "the database is too busy; try again in a moment"));
        job->answer();
    }
}

}  // namespace tocsin::store
