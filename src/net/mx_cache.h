// AnswerCache: answers that many ask for, on any thread, and one asks the DNS for.
//
//   find(key)        the answer, if it is valid now
//   find(key, wait)  the same; else `wait` is told when it comes, and the first one is told to ask
//   settle(key, v)   the answer has come: kept until v.valid_until, and all who wait get it
//
// An answer that failed (kind Later) does not replace one that was Found less than `stale_time`
// ago: that one serves on for a moment, then the question is asked again.
//
// Owner: MxResolver. Thread: any. Failure: none. Memory: at most `entries_max` answers, each
// question under way beside; of a full cache the expired ones go, then any.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "base/task.h"

namespace tocsin::net {

// One who waits. `timer` is what its coroutine sleeps on, in its own frame; leave() must be called
// before that ends, because nothing else tells that its io_context may be gone.
template <class Value>
class AnswerWait {
  public:
    AnswerWait(Executor executor, boost::asio::steady_timer& timer)
        : executor_(std::move(executor)), timer_(&timer) {}

    void leave() {
        const std::lock_guard lock(mutex_);
        timer_ = nullptr;
    }
    // Wakes it with an answer, or null if there will be none. From any thread.
    static void deliver(const std::shared_ptr<AnswerWait>& wait,
                        std::shared_ptr<const Value> value) {
        const std::lock_guard lock(wait->mutex_);
        if (wait->timer_ == nullptr) {
            return;
        }
        wait->value_ = std::move(value);
        boost::asio::post(wait->executor_, [wait] {
            const std::lock_guard relock(wait->mutex_);
            if (wait->timer_ != nullptr) {
                wait->timer_->cancel();
            }
        });
    }
    std::shared_ptr<const Value> value() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }

  private:
    mutable std::mutex mutex_;
    Executor executor_;
    boost::asio::steady_timer* timer_;
    std::shared_ptr<const Value> value_;
};

// `Value` has `kind` (Kind::Found, Kind::Later and others) and `valid_until`.
template <class Value>
class AnswerCache {
  public:
    using Answer = std::shared_ptr<const Value>;
    using Wait = std::shared_ptr<AnswerWait<Value>>;
    enum class Role { Answered, Waits, Asks };
    struct Limits {
        std::size_t entries_max;
        Seconds stale_time;
        Seconds failure_time;  // how long a stale answer serves before the next try
    };

    AnswerCache(const Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}

    Answer find(const std::string& key) const {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(key);
        return found != entries_.end() ? valid(found->second) : nullptr;
    }

    std::pair<Role, Answer> find(const std::string& key, const Wait& wait) {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            return {Role::Answered, nullptr};
        }
        const auto found = entries_.find(key);
        if (found != entries_.end()) {
            if (Answer answer = valid(found->second)) {
                return {Role::Answered, std::move(answer)};
            }
        } else {
            make_room();
        }
        Entry& entry = entries_[key];
        entry.waiting.push_back(wait);
        return {std::exchange(entry.asking, true) ? Role::Waits : Role::Asks, nullptr};
    }

    // True if an older answer goes on serving.
    bool settle(const std::string& key, Value value) {
        std::vector<Wait> waiting;
        Answer answer;
        bool stale = false;
        {
            const std::lock_guard lock(mutex_);
            Entry& entry = entries_[key];
            const SteadyTime now = clock_.steady();
            stale = value.kind == Value::Kind::Later && entry.answer &&
                    entry.answer->kind == Value::Kind::Found && now < entry.stale_until;
            if (stale) {
                Value older = *entry.answer;
                older.valid_until = now + limits_.failure_time;
                entry.answer = std::make_shared<const Value>(std::move(older));
            } else {
                entry.stale_until = value.valid_until + limits_.stale_time;
                entry.answer = std::make_shared<const Value>(std::move(value));
            }
            entry.asking = false;
            waiting.swap(entry.waiting);
            answer = entry.answer;
        }
        for (const Wait& wait : waiting) {
            AnswerWait<Value>::deliver(wait, answer);
        }
        return stale;
    }

    // Whoever asked has ended without an answer.
    void abandon(const std::string& key) {
        std::vector<Wait> waiting;
        {
            const std::lock_guard lock(mutex_);
            const auto found = entries_.find(key);
            if (found == entries_.end()) {
                return;
            }
            found->second.asking = false;
            waiting.swap(found->second.waiting);
        }
        for (const Wait& wait : waiting) {
            AnswerWait<Value>::deliver(wait, nullptr);
        }
    }

    // Nobody will answer any more.
    void close() {
        std::vector<Wait> waiting;
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
            for (auto& [key, entry] : entries_) {
                waiting.insert(waiting.end(), entry.waiting.begin(), entry.waiting.end());
                entry.waiting.clear();
            }
        }
        for (const Wait& wait : waiting) {
            AnswerWait<Value>::deliver(wait, nullptr);
        }
    }

    std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return entries_.size();
    }

  private:
    struct Entry {
        Answer answer;
        SteadyTime stale_until{};
        bool asking = false;
        std::vector<Wait> waiting;
    };

    Answer valid(const Entry& entry) const {
        return entry.answer && clock_.steady() < entry.answer->valid_until ? entry.answer : nullptr;
    }

    void make_room() {
        if (entries_.size() < limits_.entries_max) {
            return;
        }
        const SteadyTime now = clock_.steady();
        std::erase_if(entries_, [now](const auto& item) {
            return !item.second.asking && item.second.answer &&
                   item.second.answer->valid_until <= now;
        });
        // Still full: a sixteenth goes, whichever it is, so that this is not done every time.
        const std::size_t keep = limits_.entries_max - limits_.entries_max / 16;
        for (auto at = entries_.begin(); at != entries_.end() && entries_.size() >= keep;) {
            at = at->second.asking ? std::next(at) : entries_.erase(at);
        }
    }

    const Clock& clock_;
    Limits limits_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Entry> entries_;
    bool closed_ = false;
};

}  // namespace tocsin::net
