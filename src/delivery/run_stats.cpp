#include "delivery/run_stats.h"

#include <algorithm>

namespace tocsin::delivery {
namespace {

constexpr std::size_t kDomainsMax = 200;
constexpr std::chrono::seconds kRateWindow{3};
constexpr std::size_t kDomainsForOthers = 24;  // about 2 KB every two seconds

}  // namespace

RunStats::RunStats() {
    domains_.push_back({.name = "other", .counts = {}});
}

RunStats::DomainSlot RunStats::domain(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const std::string key(name);
    if (const auto found = slots_.find(key); found != slots_.end()) {
        return found->second;
    }
    if (domains_.size() > kDomainsMax) {
        return kOther;
    }
    const auto slot = static_cast<DomainSlot>(domains_.size());
    domains_.push_back({.name = key, .counts = {}});
    slots_.emplace(key, slot);
    return slot;
}

void RunStats::change(OutcomeCounts& counts, Before before, RecordKind kind) {
    RecipientState state;
    state.kind = kind;
    count_state(state, counts);
    if (before == Before::Deferred && kind != RecordKind::Intent) {
        --counts.deferred;
    }
}

void RunStats::record(DomainSlot domain, Before before, RecordKind kind, std::int64_t after_ms) {
    const std::lock_guard lock(mutex_);
    change(counts_, before, kind);
    change(domains_[domain].counts, before, kind);
    if (kind == RecordKind::Delivered) {
        clock_.add(after_ms);
        domains_[domain].clock.add(after_ms);
    }
}

void RunStats::add(const PartitionState& state) {
    const std::lock_guard lock(mutex_);
    counts_ += state.counts();
    for (const RecipientState& recipient : state.recipients()) {
        if (recipient.kind == RecordKind::Delivered) {
            clock_.add(recipient.after_ms);
        }
    }
}

void RunStats::add_deferred(const PartitionState& state) {
    const std::lock_guard lock(mutex_);
    counts_.deferred += state.counts().deferred;
}

void RunStats::replace(const OutcomeCounts& before, const OutcomeCounts& after) {
    const std::lock_guard lock(mutex_);
    counts_ += after;
    counts_.delivered -= before.delivered;
    counts_.failed -= before.failed;
    counts_.expired -= before.expired;
    counts_.suppressed -= before.suppressed;
    counts_.unknown -= before.unknown;
    counts_.deferred -= before.deferred;
}

void RunStats::fill(SteadyTime now, Progress& progress) const {
    const std::lock_guard lock(mutex_);
    progress.counts = counts_;
    progress.clock = clock_.summary();
    for (const Domain& domain : domains_) {
        if (domain.counts != OutcomeCounts{}) {
            progress.domains.push_back(
                {.domain = domain.name, .counts = domain.counts, .clock = domain.clock.summary()});
        }
    }
    std::sort(progress.domains.begin(), progress.domains.end(),
              [](const DomainProgress& a, const DomainProgress& b) {
                  return a.counts.settled() > b.counts.settled();
              });
    if (samples_[1].at == SteadyTime{}) {
        samples_.fill({.at = now, .delivered = counts_.delivered});
    } else if (now - samples_[1].at >= kRateWindow) {
        samples_[0] = samples_[1];
        samples_[1] = {.at = now, .delivered = counts_.delivered};
    }
    const double seconds = std::chrono::duration<double>(now - samples_[0].at).count();
    if (seconds > 0) {
        progress.rate = static_cast<double>(counts_.delivered - samples_[0].delivered) / seconds;
    }
}

NodeProgress RunStats::for_others() const {
    const std::lock_guard lock(mutex_);
    NodeProgress progress;
    progress.counts = counts_;
    std::vector<const Domain*> busiest;
    for (const Domain& domain : domains_) {
        if (domain.counts != OutcomeCounts{}) {
            busiest.push_back(&domain);
        }
    }
    std::sort(busiest.begin(), busiest.end(), [](const Domain* a, const Domain* b) {
        return a->counts.settled() > b->counts.settled();
    });
    NodeProgress::Domain others{.domain = domains_[kOther].name, .counts = {}};
    for (const Domain* domain : busiest) {
        if (domain != domains_.data() && progress.domains.size() < kDomainsForOthers) {
            progress.domains.push_back({domain->name, domain->counts, domain->clock});
        } else {
            others.counts += domain->counts;
            others.clock += domain->clock;
        }
    }
    progress.domains.push_back(std::move(others));
    return progress;
}

OutcomeCounts RunStats::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

model::LatencySummary RunStats::clock() const {
    const std::lock_guard lock(mutex_);
    return clock_.summary();
}

}  // namespace tocsin::delivery
