#include "base/clock.h"

#include <array>
#include <ctime>

#include <fmt/format.h>

namespace tocsin {

namespace {

constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::tm utc(Time time) {
    const std::time_t seconds = std::chrono::floor<Seconds>(time).time_since_epoch().count();
    std::tm out{};
    gmtime_r(&seconds, &out);
    return out;
}

std::string date_with_zone(Time time, const char* zone) {
    const std::tm t = utc(time);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} {}",
                       kDays[static_cast<std::size_t>(t.tm_wday)], t.tm_mday,
                       kMonths[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour,
                       t.tm_min, t.tm_sec, zone);
}

}  // namespace

Time SystemClock::now() const {
    return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steady() const {
    return std::chrono::steady_clock::now();
}

namespace {

std::int64_t to_ms(SteadyTime time) {
    return std::chrono::floor<Milliseconds>(time.time_since_epoch()).count();
}

}  // namespace

Time SharedClock::now() const {
    const std::int64_t offset = offset_ms_.load();
    const std::int64_t ms =
        offset == kNoAnchor ? tocsin::to_ms(machine_.now()) : offset + to_ms(machine_.steady());
    std::int64_t latest = latest_ms_.load();
    while (ms > latest) {
        if (latest_ms_.compare_exchange_weak(latest, ms)) {
            return from_ms(ms);
        }
    }
    // Another thread's later answer, or a correction backwards.
    if (latest - ms <= kHeldBack.count()) {
        return from_ms(latest);
    }
    latest_ms_.store(ms);
    return from_ms(ms);
}

Milliseconds SharedClock::anchor(Time database, SteadyTime at) {
    const std::int64_t steady = to_ms(machine_.steady());
    const std::int64_t before = offset_ms_.load();
    const std::int64_t was = before == kNoAnchor ? tocsin::to_ms(machine_.now()) - steady : before;
    const std::int64_t offset = tocsin::to_ms(database) - to_ms(at);
    offset_ms_.store(offset);
    return Milliseconds(offset - was);
}

std::string rfc3339(Time time) {
    const std::tm t = utc(time);
    const auto ms = (time - std::chrono::floor<Seconds>(time)).count();
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", t.tm_year + 1900, t.tm_mon + 1,
                       t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, ms);
}

std::string rfc5322_date(Time time) {
    return date_with_zone(time, "+0000");
}

std::string http_date(Time time) {
    return date_with_zone(time, "GMT");
}

}  // namespace tocsin
