#include "net/mx_address.h"

#include <algorithm>
#include <array>

namespace tocsin::net {

namespace asio = boost::asio;

namespace {

struct Network {
    std::uint32_t address;
    int bits;
};

// IANA IPv4 special-purpose registry, and multicast.
constexpr std::array kNotInternet = {
    Network{0x00000000, 8},   // this network
    Network{0x0a000000, 8},   // private
    Network{0x64400000, 10},  // 100.64/10, shared by carriers
    Network{0x7f000000, 8},   // loopback
    Network{0xa9fe0000, 16},  // 169.254/16, link-local: a cloud's metadata
    Network{0xac100000, 12},  // private
    Network{0xc0000000, 24},  // protocol assignments
    Network{0xc0000200, 24},  // documentation
    Network{0xc0586300, 24},  // 192.88.99/24, 6to4 relays
    Network{0xc0a80000, 16},  // private
    Network{0xc6120000, 15},  // 198.18/15, benchmarks
    Network{0xc6336400, 24},  // documentation
    Network{0xcb007100, 24},  // documentation
    Network{0xe0000000, 3},   // multicast, reserved, broadcast
};

bool is_internet_v4(std::uint32_t address) {
    return std::none_of(kNotInternet.begin(), kNotInternet.end(), [address](const Network& net) {
        return ((address ^ net.address) >> (32 - net.bits)) == 0;
    });
}

std::uint32_t v4_at(const asio::ip::address_v6::bytes_type& bytes, std::size_t at) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        out = (out << 8U) | bytes.at(at + i);
    }
    return out;
}

bool is_internet_v6(const asio::ip::address_v6& address) {
    const auto bytes = address.to_bytes();
    const std::uint32_t head = v4_at(bytes, 0);
    if (address.is_v4_mapped()) {
        return is_internet_v4(v4_at(bytes, 12));
    }
    if (head == 0x0064ff9b && v4_at(bytes, 4) == 0 && v4_at(bytes, 8) == 0) {  // NAT64
        return is_internet_v4(v4_at(bytes, 12));
    }
    if ((head >> 29U) != 1) {  // only 2000::/3 is given out
        return false;
    }
    if ((head >> 16U) == 0x2002) {  // 6to4
        return is_internet_v4(v4_at(bytes, 2));
    }
    const bool special = (head >> 9U) == (0x20010000U >> 9U);  // 2001::/23: Teredo and others
    const bool documentation = head == 0x20010db8 || (head >> 12U) == 0x3fff0;
    return !special && !documentation;
}

}  // namespace

bool is_internet_address(const asio::ip::address& address) {
    return address.is_v4() ? is_internet_v4(address.to_v4().to_uint())
                           : is_internet_v6(address.to_v6());
}

}  // namespace tocsin::net
