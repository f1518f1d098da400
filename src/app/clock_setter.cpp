#include "app/clock_setter.h"

#include "base/log.h"
#include "store/nodes.h"

namespace tocsin::app {

namespace {

constexpr std::int64_t kDriftPerMillion = 50;  // of ordinary quartz
// Both clocks are read in whole milliseconds.
constexpr Milliseconds kGrain{1};

}  // namespace

ClockReading read_clock(store::Database& db, const Clock& clock) {
    ClockReading reading;
    reading.asked = clock.steady();
    reading.database = store::database_now(db, clock.now());
    reading.answered = clock.steady();
    return reading;
}

std::chrono::nanoseconds ClockSetter::doubt_at(SteadyTime moment) const {
    return doubt_ + (moment - set_at_) * kDriftPerMillion / 1'000'000;
}

void ClockSetter::take(const ClockReading& reading) {
    if (set_ && reading.doubt() > doubt_at(reading.middle())) {
        const Milliseconds since =
            std::chrono::floor<Milliseconds>(clock_.steady() - reading.middle());
        const Milliseconds apart = reading.database + since - clock_.now();
        if (std::chrono::abs(apart) <= reading.doubt() + doubt_at(reading.middle()) + kGrain) {
            return;
        }
    }
    set_ = true;
    set_at_ = reading.middle();
    doubt_ = reading.doubt();
    const Milliseconds corrected = clock_.anchor(reading.database, reading.middle());
    if (std::chrono::abs(corrected) > SharedClock::kHeldBack) {
        log_warning(
            "the clock was set by the database's: {} {} s. The machine's own clock, or the "
            "database's, is not kept right: see to NTP on both",
            corrected.count() < 0 ? "back" : "forward",
            static_cast<double>(std::chrono::abs(corrected).count()) / 1000.0);
    }
}

}  // namespace tocsin::app
