#include "delivery/status.h"

#include <fmt/format.h>

#include "store/alerts.h"
#include "store/delivery.h"

namespace tocsin::delivery {
namespace {

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out.push_back(c);
        }
    }
    return out + '"';
}

std::string number(const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : "null";
}

std::string clock_json(const model::LatencySummary& clock) {
    return fmt::format(R"("first_ms":{},"p50_ms":{},"p90_ms":{},"p99_ms":{},"last_ms":{})",
                       number(clock.first_ms), number(clock.p50_ms), number(clock.p90_ms),
                       number(clock.p99_ms), number(clock.last_ms));
}

std::string counts_json(const OutcomeCounts& counts) {
    return fmt::format(
        R"("delivered":{},"failed":{},"expired":{},"suppressed":{},"unknown":{},"deferred":{})",
        counts.delivered, counts.failed, counts.expired, counts.suppressed, counts.unknown,
        counts.deferred);
}

OutcomeCounts counts_of(const store::PartitionCounts& counts) {
    return {.delivered = counts.delivered,
            .failed = counts.failed,
            .expired = counts.expired,
            .suppressed = counts.suppressed,
            .unknown = counts.unknown,
            .deferred = 0};
}

}  // namespace

OutcomeCounts& OutcomeCounts::operator+=(const OutcomeCounts& other) {
    delivered += other.delivered;
    failed += other.failed;
    expired += other.expired;
    suppressed += other.suppressed;
    unknown += other.unknown;
    deferred += other.deferred;
    return *this;
}

std::string AlertStatus::json() const {
    std::string out = fmt::format(
        R"({{"id":{},"kind":{},"state":{},"audience":{},{},"pending":{},)"
        R"("released_at":{},{},"rate":{:.1f})",
        id.value(), json_text(kind), json_text(state), audience, counts_json(counts), pending(),
        released_at ? json_text(rfc3339(*released_at)) : "null", clock_json(clock), rate);
    out += R"(,"reason":)" + json_text(reason) + R"(,"domains":[)";
    for (const DomainProgress& domain : domains) {
        out += fmt::format(R"({}{{"domain":{},{},{}}})", &domain == domains.data() ? "" : ",",
                           json_text(domain.domain), counts_json(domain.counts),
                           clock_json(domain.clock));
    }
    return out + "]}";
}

Result<AlertStatus> alert_status(store::Database& db, AlertId alert,
                                 const std::optional<Progress>& live) {
    const std::optional<store::AlertRow> row = store::find_alert(db, alert);
    if (!row) {
        return not_found(fmt::format("there is no alert {}", alert.value()));
    }
    AlertStatus status;
    status.id = alert;
    status.kind = model::to_string(row->kind);
    status.state = model::to_string(row->state);
    status.released_at = row->released_at;
    if (live && !row->finished_at) {
        status.audience = live->audience;
        status.counts = live->counts;
        status.clock = live->clock;
        status.rate = live->rate;
        status.domains = live->domains;
        status.reason = live->reason;
        return status;
    }
    const store::PartitionSums sums = store::sum_partitions(db, alert);
    status.audience = sums.audience;
    status.counts = counts_of(sums.counts);
    if (const auto clock = store::find_clock(db, alert)) {
        status.clock = {.first_ms = clock->first_ms,
                        .p50_ms = clock->p50_ms,
                        .p90_ms = clock->p90_ms,
                        .p99_ms = clock->p99_ms,
                        .last_ms = clock->last_ms};
    }
    if (row->finished_at && row->released_at) {
        const std::chrono::duration<double> took = *row->finished_at - *row->released_at;
        if (took.count() > 0) {
            status.rate = static_cast<double>(status.counts.delivered) / took.count();
        }
    }
    return status;
}

}  // namespace tocsin::delivery
