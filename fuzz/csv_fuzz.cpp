// Any bytes as CSV, whole and byte by byte: the same rows.
#include "base/check.h"
#include "base/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const tocsin::CsvLimits limits{.field_bytes_max = 64, .row_bytes_max = 256, .fields_max = 8};
    std::vector<std::vector<std::string>> rows[2];
    for (const std::size_t piece : {size + 1, std::size_t{1}}) {
        auto& seen = rows[piece == 1 ? 1 : 0];
        tocsin::CsvReader reader([&](const auto& row) { seen.push_back(row.fields); }, 0, limits);
        for (std::size_t at = 0; at < size; at += piece) {
            reader.feed(text.substr(at, piece));
        }
        reader.finish();
    }
    CHECK(rows[0] == rows[1]);
    return 0;
}
