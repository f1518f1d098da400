// MxMemory: what sessions learned about mail exchangers and the next one should know.
//
//   dead addresses   did not answer; tried last for some minutes, so that a dead server costs its
//                    connect limit once and not once a session
//   broken TLS       the handshake failed where TLS was optional; for days no STARTTLS there, so
//                    that a broken server costs one connection and not two a session
//
// Owner: the service; one for all workers. Thread: any. Failure: none; bounded (the oldest entries
// go), and nothing here is worth keeping over a restart.
// Knowingly not: it never makes a session skip TLS where TLS is required.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

#include <boost/asio/ip/address.hpp>

#include "base/clock.h"

namespace tocsin::net {

class MxMemory {
  public:
    explicit MxMemory(const Clock& clock) : clock_(clock) {}
    MxMemory(const MxMemory&) = delete;
    MxMemory& operator=(const MxMemory&) = delete;

    void address_failed(const boost::asio::ip::address& address, std::uint16_t port);
    void address_worked(const boost::asio::ip::address& address, std::uint16_t port);
    bool is_dead(const boost::asio::ip::address& address, std::uint16_t port) const;

    void tls_failed(const std::string& host);
    void tls_worked(const std::string& host);
    bool tls_is_broken(const std::string& host) const;

  private:
    using Until = std::unordered_map<std::string, SteadyTime>;
    void remember(Until& map, const std::string& key, Seconds time);
    void forget(Until& map, const std::string& key);
    bool holds(const Until& map, const std::string& key) const;

    const Clock& clock_;
    mutable std::mutex mutex_;
    Until dead_;
    Until broken_tls_;
};

}  // namespace tocsin::net
