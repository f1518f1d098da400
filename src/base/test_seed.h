// For tests: the seed of a random test. The same in every run, so that a failure is the change's;
// TOCSIN_SEED chooses another.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace tocsin {

inline std::uint64_t test_seed() {
    const char* given = std::getenv("TOCSIN_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : 20'261'124;
}

}  // namespace tocsin
