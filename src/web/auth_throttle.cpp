#include "web/auth_throttle.h"

#include <algorithm>

#include <boost/asio/ip/address.hpp>

namespace tocsin::web {

namespace {

constexpr int kFreeTries = 5;
constexpr std::chrono::seconds kFirstWait{2};
constexpr std::chrono::seconds kLongestWait{300};
constexpr std::chrono::hours kForgetAfter{1};

}  // namespace

Status may_try(const store::Tries& tries, Time now) {
    if (tries.free_at <= now) {
        return {};
    }
    const auto wait = std::chrono::ceil<std::chrono::seconds>(tries.free_at - now);
    return Error(ErrorKind::Limited,
                 fmt::format("Too many wrong passwords from here. Try again in {} seconds, or ask "
                             "for a one-time link.",
                             wait.count()));
}

store::Tries after_failure(store::Tries tries, Time now) {
    ++tries.failures;
    if (tries.failures >= kFreeTries) {
        const auto doublings = std::min<std::int64_t>(tries.failures - kFreeTries, 16);
        const std::chrono::seconds wait = kFirstWait * (std::int64_t{1} << doublings);
        tries.free_at = now + std::min(wait, kLongestWait);
    }
    return tries;
}

void record_failure(store::Database& db, const std::string& key, Time now) {
    const store::Tries tries = after_failure(store::find_tries(db, key, now), now);
    store::write_tries(db, key, tries, now + kForgetAfter);
}

std::string network_of(std::string_view address) {
    boost::system::error_code error;
    const auto parsed = boost::asio::ip::make_address(std::string(address), error);
    if (error) {
        return std::string(address);
    }
    if (parsed.is_v4()) {
        auto bytes = parsed.to_v4().to_bytes();
        bytes[3] = 0;
        return boost::asio::ip::address_v4(bytes).to_string();
    }
    auto bytes = parsed.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return boost::asio::ip::address_v6(bytes).to_string();
}

}  // namespace tocsin::web
