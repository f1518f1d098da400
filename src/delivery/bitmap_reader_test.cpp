// What CRoaring writes is read back; what it would not have written is refused.
#include "delivery/bitmap_reader.h"

#include <roaring/roaring.hh>

#include <gtest/gtest.h>

#include "base/random.h"

namespace tocsin::delivery {
namespace {

constexpr std::size_t kLimit = 400'000;

std::string written(const std::vector<std::uint32_t>& numbers, bool optimised) {
    Roaring bitmap(numbers.size(), numbers.data());
    if (optimised) {
        bitmap.runOptimize();
    }
    std::string bytes(bitmap.getSizeInBytes(), '\0');
    bitmap.write(bytes.data());
    return bytes;
}

// Every number of a range with this chance in 1,000: arrays, bits and runs as it comes.
std::vector<std::uint32_t> numbers(SeededRandom& random, std::uint32_t range, unsigned chance) {
    std::vector<std::uint32_t> out;
    for (std::uint32_t i = 0; i < range; ++i) {
        if (random.below(1'000) < chance) {
            out.push_back(i);
        }
    }
    return out;
}

TEST(BitmapReader, ReadsWhatCRoaringWrites) {
    SeededRandom random(1);
    for (const std::uint32_t range : {1U, 10'000U, 70'000U, 200'000U}) {
        for (const unsigned chance : {0U, 1U, 30U, 500U, 999U, 1'000U}) {
            const std::vector<std::uint32_t> all = numbers(random, range, chance);
            for (const bool optimised : {false, true}) {
                const auto read = read_bitmap(written(all, optimised), kLimit);
                ASSERT_TRUE(read) << range << " " << chance;
                EXPECT_EQ(*read, all);
                EXPECT_FALSE(!all.empty() && read_bitmap(written(all, optimised), all.back()));
            }
        }
    }
}

TEST(BitmapReader, DamageIsRefusedOrReadsAsOtherNumbers) {
    SeededRandom random(2);
    for (const bool optimised : {false, true}) {
        const std::string whole = written(numbers(random, 12'000, 950), optimised);
        for (std::size_t at = 0; at < whole.size(); at += 1 + at / 50) {
            EXPECT_FALSE(read_bitmap(std::string_view(whole).substr(0, at), kLimit)) << at;
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(8)));
            if (const auto read = read_bitmap(damaged, kLimit)) {
                EXPECT_TRUE(std::is_sorted(read->begin(), read->end()));
            }
        }
        EXPECT_FALSE(read_bitmap(whole + '\0', kLimit)) << "something behind it";
    }
}

TEST(BitmapReader, RefusesARunContainerWithoutRuns) {
    const std::string empty_run("\x3b\x30\x00\x00\x01\x00\x00\x00\x00\x00\x00", 11);
    EXPECT_FALSE(read_bitmap(empty_run, kLimit));
}

}  // namespace
}  // namespace tocsin::delivery
