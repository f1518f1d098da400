// The share of readers reached over time, as SVG paths in a box of 640 by 200: drawn through the
// clock's own marks (first, half, 90 %, 99 %, last), so that the curve needs no history and looks
// the same live, after a reload and a year later. Pure; any thread.
#pragma once

#include <string>

#include "delivery/status.h"

namespace tocsin::web {

struct ClockCurve {
    std::string line, area;  // "M0 180L..."; empty while nothing has been delivered
};
ClockCurve clock_curve(const delivery::AlertStatus& status);

}  // namespace tocsin::web
