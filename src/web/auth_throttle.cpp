#include "web/auth_throttle.h"

#include <algorithm>

#include <boost/asio/ip/address.hpp>

namespace tocsin::web {

namespace {

constexpr int kFreeTries = 5;
constexpr std::chrono::seconds kFirstWait{2};
constexpr std::chrono::seconds kLongestWait{300};
constexpr std::chrono::hours kForgetAfter{1};
constexpr std::size_t kPairsMax = 10'000;

}  // namespace

Status SignInThrottle::check(const std::string& name, const std::string& source) {
    const auto found = counts_.find(Key(name, source));
    if (found == counts_.end() || found->second.free_at <= clock_.steady()) {
        return {};
    }
    const auto wait =
        std::chrono::ceil<std::chrono::seconds>(found->second.free_at - clock_.steady());
    return Error(ErrorKind::Limited,
                 fmt::format("Too many wrong passwords from here. Try again in {} seconds, or ask "
                             "for a one-time link.",
                             wait.count()));
}

void SignInThrottle::failed(const std::string& name, const std::string& source) {
    forget_old();
    Count& count = counts_[Key(name, source)];
    count.last = clock_.steady();
    ++count.failures;
    if (count.failures >= kFreeTries) {
        const int doublings = std::min(count.failures - kFreeTries, 16);
        const std::chrono::seconds wait = kFirstWait * (1 << doublings);
        count.free_at = count.last + std::min(wait, kLongestWait);
    }
}

void SignInThrottle::succeeded(const std::string& name, const std::string& source) {
    counts_.erase(Key(name, source));
}

void SignInThrottle::forget_old() {
    const SteadyTime before = clock_.steady() - kForgetAfter;
    std::erase_if(counts_, [before](const auto& entry) { return entry.second.last < before; });
    if (counts_.size() >= kPairsMax) {
        const auto oldest = std::min_element(
            counts_.begin(), counts_.end(),
            [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
        counts_.erase(oldest);
    }
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
