// CHECK: stops the program when an invariant is broken.
//
// For the impossible only (a bug in Tocsin), never for outside input. On in release builds: a
// process that has lost track of its state must not go on sending mail; the ledger recovers it.
#pragma once

namespace tocsin {

// Logs the expression and its place, then aborts.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace tocsin

#define CHECK(condition)                                            \
    do {                                                            \
        if (!(condition)) [[unlikely]] {                            \
            ::tocsin::check_failed(#condition, __FILE__, __LINE__); \
        }                                                           \
    } while (false)
