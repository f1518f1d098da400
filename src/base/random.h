// Random: the only source of chance. Passed in; nothing else reads random devices.
//
// SecureRandom for anything a stranger must not guess; SeededRandom repeats a run from its seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tocsin {

class Random {
  public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::byte> out) = 0;

    std::uint64_t next_u64();
    // Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    // `count` random bytes as a string.
    std::string bytes(std::size_t count);
};

// The operating system's generator, through OpenSSL. Thread-safe.
class SecureRandom final : public Random {
  public:
    void fill(std::span<std::byte> out) override;
};

// SplitMix64: the same seed gives the same bytes. One thread only. For tests and simulations.
class SeededRandom final : public Random {
  public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    void fill(std::span<std::byte> out) override;

  private:
    std::uint64_t state_;
};

}  // namespace tocsin
