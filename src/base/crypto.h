// Hashes and keyed hashes, as byte strings. OpenSSL stays inside crypto.cpp.
//
// Thread-safe (no shared state). A failure of OpenSSL itself here is a broken machine: CHECK.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

inline constexpr std::size_t kSha256Bytes = 32;

// SHA-256 of the bytes; 32 raw bytes.
std::string sha256(std::string_view bytes);

// HMAC-SHA-256 (RFC 2104); 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);

// HKDF-SHA-256 (RFC 5869) without salt: independent keys from one master key, one a purpose.
std::string hkdf_sha256(std::string_view master, std::string_view info, std::size_t bytes);

// Equal, in time that depends only on the lengths.
bool constant_time_equal(std::string_view a, std::string_view b);

// A SHA-256 in progress whose state can be copied: hash a common prefix once, then clone it for
// each recipient. A plain value (about 112 bytes), no allocation.
class Sha256 {
  public:
    Sha256();
    void update(std::string_view bytes);
    // a.update(a_bytes) and b.update(b_bytes) in hardly more than the time of one, where the
    // processor can (sha256_pair.h): for two states with as much behind them and as much to come.
    static void update_pair(Sha256& a, std::string_view a_bytes, Sha256& b,
                            std::string_view b_bytes);
    // The digest, raw; the object is spent.
    std::array<unsigned char, kSha256Bytes> finish();

  private:
    alignas(8) std::array<unsigned char, 112> state_;  // OpenSSL's SHA256_CTX
};

}  // namespace tocsin
