// Latencies of up to millions of deliveries in a fixed 10 KB: a histogram of milliseconds.
//
// Exact below 1,024 ms, then 512 buckets for each doubling: at most 0.2 % off. Percentiles are the
// upper edge of their bucket, never above the largest value seen. Plain value, one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace tocsin::model {

// Release to delivery. All absent while nothing has been delivered.
struct LatencySummary {
    std::optional<std::int64_t> first_ms, p50_ms, p90_ms, p99_ms, last_ms;

    friend bool operator==(const LatencySummary&, const LatencySummary&) = default;
};

class LatencyHistogram {
  public:
    // Negative values (the wall clock stepped back) count as 0; above 31 days as 31 days.
    void add(std::int64_t ms) { add(ms, 1); }
    void add(std::int64_t ms, std::uint64_t times);
    LatencyHistogram& operator+=(const LatencyHistogram& other);

    std::uint64_t count() const { return count_; }
    // The value that a share `p` in (0, 1] of all does not exceed; nullopt if there are none.
    std::optional<std::int64_t> percentile(double p) const;
    LatencySummary summary() const;

  private:
    std::vector<std::uint64_t> buckets_;  // grown to the largest one used
    std::uint64_t count_ = 0;
    std::int64_t first_ = 0;
    std::int64_t last_ = 0;
};

}  // namespace tocsin::model
