#include "model/zone.h"

#include <algorithm>
#include <array>
#include <date/tz.h>

#include <fmt/format.h>

namespace tocsin::model {

namespace {

constexpr std::size_t kNameBytesMax = 64;

// The library throws where its rules cannot be read, or know no such zone.
const date::time_zone* locate(std::string_view name) {
    try {
        return date::locate_zone(std::string(name));
    } catch (const std::exception&) {
        return nullptr;
    }
}

}  // namespace

Result<Zone> Zone::find(std::string_view name) {
    const date::time_zone* rules =
        name.empty() || name.size() > kNameBytesMax ? nullptr : locate(name);
    if (rules == nullptr) {
        return not_found("this machine knows no such time zone");
    }
    return Zone(rules);
}

std::string Zone::name() const {
    return rules_ == nullptr ? "UTC" : rules_->name();
}

LocalMinute Zone::local(Time time) const {
    const auto local = rules_ == nullptr ? date::local_time<Milliseconds>(time.time_since_epoch())
                                         : rules_->to_local(time);
    const auto day = date::floor<date::days>(local);
    const auto minute = date::floor<std::chrono::minutes>(local - day);
    return {day.time_since_epoch().count(), static_cast<int>(minute.count())};
}

Time Zone::moment(LocalMinute local, Twice twice) const {
    const date::local_days day{date::days(local.day)};
    const auto wall = day + std::chrono::minutes(local.minute);
    if (rules_ == nullptr) {
        return Time(date::floor<Milliseconds>(wall.time_since_epoch()));
    }
    const date::choose which =
        twice == Twice::Later ? date::choose::latest : date::choose::earliest;
    return date::floor<Milliseconds>(rules_->to_sys(wall, which));
}

std::vector<std::string> zone_names() {
    constexpr std::array<std::string_view, 10> kAreas = {
        "Africa/",   "America/",   "Antarctica/", "Arctic/", "Asia/",
        "Atlantic/", "Australia/", "Europe/",     "Indian/", "Pacific/"};
    std::vector<std::string> names = {"UTC"};
    try {
        for (const date::time_zone& zone : date::get_tzdb().zones) {
            const std::string& name = zone.name();
            const bool chosen = std::ranges::any_of(
                kAreas, [&name](std::string_view area) { return name.starts_with(area); });
            if (chosen) {
                names.push_back(name);
            }
        }
    } catch (const std::exception&) {
        return names;
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace tocsin::model
