// SinkFaults: what the recording sink does wrong on purpose, and how often.
//
//   spec  = fault *( "," fault )
//   fault = name [ ":" substring ] "=" number     ; substring: only for addresses that hold it
//
//   per connection  greet421, no_chunking and no_pipelining (not offered), starttls_hidden (the
//                   same), starttls_refused, starttls_injected (replies behind the 220, in clear)
//   per message     mail421 (and closes), mail4xx, mail5xx, data4xx (454 to DATA), cut_data (closes
//                   inside the message), cut_before (closes after the message, nothing recorded),
//                   dot421 (and closes), dot4xx (454), dot5xx, garbage (nothing recorded, answers
//                   no SMTP, closes), garbage_after (the same, recorded), cut_after (recorded,
//                   closes without an answer), late (recorded, the answer comes late_ms later),
//                   lines100 (accepts in a reply of 100 lines)
//   per recipient   rcpt4xx, rcpt5xx, rcpt552 (mailbox full), rcpt421 (and closes), greylist (4xx
//                   the first time an address is seen)
//   per write       split (replies in pieces), delay (waits delay_ms first)
// The number is a probability from 0 to 1. Three are not: delay_ms (20 by default), late_ms
// (605000: later than any sender waits), and cuts_max, how often at the most one recipient meets
// what makes its sender try again (cut_*, garbage*, late, dot421, rcpt4xx, rcpt552, rcpt421,
// greylist), so that a test need not wait for its fourth attempt.
#pragma once

#include <limits>
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
    std::size_t late_ms() const { return late_ms_; }
    std::size_t cuts_max() const { return cuts_max_; }

  private:
    struct Fault {
        std::string name;
        std::string substring;
        double probability = 0;
    };
    std::vector<Fault> faults_;
    std::size_t delay_ms_ = 20;
    std::size_t late_ms_ = 605'000;
    std::size_t cuts_max_ = std::numeric_limits<std::size_t>::max();

    std::size_t* setting(std::string_view name);
};

}  // namespace tocsin::app
