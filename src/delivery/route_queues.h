// RouteQueues: the mail of one alert on its way out, by where it leaves.
//
//   composing   in the signing pool, or its intent is on its way to the disk
//   ready       signed; the next session there that asks gets it
//   parked      its turn has not come: the route has enough ready, or is blocked. Only who it is,
//               not the message: loaded and composed again later.
//
// Owner: an AlertShare; one thread.
#pragma once

#include <deque>
#include <limits>
#include <vector>

#include "delivery/connections.h"
#include "delivery/open_partition.h"

namespace tocsin::delivery {

struct ReadyMail {
    Attempt attempt;
    net::OutgoingMessage message;
};

inline constexpr Milliseconds kStuckTime{500};

struct RouteQueue {
    std::deque<ReadyMail> ready;
    std::deque<Attempt> parked;
    std::size_t composing = 0;
    SteadyTime moved_at{};   // something was taken, or began to wait
    SteadyTime parked_at{};  // the first of `parked` began to wait, or was asked for again
    // How many it is worth composing ahead: one where nothing moved, twice as many each time that
    // something does.
    std::size_t worth = std::numeric_limits<std::size_t>::max();

    std::size_t ahead() const { return ready.size() + composing; }
    // What is ready there waits for a server that is slow, or for a connection.
    bool stuck(SteadyTime now) const { return !ready.empty() && now - moved_at > kStuckTime; }
};

class RouteQueues {
  public:
    // Of all routes together.
    std::size_t ahead() const { return ready_ + composing_; }
    std::size_t composing() const { return composing_; }
    std::size_t parked() const { return parked_; }

    OutletId size() const { return static_cast<OutletId>(queues_.size()); }
    const RouteQueue& at(OutletId id) const { return id < queues_.size() ? queues_[id] : kNone; }

    void compose(OutletId id, std::size_t count) {
        grown(id).composing += count;
        composing_ += count;
    }
    void composed(OutletId id) {
        --grown(id).composing;
        --composing_;
    }
    void push_ready(OutletId id, ReadyMail mail, SteadyTime now) {
        RouteQueue& queue = grown(id);
        if (queue.ready.empty()) {
            queue.moved_at = now;
        }
        queue.ready.push_back(std::move(mail));
        ++ready_;
    }
    // One was taken, and not put back.
    void moved(OutletId id, SteadyTime now) {
        RouteQueue& queue = grown(id);
        queue.moved_at = now;
        queue.worth = queue.worth > kWorthMax ? queue.worth : queue.worth * 2;
    }
    void set_worth(OutletId id, std::size_t worth) { grown(id).worth = worth; }
    void set_moved(SteadyTime now) {
        for (RouteQueue& queue : queues_) {
            queue.moved_at = now;
        }
    }
    ReadyMail pop_ready(OutletId id) {
        std::deque<ReadyMail>& ready = grown(id).ready;
        ReadyMail mail = std::move(ready.front());
        ready.pop_front();
        --ready_;
        return mail;
    }
    void park(OutletId id, Attempt attempt, SteadyTime now) {
        RouteQueue& queue = grown(id);
        if (queue.parked.empty()) {
            queue.parked_at = now;
        }
        queue.parked.push_back(std::move(attempt));
        ++parked_;
    }
    Attempt unpark(OutletId id) {
        std::deque<Attempt>& parked = grown(id).parked;
        Attempt attempt = std::move(parked.front());
        parked.pop_front();
        --parked_;
        return attempt;
    }
    // Gives every ready mail to `each`; nothing is ready or parked after that.
    template <class Fn>
    void drain(Fn each) {
        for (RouteQueue& queue : queues_) {
            for (ReadyMail& mail : queue.ready) {
                each(std::move(mail));
            }
            queue.ready.clear();
            queue.parked.clear();
        }
        ready_ = parked_ = 0;
    }
    template <class Fn>
    void for_each_ready(Fn fn) {
        for (RouteQueue& queue : queues_) {
            for (ReadyMail& mail : queue.ready) {
                fn(mail);
            }
        }
    }

  private:
    RouteQueue& grown(OutletId id) {
        if (id >= queues_.size()) {
            queues_.resize(id + 1);
        }
        return queues_[id];
    }

    static constexpr std::size_t kWorthMax = 100'000;
    static inline const RouteQueue kNone{};
    std::vector<RouteQueue> queues_;  // by outlet
    std::size_t ready_ = 0, parked_ = 0, composing_ = 0;
};

}  // namespace tocsin::delivery
