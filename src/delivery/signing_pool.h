// SigningPool: the threads that compose and sign, ahead of the sessions that need it.
//
// An RSA-2048 signature costs a third of a millisecond; done on a session's thread it would hold up
// every other connection. Jobs are taken by lane, oldest first; a job is a handful of messages, so
// that a correction waits for milliseconds at the most. How much is composed ahead is bounded by
// those who submit.
//
// Thread-safe. Owner: the engine; outlives the workers' last job (close() joins).
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "delivery/alert_run.h"
#include "mail/dkim.h"
#include "mail/message.h"
#include "model/lane.h"

namespace tocsin::delivery {

// What one pool thread reuses from job to job.
class ComposerCache {
  public:
    explicit ComposerCache(const mail::DkimKeys* keys) : keys_(keys) {}
    // The composer of the alert's message in that language; valid until the next call.
    mail::MessageComposer& of(const std::shared_ptr<const AlertRun>& run, std::size_t language);
    const mail::DkimKeys* keys() const { return keys_; }

  private:
    struct Entry {
        std::shared_ptr<const AlertRun> run;  // its template must live as long
        std::size_t language;
        mail::MessageComposer composer;
    };
    const mail::DkimKeys* keys_;
    std::deque<Entry> entries_;  // most recently used last
};

class SigningPool {
  public:
    using Job = std::function<void(ComposerCache&)>;

    SigningPool(std::size_t threads, const mail::DkimKeys* keys);
    ~SigningPool();  // close()

    void submit(model::Lane lane, Job job);
    // Drops what has not begun and joins the threads. Idempotent.
    void close();

  private:
    void run();

    const mail::DkimKeys* keys_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::array<std::deque<Job>, model::kLanes> lanes_;
    bool closed_ = false;
    std::vector<std::thread> threads_;
};

// How many threads this process may really run on (taskset and cgroups are respected).
std::size_t usable_cores();

}  // namespace tocsin::delivery
