// TCP connections, each step with its limit.
//
// Thread: the awaiting executor's. Failure: an Error whose sentence names address and port; kind
// Cancelled if the coroutine was, Invalid if our own address cannot be used, Timeout, Unavailable.
#pragma once

#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

namespace tocsin::net {

// Our own addresses to connect from. With one family set, the other is not used.
struct SourceAddresses {
    std::optional<boost::asio::ip::address> v4;
    std::optional<boost::asio::ip::address> v6;

    // The system chooses for both families, or ours is set for this one.
    bool reaches(const boost::asio::ip::address& address) const {
        return (!v4 && !v6) || (address.is_v4() ? v4.has_value() : v6.has_value());
    }
};

Task<Result<boost::asio::ip::tcp::socket>> connect_address(boost::asio::ip::tcp::endpoint endpoint,
                                                           SourceAddresses sources,
                                                           Milliseconds limit);

// Every address of the host in turn, as the system knows them; `limit` for each and for the
// look-up.
Task<Result<boost::asio::ip::tcp::socket>> connect_tcp(std::string host, std::uint16_t port,
                                                       SourceAddresses sources, Milliseconds limit);

}  // namespace tocsin::net
