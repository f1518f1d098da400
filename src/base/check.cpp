#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace tocsin {

void check_failed(const char* expression, const char* file, int line) {
    // stderr, not the logger: the logger may be what is broken.
    std::fprintf(stderr, "tocsin: broken invariant: %s (%s:%d); stopping to protect the ledger\n",
                 expression, file, line);
    std::fflush(stderr);
    std::abort();
}

}  // namespace tocsin
