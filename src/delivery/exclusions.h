// Exclusions: readers who left, or were erased, since this process began to send. Asked for every
// message at the last moment before it goes to a connection (P3).
//
// What is asked of the database (who left before) is the business of the block loader; together
// they leave no gap, because exclude() is called after the commit of the leave.
// Thread-safe: add() on the web's thread returns when every later excludes() sees it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/id.h"

namespace tocsin::delivery {

class Exclusions {
  public:
    void add(SubscriberId subscriber, std::optional<ListId> list, SteadyTime now) {
        const std::unique_lock lock(mutex_);
        left_[subscriber].push_back({.list = list, .at = now});
        any_.store(true, std::memory_order_release);
    }

    // Has the reader left the list since the alert was released? An earlier leave says nothing: who
    // came back before the release is in its audience rightly.
    bool excludes(SubscriberId subscriber, ListId list, SteadyTime released) const {
        if (!any_.load(std::memory_order_acquire)) {
            return false;
        }
        const std::shared_lock lock(mutex_);
        const auto found = left_.find(subscriber);
        if (found == left_.end()) {
            return false;
        }
        for (const Left& left : found->second) {
            if (left.at >= released && (!left.list || *left.list == list)) {
                return true;
            }
        }
        return false;
    }

    // Has the reader left anything since then?
    bool excludes_any(SubscriberId subscriber, SteadyTime since) const {
        if (!any_.load(std::memory_order_acquire)) {
            return false;
        }
        const std::shared_lock lock(mutex_);
        const auto found = left_.find(subscriber);
        return found != left_.end() &&
               std::any_of(found->second.begin(), found->second.end(),
                           [since](const Left& left) { return left.at >= since; });
    }

    // When no alert is being sent, only those who may have a digest on its way need be remembered.
    void forget_before(SteadyTime time) {
        const std::unique_lock lock(mutex_);
        std::erase_if(left_, [time](const auto& reader) {
            return std::all_of(reader.second.begin(), reader.second.end(),
                               [time](const Left& left) { return left.at < time; });
        });
        any_.store(!left_.empty(), std::memory_order_release);
    }

  private:
    struct Left {
        std::optional<ListId> list;  // none: everything
        SteadyTime at{};
    };

    mutable std::shared_mutex mutex_;
    std::unordered_map<SubscriberId, std::vector<Left>> left_;
    std::atomic<bool> any_{false};
};

}  // namespace tocsin::delivery
