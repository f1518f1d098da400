#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/random.h"
#include "base/result.h"

namespace tocsin {
namespace {

TEST(Bytes, EncodingsRoundTripEveryLength) {
    SeededRandom random(1);
    for (std::size_t n = 0; n < 70; ++n) {
        const std::string bytes = random.bytes(n);
        EXPECT_EQ(hex_decode(hex_encode(bytes)), bytes);
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
        EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
        EXPECT_EQ(base32_decode(base32_encode(bytes)), bytes);
    }
}

TEST(Sha256, PairIsTwoOfOne) {
    SeededRandom random(2);
    for (const std::size_t before : {0U, 1U, 55U, 63U, 64U, 200U}) {
        for (const std::size_t size : {0U, 1U, 63U, 64U, 127U, 128U, 129U, 191U, 1000U, 10'000U}) {
            const std::string prefix = random.bytes(before);
            const std::string one = random.bytes(size);
            const std::string two = random.bytes(size);
            Sha256 a;
            a.update(prefix);
            Sha256 b = a;
            Sha256::update_pair(a, one, b, two);
            a.update("the end");
            const auto a_digest = a.finish();
            const auto b_digest = b.finish();
            EXPECT_EQ(std::string(a_digest.begin(), a_digest.end()),
                      sha256(prefix + one + "the end"))
                << before << " then " << size;
            EXPECT_EQ(std::string(b_digest.begin(), b_digest.end()), sha256(prefix + two));
        }
    }
}

TEST(Sha256, PairOfUnlikeStatesIsTwoOfOne) {
    Sha256 a;
    Sha256 b;
    b.update("ahead");
    Sha256::update_pair(a, std::string(300, 'a'), b, std::string(200, 'b'));
    const auto a_digest = a.finish();
    const auto b_digest = b.finish();
    EXPECT_EQ(std::string(a_digest.begin(), a_digest.end()), sha256(std::string(300, 'a')));
    EXPECT_EQ(std::string(b_digest.begin(), b_digest.end()),
              sha256("ahead" + std::string(200, 'b')));
}

TEST(Bytes, DecodersRefuseWhatEncodersNeverWrite) {
    EXPECT_FALSE(hex_decode("abc"));
    EXPECT_FALSE(hex_decode("AB"));
    EXPECT_FALSE(base64_decode("YQ"));
    EXPECT_FALSE(base64_decode("YR=="));  // stray bits
    EXPECT_FALSE(base64_decode("Y Q="));
    EXPECT_FALSE(base64url_decode("a+b/"));
    EXPECT_FALSE(base64url_decode("a"));
}

TEST(Bytes, Utf8RefusesOverlongSurrogatesAndTruncation) {
    EXPECT_TRUE(is_utf8("caf\xC3\xA9 \xF0\x9F\x93\xB0"));
    EXPECT_FALSE(is_utf8("\xC0\xAF"));
    EXPECT_FALSE(is_utf8("\xED\xA0\x80"));
    EXPECT_FALSE(is_utf8("\xE2\x82"));
    EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));
}

TEST(Crypto, KnownVectors) {
    EXPECT_EQ(hex_encode(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231 test case 2.
    EXPECT_EQ(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    // RFC 5869 test case 3.
    EXPECT_EQ(
        hex_encode(hkdf_sha256(std::string(22, '\x0b'), "", 42)),
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Crypto, Sha256MidstateClonesGoTheirOwnWays) {
    Sha256 prefix;
    prefix.update("a");
    Sha256 clone = prefix;
    clone.update("bc");
    prefix.update("xx");
    const auto digest = clone.finish();
    EXPECT_EQ(std::string(digest.begin(), digest.end()), sha256("abc"));
    const auto other = prefix.finish();
    EXPECT_EQ(std::string(other.begin(), other.end()), sha256("axx"));
}

TEST(Clock, FormatsMoments) {
    const Time time = from_ms(1'795'502'159'123);
    EXPECT_EQ(rfc3339(time), "2026-11-24T06:35:59.123Z");
    EXPECT_EQ(rfc5322_date(time), "Tue, 24 Nov 2026 06:35:59 +0000");
    EXPECT_EQ(http_date(time), "Tue, 24 Nov 2026 06:35:59 GMT");
}

TEST(Result, TryReturnsTheError) {
    const auto fails = []() -> Result<int> { return invalid("no"); };
    const auto outer = [&]() -> Status {
        TRY_AS(const int value, fails());
        EXPECT_EQ(value, 0);
        return {};
    };
    const Status status = outer();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message(), "no");
}

TEST(Random, BelowIsUniformEnoughAndInRange) {
    SeededRandom random(7);
    std::array<int, 3> seen{};
    for (int i = 0; i < 3000; ++i) {
        ++seen.at(random.below(3));
    }
    for (const int count : seen) {
        EXPECT_NEAR(count, 1000, 150);
    }
}

}  // namespace
}  // namespace tocsin
