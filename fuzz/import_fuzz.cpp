// Any bytes as the export of another service: every row is a reader or says why not.
#include <sstream>

#include "audience/import_reader.h"
#include "base/bytes.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    (void)tocsin::audience::parse_moment(text);
    std::istringstream in(text);
    tocsin::audience::ImportReader reader(in);
    std::int64_t next = 0;
    for (;;) {
        const auto chunk = reader.next();
        if (!chunk || !*chunk) {
            return 0;
        }
        CHECK((*chunk)->first_row == next && (*chunk)->rows.size() == (*chunk)->lines.size());
        for (const auto& row : (*chunk)->rows) {
            CHECK(row.unreadable.empty() || row.address.empty());
            CHECK(tocsin::is_utf8(row.address) && tocsin::is_utf8(row.unreadable));
        }
        next += static_cast<std::int64_t>((*chunk)->rows.size());
    }
}
