#include "model/latency.h"

#include <algorithm>
#include <bit>

namespace tocsin::model {
namespace {

constexpr std::int64_t kMaxMs = std::int64_t{31} * 24 * 3600 * 1000;

}  // namespace

// Values below 2^bits have a bucket each. Above, a value of w significant bits is cut to its first
// `bits`: 2^(bits-1) buckets for every doubling.
std::size_t LatencyHistogram::bucket_of(std::uint64_t ms) const {
    const unsigned bits = static_cast<unsigned>(detail_);
    const unsigned width = static_cast<unsigned>(std::bit_width(ms));
    if (width <= bits) {
        return ms;
    }
    const unsigned shift = width - bits;
    const std::uint64_t half = std::uint64_t{1} << (bits - 1);
    return (std::uint64_t{1} << bits) + (shift - 1) * half + ((ms >> shift) - half);
}

std::int64_t LatencyHistogram::upper_edge(std::size_t bucket) const {
    const unsigned bits = static_cast<unsigned>(detail_);
    const std::uint64_t exact = std::uint64_t{1} << bits;
    if (bucket < exact) {
        return static_cast<std::int64_t>(bucket);
    }
    const std::uint64_t half = exact / 2;
    const std::uint64_t shift = (bucket - exact) / half + 1;
    const std::uint64_t mantissa = (bucket - exact) % half + half;
    return static_cast<std::int64_t>(((mantissa + 1) << shift) - 1);
}

void LatencyHistogram::add(std::int64_t ms, std::uint64_t times) {
    if (times == 0) {
        return;
    }
    ms = std::clamp(ms, std::int64_t{0}, kMaxMs);
    const std::size_t bucket = bucket_of(static_cast<std::uint64_t>(ms));
    if (bucket >= buckets_.size()) {
        buckets_.resize(bucket + 1);
    }
    buckets_[bucket] += times;
    first_ = count_ == 0 ? ms : std::min(first_, ms);
    last_ = count_ == 0 ? ms : std::max(last_, ms);
    count_ += times;
}

LatencyHistogram& LatencyHistogram::operator+=(const LatencyHistogram& other) {
    if (other.count_ == 0) {
        return *this;
    }
    if (other.detail_ == detail_) {
        buckets_.resize(std::max(buckets_.size(), other.buckets_.size()));
        for (std::size_t i = 0; i < other.buckets_.size(); ++i) {
            buckets_[i] += other.buckets_[i];
        }
        first_ = count_ == 0 ? other.first_ : std::min(first_, other.first_);
        last_ = count_ == 0 ? other.last_ : std::max(last_, other.last_);
        count_ += other.count_;
        return *this;
    }
    for (std::size_t i = 0; i < other.buckets_.size(); ++i) {
        add(other.upper_edge(i), other.buckets_[i]);
    }
    return *this;
}

std::optional<LatencyHistogram> LatencyHistogram::restore(Detail detail, Stored stored) {
    constexpr std::uint64_t kBucketMax = std::uint64_t{1} << 48;  // so that sums do not overflow
    LatencyHistogram histogram(detail);
    const bool sized = stored.buckets.size() <= histogram.bucket_of(kMaxMs) + 1;
    if (!sized || stored.first < 0 || stored.first > stored.last || stored.last > kMaxMs) {
        return std::nullopt;
    }
    for (const std::uint64_t bucket : stored.buckets) {
        if (bucket > kBucketMax) {
            return std::nullopt;
        }
        histogram.count_ += bucket;
    }
    histogram.buckets_ = std::move(stored.buckets);
    histogram.first_ = stored.first;
    histogram.last_ = stored.last;
    return histogram;
}

std::optional<std::int64_t> LatencyHistogram::percentile(double p) const {
    if (count_ == 0) {
        return std::nullopt;
    }
    const auto wanted = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(p * static_cast<double>(count_) + 0.999999));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        seen += buckets_[i];
        if (seen >= wanted) {
            return std::clamp(upper_edge(i), first_, last_);
        }
    }
    return last_;
}

LatencySummary LatencyHistogram::summary() const {
    LatencySummary summary;
    if (count_ == 0) {
        return summary;
    }
    summary.first_ms = first_;
    summary.p50_ms = percentile(0.50);
    summary.p90_ms = percentile(0.90);
    summary.p99_ms = percentile(0.99);
    summary.last_ms = last_;
    return summary;
}

}  // namespace tocsin::model
