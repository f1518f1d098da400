#include "app/backup_service.h"

#include <filesystem>

#include "app/backup.h"
#include "base/log.h"
#include "store/postgres_url.h"
#include "web/api_support.h"

namespace tocsin::app {

namespace {

// Half a megabyte, a millisecond or less: what a group waits at the most.
constexpr int kPagesAtOnce = 128;
// So many steps, and the file is synced: a system that was given gigabytes to write stops whoever
// writes next, and that would be the store thread.
constexpr int kStepsBetweenSyncs = 64;
// Before it is asked again, when the database has too much to do.
constexpr Milliseconds kBusyPause{50};

Error only_here() {
    return Error(ErrorKind::Forbidden, "backups are made over the control socket only");
}

}  // namespace

BackupService::BackupService(Executor executor, Gate& gate, store::Store& store, std::string url)
    : executor_(std::move(executor)), gate_(gate), store_(store), url_(std::move(url)) {}

BackupService::~BackupService() {
    if (thread_.joinable()) {
        thread_.join();
    }
    if (state_ == State::Running) {  // the service ends in the middle: it holds every reader
        std::error_code ignored;
        std::filesystem::remove(file_ + ".part", ignored);
    }
}

void BackupService::add_routes(web::Router& router) {
    router.add("POST", "/api/v1/backup",
               [this](web::Context context) { return answer_post(std::move(context)); });
    router.add("GET", "/api/v1/backup",
               [this](web::Context context) { return answer_get(std::move(context)); });
}

Task<net::HttpResponse> BackupService::answer_post(web::Context context) {
    const Status begun = begin(context.request);
    co_return begun ? status_response(202) : web::api_problem(begun.error());
}

Task<net::HttpResponse> BackupService::answer_get(web::Context context) {
    co_return context.request.unix_socket ? status_response(200) : web::api_problem(only_here());
}

net::HttpResponse BackupService::status_response(int status) const {
    static constexpr const char* kNames[] = {"none", "running", "done", "failed"};
    boost::json::object out;
    out["state"] = kNames[static_cast<int>(state_)];
    out["file"] = web::json_text(file_);
    out["pages"] = pages_;
    out["pages_left"] = pages_left_;
    out["problem"] = web::json_text(problem_);
    return web::api_json(status, out);
}

Status BackupService::begin(const net::HttpRequest& request) {
    if (!request.unix_socket) {
        return only_here();
    }
    TRY_AS(web::JsonBody body, web::JsonBody::parse(request));
    const std::string file = body.text("file");
    TRY(body.done());
    if (!std::filesystem::path(file).is_absolute()) {
        return invalid("\"file\" must be an absolute path.");
    }
    if (store::is_postgres_url(url_)) {
        return invalid("The database is PostgreSQL: `tocsin backup` reads it itself.");
    }
    if (state_ == State::Running) {
        return conflict(fmt::format("A backup is being made: {}", file_));
    }
    TRY_AS(std::string part, prepare_backup(file));
    state_ = State::Running;
    file_ = file;
    problem_.clear();
    pages_ = pages_left_ = 0;
    spawn(executor_, gate_, "make a backup", make(file, std::move(part)));
    return {};
}

Task<void> BackupService::make(std::string file, std::string part) {
    const Status done = co_await copy(file, part);
    if (done) {
        state_ = State::Done;
        log_info("a backup of the database was made: {}", file);
        co_return;
    }
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    problem_ = done.error().message();
    state_ = State::Failed;
    log_warning("a backup could not be made: {}", problem_);
}

Task<Status> BackupService::copy(std::string file, std::string part) {
    using Backup = std::shared_ptr<store::SqliteBackup>;
    auto begin = [part](store::Database& db) -> Result<Backup> {
        TRY_AS(auto made, store::SqliteBackup::begin(db, part));
        return Backup(std::move(made));
    };
    CO_TRY_AS(Backup backup, co_await store_.read(std::move(begin)));
    const Status copied = co_await copy_pages(backup, part);
    // Always on the store thread, where the connection is.
    auto finish = [backup](store::Database&) { return backup->finish(); };
    const Status finished = co_await store_.read(std::move(finish));
    CO_TRY(copied);
    CO_TRY(finished);
    auto seal = [part, file] { return store::seal_backup(part, file); };
    co_return co_await on_own_thread(std::move(seal));
}

Task<Status> BackupService::copy_pages(std::shared_ptr<store::SqliteBackup> backup,
                                       std::string part) {
    struct Progress {
        bool done = false;
        std::int64_t total = 0;
        std::int64_t left = 0;
    };
    for (int steps = 1;; ++steps) {
        auto step = [backup](store::Database&) -> Result<Progress> {
            TRY_AS(const bool done, backup->step(kPagesAtOnce));
            return Progress{done, backup->pages_total(), backup->pages_left()};
        };
        const Result<Progress> progress = co_await store_.read(std::move(step));
        if (!progress && passing(progress.error())) {
            co_await sleep_for(kBusyPause);
            continue;
        }
        CO_TRY(progress);
        pages_ = progress->total;
        pages_left_ = progress->left;
        if (progress->done) {
            co_return Status();
        }
        if (steps % kStepsBetweenSyncs == 0) {
            auto settle = [part] { return store::settle_file(part); };
            CO_TRY(co_await on_own_thread(std::move(settle)));
        }
    }
}

Task<Status> BackupService::on_own_thread(std::function<Status()> work) {
    auto start = [this, work = std::move(work)](auto done) mutable {
        if (thread_.joinable()) {
            thread_.join();  // it has ended: its answer came
        }
        thread_ = std::thread(
            [work = std::move(work), done = std::move(done)]() mutable { done(work()); });
    };
    return store::detail::await_callback<Status>(std::move(start));
}

}  // namespace tocsin::app
