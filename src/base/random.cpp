#include "base/random.h"

#include <openssl/rand.h>

#include "base/check.h"

namespace tocsin {

std::uint64_t Random::next_u64() {
    std::uint64_t value = 0;
    fill(std::as_writable_bytes(std::span(&value, 1)));
    return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
    CHECK(bound > 0);
    // Rejection: values past the last whole multiple of bound would favour the small ones.
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    for (;;) {
        const std::uint64_t value = next_u64();
        if (value < limit) {
            return value % bound;
        }
    }
}

std::string Random::bytes(std::size_t count) {
    std::string out(count, '\0');
    fill(std::as_writable_bytes(std::span(out)));
    return out;
}

void SecureRandom::fill(std::span<std::byte> out) {
    CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) ==
          1);
}

void SeededRandom::fill(std::span<std::byte> out) {
    std::size_t at = 0;
    while (at < out.size()) {
        state_ += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        z ^= z >> 31;
        for (int i = 0; i < 8 && at < out.size(); ++i, ++at) {
            out[at] = static_cast<std::byte>(z >> (8 * i));
        }
    }
}

}  // namespace tocsin
