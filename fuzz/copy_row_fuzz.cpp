// Any bytes as the key at which a copy stopped: refused, or the same again when written.
#include "store/copy_row_fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    tocsin::store::fuzz_copy_row({reinterpret_cast<const char*>(data), size});
    return 0;
}
