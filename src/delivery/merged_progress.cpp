// What all nodes together have done for an alert.
#include <algorithm>
#include <map>

#include "base/log.h"
#include "delivery/progress_record.h"
#include "delivery/status.h"
#include "store/alerts.h"
#include "store/delivery.h"
#include "store/nodes.h"

namespace tocsin::delivery {
namespace {

// A node that died, or lost a partition, leaves what it had deferred to others, who count it again;
// what it had not written down is missing. So the sum may be a little off, but never more than all.
void keep_within(std::uint64_t audience, OutcomeCounts& counts) {
    std::uint64_t left = audience;
    for (std::uint64_t* count : {&counts.delivered, &counts.failed, &counts.expired,
                                 &counts.suppressed, &counts.unknown, &counts.deferred}) {
        *count = std::min(*count, left);
        left -= *count;
    }
}

}  // namespace

std::optional<Progress> merged_progress(store::Database& db, AlertId alert, Time now) {
    const std::optional<store::AlertRow> row = store::find_alert(db, alert);
    if (!row || !row->released_at || row->finished_at) {
        return std::nullopt;
    }
    const store::PartitionSums sums = store::sum_partitions(db, alert);
    Progress all;
    all.alert = alert;
    all.audience = sums.audience;
    std::map<std::string, NodeProgress::Domain> domains;
    model::LatencyHistogram clock(model::LatencyHistogram::Detail::Coarse);
    for (const store::AlertProgressRow& stored : store::load_alert_progress(db, alert, now)) {
        Result<NodeProgress> node = decode_progress(stored.progress);
        if (!node) {
            log_warning("alert {}, node {}: {}", alert.value(), stored.node,
                        node.error().message());
            continue;
        }
        const auto forget_deferred = [&](OutcomeCounts& counts) {
            counts.deferred = stored.alive ? counts.deferred : 0;
        };
        forget_deferred(node->counts);
        all.counts += node->counts;
        if (stored.alive) {
            all.rate += node->rate;
            if (all.reason.empty() && !node->reason.empty()) {
                all.reason = stored.node + ": " + node->reason;
            }
        }
        for (NodeProgress::Domain& domain : node->domains) {
            forget_deferred(domain.counts);
            clock += domain.clock;
            NodeProgress::Domain& sum = domains[domain.domain];
            sum.counts += domain.counts;
            sum.clock += domain.clock;
        }
    }
    keep_within(all.audience, all.counts);
    all.clock = clock.summary();
    for (const auto& [name, domain] : domains) {
        if (domain.counts != OutcomeCounts{}) {
            all.domains.push_back(
                {.domain = name, .counts = domain.counts, .clock = domain.clock.summary()});
        }
    }
    std::sort(all.domains.begin(), all.domains.end(),
              [](const DomainProgress& a, const DomainProgress& b) {
                  return a.counts.settled() > b.counts.settled();
              });
    return all;
}

}  // namespace tocsin::delivery
