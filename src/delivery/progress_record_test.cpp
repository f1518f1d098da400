#include "delivery/progress_record.h"

#include <gtest/gtest.h>

namespace tocsin::delivery {
namespace {

NodeProgress sample() {
    NodeProgress progress;
    progress.counts = {.delivered = 300, .failed = 1, .suppressed = 2, .deferred = 5};
    progress.rate = 1234.5;
    progress.reason = "Google: 421 slow down";
    for (const char* name : {"gmail.example", "other"}) {
        NodeProgress::Domain domain{.domain = name, .counts = {.delivered = 150}};
        domain.clock.add(12, 100);
        domain.clock.add(40'000, 50);
        progress.domains.push_back(domain);
    }
    return progress;
}

TEST(ProgressRecord, SaysWhatWasPutIn) {
    const std::string record = encode_progress(sample());
    const auto read = decode_progress(record);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->counts, sample().counts);
    EXPECT_DOUBLE_EQ(read->rate, 1234.5);
    EXPECT_EQ(read->reason, sample().reason);
    ASSERT_EQ(read->domains.size(), 2U);
    EXPECT_EQ(read->domains[1].domain, "other");
    EXPECT_EQ(read->domains[1].counts.delivered, 150U);
    EXPECT_EQ(read->domains[1].clock.summary(), sample().domains[1].clock.summary());
    EXPECT_EQ(encode_progress(*read), record);
    EXPECT_LT(record.size(), 150U);
    EXPECT_TRUE(decode_progress(encode_progress({})));
}

TEST(ProgressRecord, ACutOrChangedOneIsRefused) {
    const std::string record = encode_progress(sample());
    for (std::size_t i = 0; i < record.size(); ++i) {
        EXPECT_FALSE(decode_progress(std::string_view(record).substr(0, i)));
        std::string changed = record;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(decode_progress(changed));
    }
    EXPECT_FALSE(decode_progress(record + "x"));
}

TEST(ProgressRecord, HoldsNoMoreThanItsLimits) {
    NodeProgress large = sample();
    large.reason = std::string(5'000, 'r');
    large.domains.resize(400, large.domains[0]);
    const auto read = decode_progress(encode_progress(large));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->reason.size(), 1'000U);
    EXPECT_EQ(read->domains.size(), 256U);
}

}  // namespace
}  // namespace tocsin::delivery
