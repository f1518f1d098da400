#include "delivery/progress_record.h"

#include <cmath>

#include "base/bytes.h"
#include "delivery/sealed.h"
#include "delivery/varint.h"

namespace tocsin::delivery {
namespace {

using model::LatencyHistogram;

constexpr char kMagic = 'P';
constexpr std::uint64_t kCountMax = std::uint64_t{1} << 48;
constexpr std::uint64_t kRateMax = 1'000'000'000;
constexpr std::uint64_t kTextMax = 1'000;
constexpr std::uint64_t kDomainsMax = 256;
constexpr std::uint64_t kBucketsMax = 1'000;  // a coarse clock has 512 of them
constexpr std::uint64_t kMsMax = std::uint64_t{1} << 40;

void put_text(std::string& out, std::string_view text) {
    const std::string_view kept = text.substr(0, kTextMax);
    put_varint(out, kept.size());
    out += kept;
}

void put_counts(std::string& out, const OutcomeCounts& counts) {
    for (const std::uint64_t count : {counts.delivered, counts.failed, counts.expired,
                                      counts.suppressed, counts.unknown, counts.deferred}) {
        put_varint(out, count);
    }
}

void put_clock(std::string& out, const LatencyHistogram& clock) {
    const LatencyHistogram::Stored stored = clock.stored();
    std::string buckets;
    std::uint64_t used = 0;
    std::size_t next = 0;
    for (std::size_t i = 0; i < stored.buckets.size(); ++i) {
        if (stored.buckets[i] > 0) {
            put_varint(buckets, i - next);
            put_varint(buckets, stored.buckets[i]);
            next = i + 1;
            ++used;
        }
    }
    put_varint(out, static_cast<std::uint64_t>(stored.first));
    put_varint(out, static_cast<std::uint64_t>(stored.last));
    put_varint(out, used);
    out += buckets;
}

OutcomeCounts read_counts(ByteReader& reader) {
    OutcomeCounts counts;
    for (std::uint64_t* count : {&counts.delivered, &counts.failed, &counts.expired,
                                 &counts.suppressed, &counts.unknown, &counts.deferred}) {
        *count = reader.varint(kCountMax);
    }
    return counts;
}

std::string read_text(ByteReader& reader) {
    return std::string(reader.bytes(reader.varint(kTextMax)));
}

std::optional<LatencyHistogram> read_clock(ByteReader& reader) {
    LatencyHistogram::Stored stored;
    stored.first = static_cast<std::int64_t>(reader.varint(kMsMax));
    stored.last = static_cast<std::int64_t>(reader.varint(kMsMax));
    const std::uint64_t used = reader.varint(kBucketsMax);
    for (std::uint64_t i = 0; i < used && reader.ok(); ++i) {
        const std::size_t bucket = stored.buckets.size() + reader.varint(kBucketsMax);
        stored.buckets.resize(bucket + 1);
        stored.buckets[bucket] = reader.varint(kCountMax);
    }
    return LatencyHistogram::restore(LatencyHistogram::Detail::Coarse, std::move(stored));
}

Error damaged() {
    return Error(ErrorKind::Corrupt, "a node's record of its progress is damaged");
}

}  // namespace

std::string encode_progress(const NodeProgress& progress) {
    std::string out = begin_sealed(kMagic);
    put_counts(out, progress.counts);
    put_varint(out, std::min<std::uint64_t>(
                        kRateMax, static_cast<std::uint64_t>(std::lround(progress.rate * 10))));
    put_text(out, progress.reason);
    const std::size_t domains = std::min<std::size_t>(progress.domains.size(), kDomainsMax);
    put_varint(out, domains);
    for (std::size_t i = 0; i < domains; ++i) {
        put_text(out, progress.domains[i].domain);
        put_counts(out, progress.domains[i].counts);
        put_clock(out, progress.domains[i].clock);
    }
    seal(out);
    return out;
}

Result<NodeProgress> decode_progress(std::string_view record) {
    TRY_AS(const std::string_view payload, unseal(record, kMagic, "a node's record of progress"));
    ByteReader reader(payload);
    NodeProgress progress;
    progress.counts = read_counts(reader);
    progress.rate = static_cast<double>(reader.varint(kRateMax)) / 10;
    progress.reason = read_text(reader);
    const std::uint64_t domains = reader.varint(kDomainsMax);
    for (std::uint64_t i = 0; i < domains && reader.ok(); ++i) {
        NodeProgress::Domain domain;
        domain.domain = read_text(reader);
        domain.counts = read_counts(reader);
        auto clock = read_clock(reader);
        if (!clock) {
            return damaged();
        }
        domain.clock = std::move(*clock);
        progress.domains.push_back(std::move(domain));
    }
    if (!reader.ok() || reader.left() > 0) {
        return damaged();
    }
    return progress;
}

}  // namespace tocsin::delivery
