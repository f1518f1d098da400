// Latencies of any number of deliveries in little memory: a histogram of milliseconds.
//
// Fine: exact below 1,024 ms, then 512 buckets for each doubling, at most 0.2 % off; 16 KB up to a
// few seconds. Coarse: exact below 32 ms, then 16 buckets for each doubling, at most 6 % off; 1 KB.
// Percentiles are the upper edge of their bucket, never above the largest value seen. Plain value.
#pragma once

#include <cstddef>
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
    enum class Detail : std::uint8_t { Fine = 10, Coarse = 5 };  // significant bits

    explicit LatencyHistogram(Detail detail = Detail::Fine) : detail_(detail) {}

    // Negative values (the wall clock stepped back) count as 0; above 31 days as 31 days.
    void add(std::int64_t ms) { add(ms, 1); }
    void add(std::int64_t ms, std::uint64_t times);
    LatencyHistogram& operator+=(const LatencyHistogram& other);

    std::uint64_t count() const { return count_; }
    // The value that a share `p` in (0, 1] of all does not exceed; nullopt if there are none.
    std::optional<std::int64_t> percentile(double p) const;
    LatencySummary summary() const;

    // To be written down, and read again: nullopt if that is no histogram.
    struct Stored {
        std::vector<std::uint64_t> buckets;
        std::int64_t first = 0, last = 0;
    };
    Stored stored() const { return {buckets_, first_, last_}; }
    static std::optional<LatencyHistogram> restore(Detail detail, Stored stored);

  private:
    std::size_t bucket_of(std::uint64_t ms) const;
    std::int64_t upper_edge(std::size_t bucket) const;

    Detail detail_;
    std::vector<std::uint64_t> buckets_;  // grown to the largest one used
    std::uint64_t count_ = 0;
    std::int64_t first_ = 0;
    std::int64_t last_ = 0;
};

}  // namespace tocsin::model
