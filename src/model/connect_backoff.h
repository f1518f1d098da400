// ConnectBackoff: when to try again to connect to where no connection could be made.
//
// After 1, 2, 4 ... 60 seconds; one success forgets it. Failures of attempts that were under way
// together count once.
//
// Pure: state and `now` in, decision out. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace tocsin::model {

inline constexpr Seconds kConnectBackoffMax{60};

class ConnectBackoff {
  public:
    void on_failed(SteadyTime now, std::string why);
    void on_connected();

    // The last connection could not be made: try one, not several.
    bool failing() const { return failures_ > 0; }
    bool may_connect(SteadyTime now) const { return now >= after_; }
    // What went wrong the last time; empty while it works.
    const std::string& why() const { return why_; }
    // "no connection, next try in 4 s: ..."; empty while it works.
    std::string reason(SteadyTime now) const;

  private:
    SteadyTime after_{};
    std::uint32_t failures_ = 0;
    std::string why_;
};

}  // namespace tocsin::model
