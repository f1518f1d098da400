// How many sign-ups one network may send: a bucket of tokens for each /24 (IPv4) or /48 (IPv6).
//
// The budget that protects a victim is audience's (one confirmation mail an address a day); this
// one keeps a single network from filling the database. Addresses that are not public (a proxy in
// front, the machine itself) are not limited: they would stand for everybody.
//
// Memory is fixed: networks share kBuckets buckets by hash. Owner: the sign-up routes. Thread: the
// web's io thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/limits.h"

namespace tocsin::web {

class SignupPace {
  public:
    explicit SignupPace(const Clock& clock);
    // Takes a token; false: refuse with 429.
    bool allow(std::string_view peer);

  private:
    struct Bucket {
        double tokens = limits::kSignupBurst;
        SteadyTime at{};
    };
    static constexpr std::size_t kBuckets = 4096;
    const Clock& clock_;
    std::array<Bucket, kBuckets> buckets_;
};

// "192.0.2" or "2001:db8:1" for a public address; nullopt for any other text.
std::optional<std::string> public_network(std::string_view peer);

}  // namespace tocsin::web
