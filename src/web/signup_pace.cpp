#include "web/signup_pace.h"

#include <algorithm>
#include <functional>

#include <boost/asio/ip/address.hpp>

namespace tocsin::web {

namespace {

namespace ip = boost::asio::ip;

bool is_private(const ip::address_v4& address) {
    const auto b = address.to_bytes();
    return b[0] == 0 || b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
           (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
           (b[0] == 100 && (b[1] & 0xc0) == 64) || b[0] >= 224;
}

bool is_private(const ip::address_v6& address) {
    const auto b = address.to_bytes();
    return (b[0] & 0xe0) != 0x20;  // only 2000::/3 is given out
}

}  // namespace

std::optional<std::string> public_network(std::string_view peer) {
    boost::system::error_code error;
    const ip::address address = ip::make_address(std::string(peer), error);
    if (error) {
        return std::nullopt;
    }
    if (address.is_v4()) {
        const auto b = address.to_v4().to_bytes();
        return is_private(address.to_v4())
                   ? std::nullopt
                   : std::optional(fmt::format("{}.{}.{}", b[0], b[1], b[2]));
    }
    const auto b = address.to_v6().to_bytes();
    if (is_private(address.to_v6())) {
        return std::nullopt;
    }
    return fmt::format("{:02x}{:02x}:{:02x}{:02x}:{:02x}{:02x}", b[0], b[1], b[2], b[3], b[4],
                       b[5]);
}

SignupPace::SignupPace(const Clock& clock) : clock_(clock) {}

bool SignupPace::allow(std::string_view peer) {
    const auto network = public_network(peer);
    if (!network) {
        return true;
    }
    Bucket& bucket = buckets_[std::hash<std::string>{}(*network) % kBuckets];
    const SteadyTime now = clock_.steady();
    const double seconds = std::chrono::duration<double>(now - bucket.at).count();
    bucket.tokens = std::min(limits::kSignupBurst,
                             bucket.tokens + std::max(0.0, seconds) * limits::kSignupPerSecond);
    bucket.at = now;
    if (bucket.tokens < 1) {
        return false;
    }
    bucket.tokens -= 1;
    return true;
}

}  // namespace tocsin::web
