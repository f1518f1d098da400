#include "web/clock_curve.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace tocsin::web {

namespace {

constexpr double kWidth = 640;
constexpr double kTop = 20;      // all readers
constexpr double kBottom = 200;  // none

}  // namespace

ClockCurve clock_curve(const delivery::AlertStatus& status) {
    const model::LatencySummary& clock = status.clock;
    if (!clock.first_ms || !clock.last_ms || status.audience == 0) {
        return {};
    }
    const double reached =
        static_cast<double>(status.counts.delivered) / static_cast<double>(status.audience);
    const double end = static_cast<double>(std::max<std::int64_t>(*clock.last_ms, 1));
    const std::vector<std::pair<std::optional<std::int64_t>, double>> marks = {
        {clock.first_ms, 0.0}, {clock.p50_ms, 0.5},  {clock.p90_ms, 0.9},
        {clock.p99_ms, 0.99},  {clock.last_ms, 1.0},
    };
    ClockCurve curve;
    curve.line = fmt::format("M0 {:.0f}", kBottom);
    double x = 0;
    for (const auto& [ms, share] : marks) {
        if (!ms) {
            continue;
        }
        x = std::clamp(static_cast<double>(*ms) / end * kWidth, x, kWidth);
        curve.line +=
            fmt::format("L{:.1f} {:.1f}", x, kBottom - (kBottom - kTop) * share * reached);
    }
    curve.area = curve.line + fmt::format("L{:.1f} {:.0f}Z", x, kBottom);
    return curve;
}

}  // namespace tocsin::web
