// Outlets: a worker's ends of all routes that it has mail for.
//
// One Connections a route, under a small number that is used again after the route was let go: the
// queues of the shares are arrays by that number. A route that has had neither mail nor session for
// a minute is let go.
//
// Owner: a worker; one thread.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "delivery/connections.h"

namespace tocsin::delivery {

class Outlets {
  public:
    explicit Outlets(const Connections::Parts& parts) : parts_(parts) {}

    OutletId of(const std::shared_ptr<Route>& route);
    // If there is one.
    std::optional<OutletId> find(const Route& route) const;
    Connections& at(OutletId id) { return *slots_[id]; }
    const Connections& at(OutletId id) const { return *slots_[id]; }

    void wake(OutletId id) { slots_[id]->wake(); }
    void tick();
    void close();
    bool none_open() const;

    template <class Fn>
    void for_each(Fn fn) const {
        for (const auto& slot : slots_) {
            if (slot) {
                fn(*slot);
            }
        }
    }

  private:
    const Connections::Parts parts_;
    std::vector<std::unique_ptr<Connections>> slots_;  // null: free
    std::vector<OutletId> free_;
    std::unordered_map<const Route*, OutletId> by_route_;
    bool closing_ = false;
};

}  // namespace tocsin::delivery
