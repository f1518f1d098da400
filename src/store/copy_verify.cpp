// What proves that two databases hold the same: every row of both is read again.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/crypto.h"
#include "store/consent_audit.h"
#include "store/copy.h"
#include "store/copy_rows.h"
#include "store/copy_tables.h"

namespace tocsin::store {

namespace {

constexpr int kConsentEntries = 2'000;  // in memory at once

CopiedCount count_table(Database& db, const CopiedTable& table) {
    const std::vector<std::string> columns = column_names(db, table.name);
    CopiedCount count;
    count.table = table.name;
    Sha256 hash;
    std::string bytes;
    const auto add = [&](const Row& row) {
        bytes.clear();
        for (std::size_t i = 0; i < row.columns(); ++i) {
            append_value(bytes, row.value(i));
        }
        hash.update(bytes);
        ++count.rows;
    };
    db.for_each(fmt::format("SELECT {} FROM {} ORDER BY {}", fmt::join(columns, ", "), table.name,
                            fmt::join(table.key, ", ")),
                {}, add);
    const auto digest = hash.finish();
    count.sha256.assign(digest.begin(), digest.end());
    return count;
}

}  // namespace

std::vector<CopiedCount> count_tables(Database& db) {
    std::vector<CopiedCount> counts;
    for (const CopiedTable& table : copied_tables()) {
        counts.push_back(count_table(db, table));
    }
    return counts;
}

ConsentChain walk_consent(Database& db) {
    ConsentAudit audit;
    while (audit.step(db, kConsentEntries)) {
    }
    return ConsentChain{audit.entries(), audit.head_hash(), audit.problem()};
}

Status refuse_unfinished_copy(Database& db) {
    const std::vector<std::string> tables = table_names(db);
    if (!std::ranges::binary_search(tables, kCopyTable)) {
        return {};
    }
    return conflict(
        "a copy into this database was begun and not finished: run the same `tocsin store copy` "
        "or `tocsin restore` again");
}

}  // namespace tocsin::store
