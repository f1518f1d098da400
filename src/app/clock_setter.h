// ClockSetter: which answers of the database's clock the shared clock is set by.
//
// An answer is as good as its round trip was short: the database's clock was read at some moment of
// it, half a round trip is the doubt. A busy machine gives doubtful answers, so that one is taken
// only if it is better than what is left of the last (quartz drifts meanwhile), or if the two
// cannot both be true: then somebody has set a clock.
//
// One thread at a time.
#pragma once

#include "base/clock.h"
#include "store/database.h"

namespace tocsin::app {

struct ClockReading {
    Time database{};
    SteadyTime asked{}, answered{};

    SteadyTime middle() const { return asked + (answered - asked) / 2; }
    std::chrono::nanoseconds doubt() const { return (answered - asked) / 2; }
    // The better one first.
    friend bool operator<(const ClockReading& a, const ClockReading& b) {
        return a.doubt() < b.doubt();
    }
};

// In a store closure: asks the database.
ClockReading read_clock(store::Database& db, const Clock& clock);

class ClockSetter {
  public:
    // `clock` must outlive this.
    explicit ClockSetter(SharedClock& clock) : clock_(clock) {}
    // Sets the clock by it, or does not; a jump is logged.
    void take(const ClockReading& reading);

  private:
    // What is left of the certainty of the reading that the clock was set by.
    std::chrono::nanoseconds doubt_at(SteadyTime moment) const;

    SharedClock& clock_;
    bool set_ = false;
    SteadyTime set_at_{};
    std::chrono::nanoseconds doubt_{};
};

}  // namespace tocsin::app
