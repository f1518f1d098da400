#include "net/dns_rdata.h"

#include <algorithm>

namespace tocsin::net {

namespace {

constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kLabelBytesMax = 63;

bool is_plain(char c) {
    return c > ' ' && c < '\x7f' && c != '.' && c != '\\';
}

// The name that is all of `wire`; "." for the root.
std::optional<std::string> parse_name(std::string_view wire) {
    if (wire.size() > kNameBytesMax) {
        return std::nullopt;
    }
    std::string name;
    while (!wire.empty()) {
        const std::size_t length = static_cast<unsigned char>(wire.front());
        wire.remove_prefix(1);
        if (length == 0) {
            if (!wire.empty()) {
                return std::nullopt;
            }
            return name.empty() ? "." : name;
        }
        if (length > kLabelBytesMax || length > wire.size()) {
            return std::nullopt;
        }
        const std::string_view label = wire.substr(0, length);
        if (!std::all_of(label.begin(), label.end(), is_plain)) {
            return std::nullopt;
        }
        if (!name.empty()) {
            name += '.';
        }
        name += label;
        wire.remove_prefix(length);
    }
    return std::nullopt;  // no zero byte at the end
}

template <class Address>
boost::asio::ip::address from_bytes(std::string_view rdata) {
    typename Address::bytes_type bytes{};
    std::copy(rdata.begin(), rdata.end(), bytes.begin());
    return Address(bytes);
}

}  // namespace

std::optional<model::MxTarget> parse_mx_rdata(std::string_view rdata) {
    if (rdata.size() < 3) {
        return std::nullopt;
    }
    std::optional<std::string> host = parse_name(rdata.substr(2));
    if (!host) {
        return std::nullopt;
    }
    const unsigned high = static_cast<unsigned char>(rdata[0]);
    const unsigned low = static_cast<unsigned char>(rdata[1]);
    return model::MxTarget{static_cast<std::uint16_t>((high << 8U) | low), std::move(*host)};
}

std::optional<boost::asio::ip::address> parse_address_rdata(std::string_view rdata) {
    switch (rdata.size()) {
        case 4:
            return from_bytes<boost::asio::ip::address_v4>(rdata);
        case 16:
            return from_bytes<boost::asio::ip::address_v6>(rdata);
        default:
            return std::nullopt;
    }
}

}  // namespace tocsin::net
