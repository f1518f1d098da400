// Slows down guessing of passwords without letting a stranger lock anybody out.
//
// Wrong passwords are counted for a pair of a name and a network, and each pair waits longer after
// every few of them. A browser that signed in as that name before carries a device cookie and is
// counted by itself, so that a stranger behind the same proxy cannot use up the person's tries
// (OWASP: device cookies). One-time links and sessions are not counted at all.
//
// Bounded: the oldest counts are forgotten. Owner: Auth; one thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tocsin::web {

class SignInThrottle {
  public:
    explicit SignInThrottle(const Clock& clock) : clock_(clock) {}

    // Limited, with the seconds to wait, if this pair has to wait.
    Status check(const std::string& name, const std::string& source);
    void failed(const std::string& name, const std::string& source);
    void succeeded(const std::string& name, const std::string& source);

  private:
    struct Count {
        int failures = 0;
        SteadyTime last{};
        SteadyTime free_at{};
    };
    using Key = std::pair<std::string, std::string>;
    void forget_old();

    const Clock& clock_;
    std::map<Key, Count> counts_;
};

// The network of a numeric address: IPv4 /24, IPv6 /64. What is no address is its own network.
std::string network_of(std::string_view address);

}  // namespace tocsin::web
