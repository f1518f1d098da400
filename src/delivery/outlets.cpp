#include "delivery/outlets.h"

#include <algorithm>

namespace tocsin::delivery {
namespace {

constexpr Seconds kKeptUnused{60};

}  // namespace

OutletId Outlets::of(const std::shared_ptr<Route>& route) {
    const auto found = by_route_.find(route.get());
    if (found != by_route_.end()) {
        return found->second;
    }
    OutletId id = static_cast<OutletId>(slots_.size());
    if (free_.empty()) {
        slots_.emplace_back();
    } else {
        id = free_.back();
        free_.pop_back();
    }
    slots_[id] = std::make_unique<Connections>(parts_, id, route);
    by_route_.emplace(route.get(), id);
    if (closing_) {
        slots_[id]->close();
    }
    return id;
}

std::optional<OutletId> Outlets::find(const Route& route) const {
    const auto found = by_route_.find(&route);
    return found != by_route_.end() ? std::optional(found->second) : std::nullopt;
}

void Outlets::tick() {
    const SteadyTime now = parts_.clock.steady();
    for (OutletId id = 0; id < slots_.size(); ++id) {
        if (!slots_[id]) {
            continue;
        }
        slots_[id]->tick();
        // The first stays: a smarthost is the only route there is.
        if (id > 0 && now - slots_[id]->unused_since() > kKeptUnused) {
            by_route_.erase(&slots_[id]->route());
            slots_[id].reset();
            free_.push_back(id);
        }
    }
}

void Outlets::close() {
    closing_ = true;
    for_each([](Connections& connections) { connections.close(); });
}

bool Outlets::none_open() const {
    return std::all_of(slots_.begin(), slots_.end(),
                       [](const auto& slot) { return !slot || slot->none(); });
}

}  // namespace tocsin::delivery
