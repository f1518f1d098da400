#include "delivery/audience_chunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "base/random.h"
#include "base/test_seed.h"
#include "delivery/sealed.h"
#include "delivery/varint.h"

namespace tocsin::delivery {
namespace {

std::vector<ChunkRecipient> some(SeededRandom& random, std::size_t count) {
    std::vector<ChunkRecipient> out;
    std::int64_t id = 0;
    for (std::size_t i = 0; i < count; ++i) {
        id = random.below(50) == 0 ? static_cast<std::int64_t>(random.below(1'000'000))
                                   : id + 1 + static_cast<std::int64_t>(random.below(300));
        const bool other = random.below(4) == 0 || out.empty();
        const ListId list =
            other ? ListId(static_cast<std::int64_t>(1 + random.below(200))) : out.back().list;
        out.push_back({.subscriber = SubscriberId(id), .list = list});
    }
    return out;
}

TEST(ChunkReader, ReadsWhatWasEncoded) {
    const std::uint64_t seed = test_seed();
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    SeededRandom random(seed);
    for (const std::size_t count : {0UL, 1UL, 2UL, 500UL, limits::kPartitionRecipients}) {
        const std::vector<ChunkRecipient> all = some(random, count);
        ChunkReader reader = ChunkReader::open(encode_chunk(all)).value();
        ASSERT_EQ(reader.size(), count);
        for (std::size_t i = 0; i < count; ++i) {
            ASSERT_EQ(reader.position(), i);
            ASSERT_FALSE(reader.at_end());
            ASSERT_EQ(reader.next(), all[i]);
        }
        EXPECT_TRUE(reader.at_end());
    }
}

TEST(ChunkReader, GoesOnAfterAMove) {
    // One of a few bytes too: such strings move by copying.
    for (const std::size_t count : {2UL, 400UL}) {
        SeededRandom random(7);
        const std::vector<ChunkRecipient> all = some(random, count);
        ChunkReader first = ChunkReader::open(encode_chunk(all)).value();
        EXPECT_EQ(first.next(), all[0]);
        ChunkReader second = std::move(first);
        EXPECT_EQ(second.position(), 1U);
        for (std::size_t i = 1; i < count; ++i) {
            ASSERT_EQ(second.next(), all[i]);
        }
    }
}

TEST(ChunkReader, NoticesEveryChangedByteAndEveryCut) {
    SeededRandom random(3);
    const std::string good = encode_chunk(some(random, 30));
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
        EXPECT_FALSE(ChunkReader::open(bad)) << i;
        EXPECT_FALSE(ChunkReader::open(good.substr(0, i))) << i;
    }
}

// What the checksum cannot notice: bytes that were sealed like this.
TEST(ChunkReader, RefusesPartsThatDoNotFit) {
    const auto opens = [](const std::vector<std::uint64_t>& numbers) {
        std::string blob = begin_sealed('A');
        for (const std::uint64_t number : numbers) {
            put_varint(blob, number);
        }
        seal(blob);
        return static_cast<bool>(ChunkReader::open(blob));
    };
    EXPECT_TRUE(opens({1, 5, 2, 2, 2, 0, 2}));         // list 5; two recipients; one run of both
    EXPECT_FALSE(opens({1, 5, 2, 2, 2, 1, 2}));        // no such list
    EXPECT_FALSE(opens({1, 5, 2, 2, 2, 0, 1}));        // a run is missing
    EXPECT_FALSE(opens({1, 5, 2, 2, 2, 0, 3}));        // a run too long
    EXPECT_FALSE(opens({1, 5, 2, 2, 2, 0, 0, 0, 2}));  // an empty run
    EXPECT_FALSE(opens({1, 5, 2, 2, 2, 0, 2, 0}));     // something behind
    EXPECT_FALSE(opens({1, 5, 10'001}));               // too many
    EXPECT_FALSE(opens({4'097}));
    EXPECT_FALSE(opens({}));
}

}  // namespace
}  // namespace tocsin::delivery
