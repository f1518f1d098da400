// Ed25519 signatures (RFC 8032), as byte strings. OpenSSL stays inside ed25519.cpp.
//
// Any thread. A failure of OpenSSL itself here is a broken machine: CHECK.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

inline constexpr std::size_t kEd25519SeedBytes = 32;
inline constexpr std::size_t kEd25519PublicBytes = 32;
inline constexpr std::size_t kEd25519SignatureBytes = 64;

// `seed` is the private key: 32 bytes.
std::string ed25519_public_key(std::string_view seed);
std::string ed25519_sign(std::string_view seed, std::string_view message);
// False for whatever is not the signature, of whatever length.
bool ed25519_verify(std::string_view public_key, std::string_view message,
                    std::string_view signature);

}  // namespace tocsin
