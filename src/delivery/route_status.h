// How the routes are, gathered from the table and the workers, for people to read.
#pragma once

#include <vector>

#include "delivery/engine.h"
#include "delivery/worker.h"

namespace tocsin::delivery {

// One line a limit group. Those with mail first, the most waiting on top; what is idle and has
// nothing to say is left out, except a smarthost.
std::vector<RouteStatus> route_statuses(const RouteTable& table,
                                        const std::vector<std::vector<OutletStatus>>& outlets,
                                        const Clock& clock);

}  // namespace tocsin::delivery
