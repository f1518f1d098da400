#include "store/signup_readers.h"

#include "store/consent_retention.h"
#include "store/subscribers.h"

namespace tocsin::store {

void tag_subscriber(Database& db, SubscriberId id, std::string_view tag) {
    db.execute("UPDATE subscriber SET tag = $2 WHERE id = $1", {id, tag});
}

std::int64_t drop_unconfirmed(Database& db, const std::string& domain, int limit) {
    const std::vector<Row> rows = db.query(
        "SELECT s.id FROM subscriber s WHERE s.domain = $1 AND NOT EXISTS (SELECT 1 "
        "FROM subscription t WHERE t.subscriber_id = s.id AND t.state <> 'pending') "
        "ORDER BY s.id LIMIT $2",
        {domain, limit});
    for (const Row& row : rows) {
        if (const auto reader = find_subscriber(db, SubscriberId(row.integer(0)))) {
            delete_reader(db, *reader);
        }
    }
    return static_cast<std::int64_t>(rows.size());
}

}  // namespace tocsin::store
