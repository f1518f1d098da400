#include "store/sql_lists.h"

#include <fmt/format.h>

#include "base/check.h"

namespace tocsin::store {

std::string placeholders(std::size_t first, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        out += fmt::format("{}${}", i == 0 ? "" : ", ", first + i);
    }
    return out;
}

void append_lists(std::vector<Param>& params, const std::vector<ListId>& lists) {
    params.insert(params.end(), lists.begin(), lists.end());
}

std::vector<Param> block_params(const std::vector<SubscriberId>& subscribers) {
    CHECK(subscribers.size() <= kRecipientBlock);
    std::vector<Param> params;
    params.reserve(kRecipientBlock + 4);
    params.insert(params.end(), subscribers.begin(), subscribers.end());
    params.resize(kRecipientBlock, Param(std::int64_t{0}));
    return params;
}

std::string in_audience(std::vector<Param>& params, const model::AudienceLists& lists) {
    std::string sql = "x.state = 'active' AND x.list_id IN (" +
                      placeholders(params.size() + 1, lists.include.size()) + ")";
    append_lists(params, lists.include);
    if (!lists.exclude.empty()) {
        sql +=
            " AND NOT EXISTS (SELECT 1 FROM subscription o WHERE "
            "o.subscriber_id = x.subscriber_id AND o.state = 'active' AND o.list_id IN (" +
            placeholders(params.size() + 1, lists.exclude.size()) + "))";
        append_lists(params, lists.exclude);
    }
    return sql;
}

}  // namespace tocsin::store
