#include "web/signup_pace.h"

#include <boost/asio/ip/address.hpp>

#include "base/limits.h"
#include "store/pace.h"

namespace tocsin::web {

namespace {

namespace ip = boost::asio::ip;

constexpr store::Pace kPace{
    .burst = limits::kSignupBurst,
    .every = Milliseconds(limits::kSignupEvery),
};

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

SignupPace::SignupPace(const mail::KeyRing& ring) : ring_(ring) {}

std::function<Status(store::Database&)> SignupPace::admission(std::string_view peer,
                                                              Time now) const {
    const auto network = public_network(peer);
    if (!network) {
        return {};
    }
    const auto mac = ring_.pepper()("sign-ups of " + *network);
    return [key = std::string(mac.begin(), mac.end()), now](store::Database& db) -> Status {
        if (!store::take_pace(db, key, kPace, now)) {
            return Error(ErrorKind::Limited, "too many sign-ups from this network");
        }
        return {};
    };
}

}  // namespace tocsin::web
