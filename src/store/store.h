// Store: the database, with group commit, owned by threads of its own.
//
// Other threads hand it closures. Its threads (lane.h) run many in one transaction and answer each
// only when the commit is durable. Each closure runs inside a savepoint of its own: one that fails
// is undone alone.
//
// On SQLite (sqlite.h) one lane with one connection does everything, reads between groups. A failed
// commit (full disk, I/O error) fails every closure of its group and is not retried: failed() turns
// true and stays so, and whoever sends mail must stop.
//
// On PostgreSQL (postgres.h) several processes may share the database, and there are three kinds of
// lanes: the books (write, post, run), whose groups take turns with those of all other processes by
// a lock of the database; the fenced (post_fenced), whose groups do not; and readers. So closures
// of different kinds run at the same time: what they share in memory needs a mutex, and `done` is
// called on the lane that ran the closure. When the server is lost a group ends with
// ErrorKind::Unavailable ("maybe done, maybe not"), so do closures that come while the connections
// are made anew, and then all goes on by itself: trouble() says why, passing() (base/result.h)
// recognizes it. failed() is never true.
//
// Reads see everything that was answered before they were asked for, in one snapshot, and nothing
// that is not durable. Closures of one kind share a connection, so a long one delays the others:
// write and read in bounded chunks.
//
// Thread: open, destroy, listen on any one thread; the rest from any thread but the store's own (a
// closure has its Database; posting from `each` and `gap` is fine). Destruction runs what is
// queued, then stops.
// Refused: at limits::kStoreQueueDepth closures waiting more are refused with ErrorKind::Limited,
// and while PostgreSQL is out of reach with Unavailable, at once and on the calling thread: a
// `done` that asks again must not do it right there.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "store/database.h"
#include "store/job.h"
#include "store/options.h"
#include "store/signals.h"

namespace tocsin::store {

class Store {
  public:
    // Opens "sqlite:PATH" ("sqlite::memory:" for tests) or "postgresql://...", migrates it to the
    // newest version, and starts the threads. Refuses, with one clear line that holds no password,
    // a database that it cannot use: a file in use by another process, a newer Tocsin's, missing
    // privileges, a standby, a pooler (options.h).
    static Result<std::unique_ptr<Store>> open(const std::string& url, const Clock& clock,
                                               StoreOptions options = {});
    ~Store();

    // Runs `fn(Database&)` (returning a Result<T>) in the next group; resumes the caller on its own
    // executor after the commit. An error result rolls back what fn did.
    template <class Fn>
    auto write(Fn fn) -> Task<std::invoke_result_t<Fn, Database&>>;

    // Like write() but for reading only: answered without waiting for a commit. A statement that
    // would change something fails.
    template <class Fn>
    auto read(Fn fn) -> Task<std::invoke_result_t<Fn, Database&>>;

    // For callers that are no coroutine: `done(Result<T>)` is called on the lane's thread after the
    // commit and must not block.
    template <class Fn, class Done>
    void post(Fn fn, Done done);
    // The same for reading only: does not wait for a commit.
    template <class Fn, class Done>
    void post_read(Fn fn, Done done);

    // Like post(), for verbs that are safe beside those of other nodes by themselves: by lease
    // generations, row locks and SKIP LOCKED (delivery.h, outbox.h). On PostgreSQL they never wait
    // for the book-keeping of this or another node. On SQLite this is post().
    template <class Fn, class Done>
    void post_fenced(Fn fn, Done done);

    // For the command line and tests: blocks the calling thread until the commit.
    template <class Fn>
    auto run(Fn fn) -> std::invoke_result_t<Fn, Database&>;
    template <class Fn>
    auto run_fenced(Fn fn) -> std::invoke_result_t<Fn, Database&>;

    // True once a commit has failed for good (SQLite's disk): nothing more will become durable in
    // this process. Never on PostgreSQL.
    bool failed() const;
    // Why nothing can be stored at this moment, as a sentence; empty while all is well. Any thread.
    std::string trouble() const;
    // Whether the database was heard from within the last second. SQLite: yes. Any thread.
    bool in_touch() const;
    // What it took so far. Any thread.
    StoreCounters counters() const;

    // Once: `each` is called for every signal that is committed from now on, by any node, in the
    // order of commits and exactly once. `gap` when some were forgotten before this process could
    // read them: look at everything; those that are left were handed over just before, some
    // perhaps for the second time. Both on a thread of the store's until it is destroyed, and must
    // not block. SQLite: neither is ever called.
    void listen(std::function<void(const Signal&)> each, std::function<void()> gap);

  private:
    class Impl;
    class OnSqlite;
    class OnPostgres;
    static Result<std::unique_ptr<Store>> open_postgres(const std::string& url, const Clock& clock,
                                                        StoreOptions options);
    explicit Store(std::unique_ptr<Impl> impl);

    enum class Access { Read, Books, Fenced };
    void submit(Access access, std::unique_ptr<Job> job);

    template <class Fn, class Done>
    struct JobOf;

    std::unique_ptr<Impl> impl_;
};

// ---------------------------------------------------------------------------------------------

template <class Fn, class Done>
struct Store::JobOf final : Job {
    using ResultType = std::invoke_result_t<Fn, Database&>;

    JobOf(Fn f, Done d) : fn(std::move(f)), done(std::move(d)) {}
    bool execute(Database& database) override {
        result.emplace(fn(database));
        return static_cast<bool>(*result);
    }
    void fail(Error error) override { result.emplace(std::move(error)); }
    void answer() override { done(std::move(*result)); }

    Fn fn;
    Done done;
    std::optional<ResultType> result;
};

template <class Fn, class Done>
void Store::post(Fn fn, Done done) {
    submit(Access::Books, std::make_unique<JobOf<Fn, Done>>(std::move(fn), std::move(done)));
}

template <class Fn, class Done>
void Store::post_read(Fn fn, Done done) {
    submit(Access::Read, std::make_unique<JobOf<Fn, Done>>(std::move(fn), std::move(done)));
}

template <class Fn, class Done>
void Store::post_fenced(Fn fn, Done done) {
    submit(Access::Fenced, std::make_unique<JobOf<Fn, Done>>(std::move(fn), std::move(done)));
}

template <class Fn>
auto Store::run(Fn fn) -> std::invoke_result_t<Fn, Database&> {
    using R = std::invoke_result_t<Fn, Database&>;
    // Shared: the store thread may still be inside set_value() when this thread goes on.
    auto promise = std::make_shared<std::promise<R>>();
    auto future = promise->get_future();
    post(std::move(fn), [promise](R result) { promise->set_value(std::move(result)); });
    return future.get();
}

template <class Fn>
auto Store::run_fenced(Fn fn) -> std::invoke_result_t<Fn, Database&> {
    using R = std::invoke_result_t<Fn, Database&>;
    auto promise = std::make_shared<std::promise<R>>();
    auto future = promise->get_future();
    post_fenced(std::move(fn), [promise](R result) { promise->set_value(std::move(result)); });
    return future.get();
}

namespace detail {

// Turns a callback from the store thread into an awaitable that resumes on the caller's executor.
template <class R, class Start>
Task<R> await_callback(Start start) {
    auto initiate = [start = std::move(start)](auto handler) mutable {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        auto work = boost::asio::make_work_guard(boost::asio::get_associated_executor(*shared));
        start([shared, work = std::move(work)](R result) mutable {
            auto executor = work.get_executor();
            auto resume = [shared, result = std::move(result)]() mutable {
                (*shared)(std::move(result));
            };
            boost::asio::post(executor, std::move(resume));
        });
    };
    return boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void(R)>(
        std::move(initiate), boost::asio::use_awaitable);
}

}  // namespace detail

template <class Fn>
auto Store::write(Fn fn) -> Task<std::invoke_result_t<Fn, Database&>> {
    using R = std::invoke_result_t<Fn, Database&>;
    return detail::await_callback<R>([this, fn = std::move(fn)](auto done) mutable {
        submit(Access::Books,
               std::make_unique<JobOf<Fn, decltype(done)>>(std::move(fn), std::move(done)));
    });
}

template <class Fn>
auto Store::read(Fn fn) -> Task<std::invoke_result_t<Fn, Database&>> {
    using R = std::invoke_result_t<Fn, Database&>;
    return detail::await_callback<R>([this, fn = std::move(fn)](auto done) mutable {
        submit(Access::Read,
               std::make_unique<JobOf<Fn, decltype(done)>>(std::move(fn), std::move(done)));
    });
}

}  // namespace tocsin::store
