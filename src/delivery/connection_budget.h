// ConnectionBudget: how many connections all routes together may have open, so that a list with a
// hundred thousand domains does not need a hundred thousand sockets.
//
// When it is used up, routes that have no connection come first: idle connections are let go at
// once instead of being kept for more mail, and routes that have several make room.
//
// Shared by all workers; thread-safe.
#pragma once

#include <atomic>
#include <cstddef>

#include "base/clock.h"

namespace tocsin::delivery {

class ConnectionBudget {
  public:
    explicit ConnectionBudget(std::size_t most) : most_(most) {}

    // For a route that has `have` connections.
    bool try_take(std::size_t have, SteadyTime now) {
        if (have > 0 && scarce(now)) {
            return false;
        }
        if (taken_.fetch_add(1) < most_) {
            return true;
        }
        taken_.fetch_sub(1);
        if (have == 0) {
            refused_at_ = now;
        }
        return false;
    }
    void give_back() { taken_.fetch_sub(1); }
    // A moment ago a route without any was refused.
    bool scarce(SteadyTime now) const { return now - refused_at_.load() < kLately; }

  private:
    static constexpr Milliseconds kLately{500};
    const std::size_t most_;
    std::atomic<std::size_t> taken_{0};
    std::atomic<SteadyTime> refused_at_{SteadyTime{} - Seconds(1)};
};

}  // namespace tocsin::delivery
