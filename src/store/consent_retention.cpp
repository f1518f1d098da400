#include "store/consent_retention.h"

#include "store/consent.h"
#include "store/lists.h"
#include "store/outbox.h"

namespace tocsin::store {

// List by list, as the index is; a reader who waits on two lists comes once.
std::vector<SubscriberRow> unconfirmed_readers(Database& db, Time before, int limit) {
    std::vector<SubscriberRow> out;
    for (const ListRow& list : all_lists(db)) {
        const auto rows = db.query(
            "SELECT t.subscriber_id FROM subscription t WHERE t.list_id = $1 AND t.state = "
            "'pending' AND t.requested_at < $2 AND NOT EXISTS (SELECT 1 FROM subscription o WHERE "
            "o.subscriber_id = t.subscriber_id AND (o.state <> 'pending' OR o.requested_at >= $2 "
            "OR o.list_id < t.list_id)) ORDER BY t.subscriber_id LIMIT $3",
            {list.id, before, limit - static_cast<int>(out.size())});
        for (const Row& row : rows) {
            if (auto reader = find_subscriber(db, SubscriberId(row.integer(0)))) {
                out.push_back(std::move(*reader));
            }
        }
        if (static_cast<int>(out.size()) >= limit) {
            break;
        }
    }
    return out;
}

void delete_reader(Database& db, const SubscriberRow& reader) {
    delete_outbox_to(db, reader.address);
    erase_consent_details(db, reader.subject);
    delete_subscriber(db, reader.id);
}

}  // namespace tocsin::store
