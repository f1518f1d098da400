#include "net/mx_memory.h"

#include <algorithm>

#include "base/limits.h"

namespace tocsin::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kEntriesMax = 4'096;

std::string key_of(const asio::ip::address& address, std::uint16_t port) {
    return address.to_string() + " " + std::to_string(port);
}

}  // namespace

void MxMemory::remember(Until& map, const std::string& key, Seconds time) {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.steady();
    if (map.size() >= kEntriesMax && !map.contains(key)) {
        std::erase_if(map, [now](const auto& entry) { return entry.second <= now; });
        if (map.size() >= kEntriesMax) {
            map.erase(std::min_element(map.begin(), map.end(), [](const auto& a, const auto& b) {
                return a.second < b.second;
            }));
        }
    }
    map[key] = now + time;
}

bool MxMemory::holds(const Until& map, const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto found = map.find(key);
    return found != map.end() && clock_.steady() < found->second;
}

void MxMemory::forget(Until& map, const std::string& key) {
    const std::lock_guard lock(mutex_);
    map.erase(key);
}

void MxMemory::address_failed(const asio::ip::address& address, std::uint16_t port) {
    remember(dead_, key_of(address, port), limits::kMxDeadAddressTime);
}

void MxMemory::address_worked(const asio::ip::address& address, std::uint16_t port) {
    forget(dead_, key_of(address, port));
}

bool MxMemory::is_dead(const asio::ip::address& address, std::uint16_t port) const {
    return holds(dead_, key_of(address, port));
}

void MxMemory::tls_failed(const std::string& host) {
    remember(broken_tls_, host, limits::kMxBrokenTlsTime);
}

void MxMemory::tls_worked(const std::string& host) {
    forget(broken_tls_, host);
}

bool MxMemory::tls_is_broken(const std::string& host) const {
    return holds(broken_tls_, host);
}

}  // namespace tocsin::net
