#include "store/consent_retention.h"

#include <string_view>

#include <fmt/format.h>

#include "store/consent.h"
#include "store/lists.h"
#include "store/outbox.h"

namespace tocsin::store {

namespace {

// By what a reader comes: a request that waits, of the lowest list; without one, a request that was
// taken back before it was confirmed ("this wasn't me"). An index serves each.
constexpr std::string_view kWaits =
    "t.state = 'pending' AND NOT EXISTS (SELECT 1 FROM subscription o WHERE o.subscriber_id = "
    "t.subscriber_id AND o.state = 'pending' AND o.list_id < t.list_id)";
constexpr std::string_view kTakenBack =
    "t.state = 'left' AND t.confirmed_at IS NULL AND NOT EXISTS (SELECT 1 FROM subscription o "
    "WHERE o.subscriber_id = t.subscriber_id AND (o.state = 'pending' OR o.list_id < t.list_id))";

void add_unconfirmed(Database& db, std::string_view which, ListId list, Time before, int limit,
                     std::vector<SubscriberRow>& out) {
    if (static_cast<int>(out.size()) >= limit) {
        return;
    }
    const auto rows = db.query(
        fmt::format("SELECT t.subscriber_id FROM subscription t WHERE t.list_id = $1 AND {} AND "
                    "t.requested_at < $2 AND NOT EXISTS (SELECT 1 FROM subscription c WHERE "
                    "c.subscriber_id = t.subscriber_id AND (c.confirmed_at IS NOT NULL OR "
                    "c.requested_at >= $2)) ORDER BY t.subscriber_id LIMIT $3",
                    which),
        {list, before, limit - static_cast<int>(out.size())});
    for (const Row& row : rows) {
        if (auto reader = find_subscriber(db, SubscriberId(row.integer(0)))) {
            out.push_back(std::move(*reader));
        }
    }
}

}  // namespace

std::vector<SubscriberRow> unconfirmed_readers(Database& db, Time before, int limit) {
    std::vector<SubscriberRow> out;
    for (const ListRow& list : all_lists(db)) {
        add_unconfirmed(db, kWaits, list.id, before, limit, out);
        add_unconfirmed(db, kTakenBack, list.id, before, limit, out);
    }
    return out;
}

std::vector<SubscriberRow> unconfirmed_readers_at(Database& db, const std::string& domain,
                                                  int limit) {
    std::vector<SubscriberRow> out;
    for (const Row& row :
         db.query("SELECT s.id FROM subscriber s WHERE s.domain = $1 AND NOT EXISTS (SELECT 1 FROM "
                  "subscription t WHERE t.subscriber_id = s.id AND t.confirmed_at IS NOT NULL) "
                  "ORDER BY s.id LIMIT $2",
                  {domain, limit})) {
        if (auto reader = find_subscriber(db, SubscriberId(row.integer(0)))) {
            out.push_back(std::move(*reader));
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
