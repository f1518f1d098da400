// The facts of a pace as one line for people.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "model/pace.h"

namespace tocsin::model {
namespace {

constexpr std::size_t kReplyBytesMax = 160;

std::string shown_reply(const std::string& reply) {
    if (reply.empty()) {
        return "refused";
    }
    if (reply.size() <= kReplyBytesMax) {
        return reply;
    }
    std::size_t end = kReplyBytesMax;
    while (end > 0 && (static_cast<unsigned char>(reply[end]) & 0xC0) == 0x80) {
        --end;  // not within a letter
    }
    return reply.substr(0, end) + "...";
}

std::string duration_text(std::chrono::nanoseconds duration) {
    const std::int64_t seconds = std::chrono::ceil<Seconds>(duration).count();
    if (seconds < 120) {
        return fmt::format("{} s", seconds);
    }
    const std::int64_t minutes = (seconds + 59) / 60;
    return minutes < 120 ? fmt::format("{} min", minutes)
                         : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string slowed_text(const PaceReason& reason, const std::string& when) {
    std::string out =
        reason.replies > 0
            ? fmt::format("{} of {} replies were 4xx at {}, the last \"{}\"", reason.deferred,
                          reason.replies, when, shown_reply(reason.reply))
            : fmt::format("{} at {}", shown_reply(reason.reply), when);
    const bool halved = std::abs(reason.rate_cut * 2 - reason.rate_before) < 0.01;
    out +=
        fmt::format(", rate {} to {}", halved ? "halved" : "lowered", rate_text(reason.rate_cut));
    if (reason.rate_max > reason.rate_cut) {
        out += fmt::format(" and up again to {}", rate_text(reason.rate_max));
    }
    return out;
}

}  // namespace

std::string rate_text(double per_second) {
    if (per_second <= 0) {
        return "0/s";
    }
    if (per_second >= 9.95) {
        return fmt::format("{:.0f}/s", per_second);
    }
    if (per_second >= 0.995) {
        const std::string text = fmt::format("{:.1f}", per_second);
        return (text.ends_with(".0") ? text.substr(0, text.size() - 2) : text) + "/s";
    }
    return fmt::format("{:.0f}/min", per_second * 60);
}

std::string time_of_day(SteadyTime then, SteadyTime now, Time wall) {
    const Time moment = wall - std::chrono::round<Milliseconds>(now - then);
    const auto day = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::hh_mm_ss time(std::chrono::floor<Seconds>(moment - day));
    return fmt::format("{:02}:{:02}:{:02} UTC", time.hours().count(), time.minutes().count(),
                       time.seconds().count());
}

std::string describe(const PaceReason& reason, SteadyTime now, Time wall) {
    const std::string when = time_of_day(reason.replied_at, now, wall);
    switch (reason.kind) {
        case PaceReason::Kind::Free:
            break;
        case PaceReason::Kind::Limit:
            return fmt::format("at its limit of {}", rate_text(reason.rate_max));
        case PaceReason::Kind::Slowed:
            return slowed_text(reason, when);
        case PaceReason::Kind::Suspended:
            return fmt::format(
                "stopped until {}, {} more: {} at {}", time_of_day(reason.until, now, wall),
                duration_text(std::max(reason.until - now, std::chrono::nanoseconds(0))),
                shown_reply(reason.reply), when);
    }
    return {};
}

}  // namespace tocsin::model
