#include "delivery/audience_cutter.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "base/random.h"
#include "base/test_seed.h"

namespace tocsin::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Domains "d000", "d001" ... with so many recipients each; ids 1, 2 ...
std::vector<CutPartition> cut(const std::vector<std::size_t>& sizes) {
    AudienceCutter cutter;
    std::int64_t id = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const std::string number = std::to_string(i);
        const std::string domain = "d" + std::string(6 - number.size(), '0') + number;
        for (std::size_t k = 0; k < sizes[i]; ++k) {
            cutter.add({.subscriber = SubscriberId(++id), .list = ListId(1 + id % 3)}, domain);
        }
    }
    return cutter.finish();
}

std::vector<std::string> shape(const std::vector<CutPartition>& partitions) {
    std::vector<std::string> out;
    for (const CutPartition& partition : partitions) {
        out.push_back(partition.domain + ":" + std::to_string(partition.recipients));
    }
    return out;
}

TEST(AudienceCutter, NobodyIsNoPartition) {
    EXPECT_THAT(cut({}), IsEmpty());
}

TEST(AudienceCutter, SmallDomainsShare) {
    EXPECT_THAT(shape(cut({1, 1'999, 3})), ElementsAre(":2003"));
}

TEST(AudienceCutter, ALargeDomainIsAlone) {
    EXPECT_THAT(shape(cut({5, 2'000, 7})), ElementsAre(":5", "d000001:2000", ":7"));
    EXPECT_THAT(shape(cut({2'000, 2'000})), ElementsAre("d000000:2000", "d000001:2000"));
    EXPECT_THAT(shape(cut({1, 10'000, 1})), ElementsAre(":1", "d000001:10000", ":1"));
    EXPECT_THAT(shape(cut({1, 20'001, 1})),
                ElementsAre(":1", "d000001:10000", "d000001:10000", "d000001:1", ":1"));
}

TEST(AudienceCutter, AFullPartIsCutBeforeTheRunThatItEndsWith) {
    const std::vector<std::size_t> small = {1'900, 1'900, 1'900, 1'900, 1'900};
    std::vector<std::size_t> sizes = small;
    sizes.push_back(1'500);
    EXPECT_THAT(shape(cut(sizes)), ElementsAre(":9500", ":1500"));
    sizes.back() = 2'500;
    EXPECT_THAT(shape(cut(sizes)), ElementsAre(":9500", "d000005:2500"));
}

TEST(AudienceCutter, BeginsAnewAfterItsEnd) {
    AudienceCutter cutter;
    cutter.add({.subscriber = SubscriberId(1), .list = ListId(1)}, "a");
    EXPECT_THAT(shape(cutter.finish()), ElementsAre(":1"));
    EXPECT_THAT(cutter.finish(), IsEmpty());
    cutter.add({.subscriber = SubscriberId(2), .list = ListId(1)}, "a");
    EXPECT_THAT(shape(cutter.finish()), ElementsAre(":1"));
}

void check(const std::vector<std::size_t>& sizes) {
    const std::vector<CutPartition> partitions = cut(sizes);
    std::map<std::string, std::size_t> own;  // recipients in partitions of their domain
    std::int64_t id = 0;
    std::size_t large = 0;
    std::size_t domain = 0;
    std::size_t of_domain = 0;
    for (const CutPartition& partition : partitions) {
        ASSERT_GT(partition.recipients, 0U);
        ASSERT_LE(partition.recipients, limits::kPartitionRecipients);
        ChunkReader reader = ChunkReader::open(partition.chunk).value();
        ASSERT_EQ(reader.size(), partition.recipients);
        while (!reader.at_end()) {
            ASSERT_EQ(reader.next().subscriber.value(), ++id);  // everyone once, in order
            while (of_domain == sizes[domain]) {
                ++domain;
                of_domain = 0;
            }
            ++of_domain;
            const bool is_large = sizes[domain] >= limits::kPartitionDomainRecipients;
            ASSERT_EQ(!partition.domain.empty(), is_large);
            if (is_large) {
                ASSERT_EQ(std::stoul(partition.domain.substr(1)), domain);
            }
        }
    }
    std::size_t all = 0;
    for (const std::size_t size : sizes) {
        all += size;
        large += size >= limits::kPartitionDomainRecipients ? 1 : 0;
    }
    ASSERT_EQ(static_cast<std::size_t>(id), all);
    ASSERT_LE(partitions.size(), all * 5 / 4 / limits::kPartitionRecipients + 2 * large + 1);
}

TEST(AudienceCutter, EveryAudienceIsCutWell) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    SeededRandom random(seed);
    for (int round = 0; round < 8; ++round) {
        std::vector<std::size_t> sizes;
        const std::uint64_t domains = random.below(60);
        for (std::uint64_t i = 0; i < domains; ++i) {
            switch (random.below(8)) {
                case 0:
                    sizes.push_back(random.below(25'000));
                    break;
                case 1:
                    sizes.push_back(1'998 + random.below(4));
                    break;
                case 2:
                    sizes.push_back(9'998 + random.below(4));
                    break;
                case 3:
                    sizes.push_back(random.below(2'000));
                    break;
                default:
                    sizes.push_back(random.below(40));
                    break;
            }
        }
        check(sizes);
        if (HasFatalFailure()) {
            return;
        }
    }
}

}  // namespace
}  // namespace tocsin::delivery
