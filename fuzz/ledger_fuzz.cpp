// Any payload as an audience chunk, an outcome batch and a compact ledger, with a good checksum.
#include "base/check.h"
#include "delivery/ledger_fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tocsin::delivery::fuzz_ledger({reinterpret_cast<const char*>(data), size});
    return 0;
}
