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
#include <vector>

#include "delivery/connections.h"
#include "delivery/open_partition.h"

namespace tocsin::delivery {

struct ReadyMail {
    Attempt attempt;
    net::OutgoingMessage message;
};

struct RouteQueue {
    std::deque<ReadyMail> ready;
    std::deque<Attempt> parked;
    std::size_t composing = 0;

    std::size_t ahead() const { return ready.size() + composing; }
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
    void push_ready(OutletId id, ReadyMail mail) {
        grown(id).ready.push_back(std::move(mail));
        ++ready_;
    }
    ReadyMail pop_ready(OutletId id) {
        std::deque<ReadyMail>& ready = grown(id).ready;
        ReadyMail mail = std::move(ready.front());
        ready.pop_front();
        --ready_;
        return mail;
    }
    void park(OutletId id, Attempt attempt) {
        grown(id).parked.push_back(std::move(attempt));
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

    static inline const RouteQueue kNone{};
    std::vector<RouteQueue> queues_;  // by outlet
    std::size_t ready_ = 0, parked_ = 0, composing_ = 0;
};

}  // namespace tocsin::delivery
