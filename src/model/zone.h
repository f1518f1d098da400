// A time zone of the IANA database ("Europe/Paris"): what a reader's clock says, and when.
//
// A minute that a change to summer time leaves out counts as the moment of the change. One that
// comes twice, when it ends, is the earlier unless asked otherwise: so "at 02:30" is once a day.
//
// Values; any thread. The rules are read once from the machine (Debian: tzdata). Failure: NotFound
// for a zone that the machine does not know.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace date {
class time_zone;
}

namespace tocsin::model {

// A minute on somebody's wall.
struct LocalMinute {
    std::int64_t day = 0;  // since 1970-01-01
    int minute = 0;        // of the day: 0 to 1439

    friend auto operator<=>(const LocalMinute&, const LocalMinute&) = default;
};

class Zone {
  public:
    static Result<Zone> find(std::string_view name);
    // Needs no rules.
    static Zone utc() { return Zone(nullptr); }

    std::string name() const;
    LocalMinute local(Time time) const;
    enum class Twice { Earlier, Later };
    Time moment(LocalMinute local, Twice twice = Twice::Earlier) const;

  private:
    explicit Zone(const date::time_zone* rules) : rules_(rules) {}
    const date::time_zone* rules_;  // lives as long as the program; null: UTC
};

// Those that people choose from, "Area/City" and "UTC", in alphabetical order.
std::vector<std::string> zone_names();

}  // namespace tocsin::model
