// Addresses that a stranger's MX record may lead us to: those of the internet, nothing else.
//
// A record with 127.0.0.1, 10.0.0.1 or fe80::1 in it is a mistake or an attempt to make us talk to
// machines that only we can reach (IANA's special-purpose registries, RFC 6890). Addresses that
// carry an IPv4 address inside (mapped, NAT64, 6to4) are judged by it.
//
// Pure. Any thread.
#pragma once

#include <boost/asio/ip/address.hpp>

namespace tocsin::net {

bool is_internet_address(const boost::asio::ip::address& address);

}  // namespace tocsin::net
