// SinkFaults: what the recording sink does wrong on purpose, and how often.
//
//   spec  = fault *( "," fault )
//   fault = name [ ":" substring ] "=" number     ; substring: only for addresses that hold it
//
//   per connection  greet421, starttls_refused
//   per message     mail421 (and closes), mail4xx, mail5xx, data4xx (454 to DATA), cut_data (closes
//                   inside the message), cut_before (closes after the message, nothing recorded),
//                   dot4xx, dot5xx, garbage (nothing recorded, answers no SMTP), cut_after
//                   (recorded, closes without an answer), lines100 (accepts in a reply of 100
//                   lines)
//   per recipient   rcpt4xx, rcpt5xx, greylist (4xx the first time an address is seen)
//   per write       split (replies in pieces), delay (waits delay_ms first; delay_ms=20 by default)
// The number is a probability from 0 to 1, for delay_ms milliseconds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace tocsin::app {

class SinkFaults {
  public:
    SinkFaults() = default;
    static Result<SinkFaults> parse(std::string_view spec);

    // Throws the dice for one event. `address` is compared with the fault's substring.
    bool happens(std::string_view fault, Random& random, std::string_view address = {}) const;
    bool configured(std::string_view fault) const;
    std::size_t delay_ms() const { return delay_ms_; }

  private:
    struct Fault {
        std::string name;
        std::string substring;
        double probability = 0;
    };
    std::vector<Fault> faults_;
    std::size_t delay_ms_ = 20;
};

}  // namespace tocsin::app
