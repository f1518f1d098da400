// Any bytes as the key at which a copy stopped: refused, or the same again when written.
#include "base/check.h"
#include "store/copy_rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (std::size_t columns = 0; columns < 4; ++columns) {
        const auto values = tocsin::store::read_values(bytes, columns);
        if (!values) {
            continue;
        }
        std::string again;
        for (const tocsin::store::Param& value : *values) {
            append_value(again, value.value());
        }
        CHECK(again == bytes);
    }
    return 0;
}
