// ConnectionBudget: how many connections all routes together may have open, so that a list with a
// hundred thousand domains does not need a hundred thousand sockets.
//
// When it is used up, routes that have no connection come first, in turn: idle connections are let
// go at once instead of being kept for more mail, and routes that have several make room.
//
// Shared by all workers; thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>

#include "base/clock.h"
#include "delivery/waiting_line.h"

namespace tocsin::delivery {

class ConnectionBudget {
  public:
    explicit ConnectionBudget(std::size_t most) : most_(most) {}

    bool try_take(Claimant claimant, WaitingLine::Wants wants, SteadyTime now) {
        const std::lock_guard lock(mutex_);
        if (!line_.is_turn(claimant, wants, most_ - taken_, now)) {
            if (wants == WaitingLine::Wants::First) {
                refused_at_ = now;
            }
            return false;
        }
        line_.leave(claimant);
        ++taken_;
        return true;
    }
    void give_back() {
        const std::lock_guard lock(mutex_);
        --taken_;
    }
    // The claimant wants none any more.
    void withdraw(Claimant claimant) {
        const std::lock_guard lock(mutex_);
        line_.leave(claimant);
    }
    // A moment ago a route without any was refused.
    bool scarce(SteadyTime now) const { return now - refused_at_.load() < kLately; }

  private:
    static constexpr Milliseconds kLately{500};
    const std::size_t most_;
    std::mutex mutex_;
    std::size_t taken_ = 0;
    WaitingLine line_;
    std::atomic<SteadyTime> refused_at_{SteadyTime{} - Seconds(1)};
};

}  // namespace tocsin::delivery
