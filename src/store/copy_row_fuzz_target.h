// What fuzz/copy_row_fuzz.cpp and the replay of its corpus do with one input.
#pragma once

#include <string>
#include <string_view>

#include "base/check.h"
#include "store/copy_rows.h"

namespace tocsin::store {

// Refused, or the same bytes when written again.
inline void fuzz_copy_row(std::string_view bytes) {
    for (std::size_t columns = 0; columns < 4; ++columns) {
        const auto values = read_values(bytes, columns);
        if (!values) {
            continue;
        }
        std::string again;
        for (const Param& value : *values) {
            append_value(again, value.value());
        }
        CHECK(again == bytes);
    }
}

}  // namespace tocsin::store
