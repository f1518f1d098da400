#include "delivery/reader_terms.h"

#include <algorithm>
#include <map>

#include "store/terms.h"

namespace tocsin::delivery {
namespace {

// Readers are many, zones few, and looking one up takes a lock and a search.
class Zones {
  public:
    const model::Zone& of(const std::string& name) {
        const auto found = zones_.find(name);
        if (found != zones_.end()) {
            return found->second;
        }
        // A zone that this machine has no rules for (an update of tzdata took it away).
        Result<model::Zone> zone = model::Zone::find(name);
        return zones_.emplace(name, zone ? *zone : model::Zone::utc()).first->second;
    }

  private:
    std::map<std::string, model::Zone> zones_;
};

// The list through which it reaches the reader: the first that matches, as in the audience.
ListId list_of(const store::RecipientRow& row) {
    return row.active.front();
}

}  // namespace

bool asks_terms(const store::DeliveryOrder& order) {
    return !model::goes_to_those_reached(order.kind);
}

HeldReaders apply_terms(store::Database& db, const store::DeliveryOrder& order,
                        const std::vector<store::RecipientRow>& rows) {
    std::vector<SubscriberId> readers;
    for (const store::RecipientRow& row : rows) {
        readers.push_back(row.subscriber);
    }
    std::sort(readers.begin(), readers.end());
    store::hold_terms(db, readers);
    const std::vector<SubscriberId> muted = store::muted_by(db, order.story, readers);

    HeldReaders held;
    std::vector<store::HeldAlert> waiting;
    Zones zones;
    for (const store::RecipientRow& row : rows) {
        const model::Zone& zone = zones.of(row.terms->zone);
        const std::int64_t day = zone.local(order.released_at).day;
        const bool limited = row.terms->daily_max > 0;
        const model::Occasion occasion{
            .kind = order.kind,
            .priority = order.priority,
            .released_at = order.released_at,
            .frequency = row.frequencies.most_generous(order.priority),
            .muted = std::ranges::find(muted, row.subscriber) != muted.end(),
            .sent_today = limited ? store::sent_on(db, row.subscriber, day, order.alert) : 0};
        const model::Verdict verdict = model::decide(*row.terms, zone, occasion);
        if (verdict.held != model::Held::No) {
            held.emplace(row.subscriber, verdict.held);
        } else if (limited) {
            store::note_sent(db, row.subscriber, day, order.alert);
        }
        if (verdict.due) {
            waiting.push_back({row.subscriber, order.alert, list_of(row), *verdict.due});
        }
    }
    store::hold_alerts(db, waiting);
    return held;
}

}  // namespace tocsin::delivery
