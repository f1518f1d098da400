#include "delivery/signing_pool.h"

#include <algorithm>
#include <sched.h>

#include "base/log.h"

namespace tocsin::delivery {
namespace {

constexpr std::size_t kComposersMax = 32;  // alerts under way at once, mostly one, by languages

}  // namespace

mail::MessageComposer& ComposerCache::of(const std::shared_ptr<const AlertRun>& run,
                                         std::size_t language) {
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        return entry.run == run && entry.language == language;
    });
    if (found != entries_.end()) {
        return found->composer;
    }
    if (entries_.size() == kComposersMax) {
        entries_.pop_front();
    }
    entries_.push_back({.run = run,
                        .language = language,
                        .composer = mail::MessageComposer(run->message->at(language), keys_)});
    return entries_.back().composer;
}

SigningPool::SigningPool(std::size_t threads, const mail::DkimKeys* keys) : keys_(keys) {
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this] { run(); });
    }
}

SigningPool::~SigningPool() {
    close();
}

void SigningPool::submit(model::Lane lane, Job job) {
    {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            return;
        }
        lanes_[static_cast<std::size_t>(lane)].push_back(std::move(job));
    }
    wake_.notify_one();
}

void SigningPool::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        for (auto& lane : lanes_) {
            lane.clear();
        }
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
    threads_.clear();
}

void SigningPool::run() {
    ComposerCache composers(keys_);
    for (;;) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            const auto waiting = [](const std::deque<Job>& lane) { return !lane.empty(); };
            wake_.wait(lock, [&] {
                return closed_ || std::any_of(lanes_.begin(), lanes_.end(), waiting);
            });
            if (closed_) {
                return;
            }
            auto& lane = *std::find_if(lanes_.begin(), lanes_.end(), waiting);
            job = std::move(lane.front());
            lane.pop_front();
        }
        try {
            job(composers);
        } catch (const std::exception& failure) {
            log_error("composing ended by an exception: {}", failure.what());
        }
    }
}

std::size_t usable_cores() {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
    }
    return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace tocsin::delivery
