// What a DNS record holds, from its bytes as they came over the wire. Pure.
//
//   MX    (RFC 1035 section 3.3.9)   preference: 2 bytes, big-endian; exchange: a name
//   A     (3.4.1)                    4 bytes
//   AAAA  (RFC 3596 section 2.2)     16 bytes
//   name  (RFC 1035 section 3.1)     *(length 1..63, that many bytes) then a zero byte;
//                                    at most 255 bytes; no compression: libunbound undid it
//
// Strict: nothing may be left over, and bytes that no host name has (a dot inside a label,
// controls, bytes from 0x7f up) make the record worthless, so that no reader of the text form can
// be fooled.
//
// Any thread. Failure: nullopt, for a record that is to be ignored.
#pragma once

#include <optional>
#include <string_view>

#include <boost/asio/ip/address.hpp>

#include "model/mx_plan.h"

namespace tocsin::net {

// The host is as written ("Mx.Example.net", without the last dot), "." for a null MX.
std::optional<model::MxTarget> parse_mx_rdata(std::string_view rdata);

// 4 bytes: IPv4; 16: IPv6.
std::optional<boost::asio::ip::address> parse_address_rdata(std::string_view rdata);

}  // namespace tocsin::net
