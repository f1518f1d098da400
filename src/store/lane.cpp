#include "store/lane.h"

#include <exception>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"

namespace tocsin::store {

namespace {

// Between attempts to connect again.
constexpr Milliseconds kFirstPause{50};
constexpr Milliseconds kLongestPause{1'000};

}  // namespace

// --- the queue ------------------------------------------------------------------------------

Status JobQueue::push(Job::Kind kind, std::unique_ptr<Job>& job) {
    {
        const std::lock_guard lock(mutex_);
        if (working_ == 0) {
            return why_not_;
        }
        if (reads_.size() + writes_.size() >= limits::kStoreQueueDepth) {
            return Error(ErrorKind::Limited, "the database is too busy; try again in a moment");
        }
        (kind == Job::Kind::Read ? reads_ : writes_).push_back(std::move(job));
    }
    wake_.notify_one();
    return {};
}

void JobQueue::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    stopped_.notify_all();
}

bool JobQueue::wait() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !reads_.empty() || !writes_.empty(); });
    return !reads_.empty() || !writes_.empty();
}

std::size_t JobQueue::reads() const {
    const std::lock_guard lock(mutex_);
    return reads_.size();
}

std::unique_ptr<Job> JobQueue::next(Jobs& jobs) {
    const std::lock_guard lock(mutex_);
    if (jobs.empty()) {
        return nullptr;
    }
    std::unique_ptr<Job> job = std::move(jobs.front());
    jobs.pop_front();
    return job;
}

JobQueue::Jobs JobQueue::leave(const Error& why) {
    const std::lock_guard lock(mutex_);
    Jobs left;
    if (--working_ == 0) {
        why_not_ = why;
        left.swap(reads_);
        for (auto& job : writes_) {
            left.push_back(std::move(job));
        }
        writes_.clear();
    }
    return left;
}

void JobQueue::join() {
    const std::lock_guard lock(mutex_);
    ++working_;
}

bool JobQueue::pause(Milliseconds length) {
    std::unique_lock lock(mutex_);
    return !stopped_.wait_for(lock, length, [this] { return stopping_; });
}

// --- the lane -------------------------------------------------------------------------------

Lane::Lane(JobQueue& queue, std::unique_ptr<Connection> connection, const Clock& clock,
           Seconds long_group)
    : queue_(queue),
      database_(std::move(connection)),
      clock_(clock),
      group_jobs_(database_->engine() == Engine::Sqlite ? limits::kStoreGroupJobs
                                                        : limits::kStoreGroupJobsPostgres),
      long_group_(long_group),
      thread_([this] { run(); }) {}

Lane::~Lane() {
    thread_.join();
}

std::string Lane::trouble() const {
    {
        const std::lock_guard lock(trouble_mutex_);
        if (!trouble_.empty()) {
            return trouble_;
        }
    }
    const SteadyTime since = group_since_.load();
    if (since == kNoGroup || clock_.steady() - since <= long_group_) {
        return "";
    }
    return fmt::format("the database has not finished what it was asked {} s ago",
                       std::chrono::floor<Seconds>(clock_.steady() - since).count());
}

void Lane::run() {
    while (queue_.wait()) {
        run_reads();
        run_group();
        if (database_->lost() && !recover()) {
            return;
        }
    }
}

void Lane::run_reads() {
    for (std::size_t waiting = queue_.reads(); waiting > 0 && !database_->lost(); --waiting) {
        std::unique_ptr<Job> job = queue_.next_read();
        if (!job) {
            return;  // another lane was faster
        }
        database_->begin_read();
        const Outcome outcome = execute(*job);
        database_->end_read();
        if (outcome == Outcome::Void) {
            job->fail(failure_);
        } else {
            well();
        }
        job->answer();
    }
}

void Lane::run_group() {
    std::unique_ptr<Job> job = queue_.next_write();
    if (!job) {
        return;
    }
    JobQueue::Jobs group;
    SteadyTime begun;
    group_since_ = clock_.steady();
    Outcome outcome = failed() ? Outcome::Void : control(&Connection::begin);
    for (; job; job = queue_.next_write()) {
        if (outcome != Outcome::Void) {
            outcome = run_in_savepoint(*job);
        }
        group.push_back(std::move(job));
        if (group.size() == 1) {
            begun = clock_.steady();  // the first may have waited for the books of another node
        }
        if (outcome == Outcome::Void || group.size() >= group_jobs_ ||
            clock_.steady() - begun >= limits::kStoreGroupTime) {
            break;
        }
    }
    if (outcome != Outcome::Void) {
        outcome = control(&Connection::commit);
    }
    if (outcome == Outcome::Void) {
        database_->rollback();
        for (auto& each : group) {
            each->fail(failure_);
        }
    } else {
        well();
    }
    group_since_ = kNoGroup;
    for (auto& each : group) {
        each->answer();
        each.reset();
    }
}

Lane::Outcome Lane::run_in_savepoint(Job& job) {
    if (control(&Connection::mark) == Outcome::Void) {
        return Outcome::Void;
    }
    switch (execute(job)) {
        case Outcome::Keep:
            return control(&Connection::keep);
        case Outcome::Undo:
            return control(&Connection::undo);
        case Outcome::Void:
            break;
    }
    return Outcome::Void;
}

Lane::Outcome Lane::execute(Job& job) {
    try {
        return job.execute(*database_) ? Outcome::Keep : Outcome::Undo;
    } catch (const DatabaseFailure& failure) {
        if (failure.scope() != DatabaseFailure::Scope::Statement) {
            return fails(failure);
        }
        log_error("the database refused a statement: {}", failure.what());
        job.fail(io_error(fmt::format("the database failed: {}", failure.what())));
    } catch (const std::exception& failure) {
        log_error("a database task ended by an exception: {}", failure.what());
        job.fail(Error(ErrorKind::Internal, failure.what()));
    }
    return Outcome::Undo;
}

// Transactions and savepoints: whatever fails in them, the group is void.
Lane::Outcome Lane::control(void (Connection::*step)()) {
    try {
        ((*database_).*step)();
        return Outcome::Keep;
    } catch (const DatabaseFailure& failure) {
        return fails(failure);
    }
}

Lane::Outcome Lane::fails(const DatabaseFailure& failure) {
    if (failed()) {
        return Outcome::Void;
    }
    if (database_->engine() == Engine::Sqlite) {
        failure_ =
            io_error(fmt::format("the database cannot store anything more: {}", failure.what()));
        set_trouble(failure_.message());
        failed_ = true;
        log_error(
            "{}; sending stops here and nothing is lost: free the disk or repair it, then "
            "restart the service",
            failure_.message());
        return Outcome::Void;
    }
    if (!database_->lost()) {
        failure_ = unavailable(
            fmt::format("the database undid this, and may do it later: {}", failure.what()));
        log_warning("{}", failure_.message());
        return Outcome::Void;
    }
    failure_ =
        unavailable(fmt::format("the database does not work at the moment: {}", failure.what()));
    set_trouble(failure_.message());
    if (!reported_) {
        log_error("{}; what was under way may or may not be stored, and all goes on when it works",
                  failure_.message());
        reported_ = true;
    }
    return Outcome::Void;
}

void Lane::well() {
    if (reported_) {
        log_info("the database works again");
        reported_ = false;
    }
}

// False: stopped before it worked again. The first attempt is at once, and whoever waits may as
// well wait for it: mostly it is one session that was ended, or a server that is back already.
bool Lane::recover() {
    Status connected = database_->reconnect();
    if (connected) {
        clear_trouble();
        return true;
    }
    const auto reason = [&connected] {
        return fmt::format("the database cannot be reached: {}", connected.error().message());
    };
    for (auto& job : queue_.leave(unavailable(reason()))) {
        job->fail(unavailable(reason()));
        job->answer();
    }
    for (Milliseconds pause = kFirstPause; !connected; pause = std::min(2 * pause, kLongestPause)) {
        set_trouble(reason());
        if (!queue_.pause(pause)) {
            return false;
        }
        connected = database_->reconnect();
    }
    clear_trouble();
    queue_.join();
    return true;
}

void Lane::set_trouble(const std::string& what) {
    const std::lock_guard lock(trouble_mutex_);
    trouble_ = what;
}

void Lane::clear_trouble() {
    set_trouble("");
}

}  // namespace tocsin::store
