// WaitingLine: who has no connection and wants one, when there are not enough: first come, first
// served. Who has some already comes after all of them.
//
// A claimant keeps its place by asking again; one that has not for a second has gone.
//
// Owner: LimitGroup and ConnectionBudget, under their locks. A question costs as many steps as
// there are connections left, however many wait (a provider may have thousands of sites).
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include "base/clock.h"

namespace tocsin::delivery {

// Who asks for connections: a worker's end of a route.
using Claimant = const void*;

class WaitingLine {
  public:
    enum class Wants { First, More };  // it has no connection, or has some

    // May the claimant have one of the `left`? If not, one that has none is in the line now.
    bool is_turn(Claimant claimant, Wants wants, std::size_t left, SteadyTime now) {
        if (wants == Wants::More) {
            return left > 0 && !others(claimant, now);
        }
        if (left > 0 && before(claimant, left, now) < left) {
            return true;
        }
        const auto [place, fresh] = places_.try_emplace(claimant);
        if (fresh) {
            place->second.number = ++last_number_;
            order_.emplace(last_number_, claimant);
        }
        place->second.asked = now;
        return false;
    }
    // It has one, or wants none any more.
    void leave(Claimant claimant) {
        const auto place = places_.find(claimant);
        if (place != places_.end()) {
            order_.erase(place->second.number);
            places_.erase(place);
        }
    }
    bool others(Claimant claimant, SteadyTime now) { return before(claimant, 1, now, nullptr) > 0; }

  private:
    struct Place {
        std::uint64_t number = 0;
        SteadyTime asked{};
    };
    static constexpr Seconds kWaitsFor{1};

    std::size_t before(Claimant claimant, std::size_t most, SteadyTime now) {
        return before(claimant, most, now, claimant);
    }
    // How many others are in the line (before `until`), counted to `most`; forgets who has gone.
    std::size_t before(Claimant claimant, std::size_t most, SteadyTime now, Claimant until) {
        std::size_t count = 0;
        for (auto at = order_.begin(); at != order_.end() && count < most;) {
            if (at->second == until) {
                return count;
            }
            const auto place = places_.find(at->second);
            if (now - place->second.asked > kWaitsFor) {
                places_.erase(place);
                at = order_.erase(at);
                continue;
            }
            count += at->second == claimant ? 0 : 1;
            ++at;
        }
        return count;
    }

    std::uint64_t last_number_ = 0;
    std::map<std::uint64_t, Claimant> order_;
    std::unordered_map<Claimant, Place> places_;
};

}  // namespace tocsin::delivery
