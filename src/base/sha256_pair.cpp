#include "base/sha256_pair.h"

#include "base/check.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TOCSIN_SHA __attribute__((target("sha,sse4.1")))
#endif

namespace tocsin {

#if defined(__x86_64__)
namespace {

// The constants K of FIPS 180-4 section 4.2.2.
alignas(16) constexpr std::uint32_t kRoundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

constexpr std::size_t kBlockBytes = 64;

// The eight words as the instructions want them: {a, b, e, f} and {c, d, g, h}.
struct Words {
    __m128i abef;
    __m128i cdgh;
};

// One stream's way through a block.
struct Stream {
    Words words;
    Words before;        // as the block began
    __m128i message[4];  // the last sixteen words of the message schedule
};

TOCSIN_SHA inline __m128i* vectors(std::uint32_t* state) {
    return reinterpret_cast<__m128i*>(state);
}

TOCSIN_SHA inline Words load(std::uint32_t* state) {
    const __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(vectors(state)), 0xB1);
    const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(vectors(state) + 1), 0x1B);
    return {_mm_alignr_epi8(badc, efgh, 8), _mm_blend_epi16(efgh, badc, 0xF0)};
}

TOCSIN_SHA inline void store(const Words& words, std::uint32_t* state) {
    const __m128i feba = _mm_shuffle_epi32(words.abef, 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(words.cdgh, 0xB1);
    _mm_storeu_si128(vectors(state), _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128(vectors(state) + 1, _mm_alignr_epi8(dchg, feba, 8));
}

TOCSIN_SHA inline void begin(Stream& stream, const unsigned char* block) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    stream.before = stream.words;
    for (int i = 0; i < 4; ++i) {
        const auto* at = reinterpret_cast<const __m128i*>(block) + i;
        stream.message[i] = _mm_shuffle_epi8(_mm_loadu_si128(at), big_endian);
    }
}

// Rounds 4 * `group` to 4 * `group` + 3, and the four schedule words that sixteen later need.
TOCSIN_SHA inline void four_rounds(Stream& stream, int group) {
    const auto* constants = reinterpret_cast<const __m128i*>(kRoundConstants) + group;
    __m128i& oldest = stream.message[group & 3];
    const __m128i newest = stream.message[(group + 3) & 3];
    const __m128i sum = _mm_add_epi32(oldest, _mm_load_si128(constants));
    Words& words = stream.words;
    words.cdgh = _mm_sha256rnds2_epu32(words.cdgh, words.abef, sum);
    words.abef = _mm_sha256rnds2_epu32(words.abef, words.cdgh, _mm_shuffle_epi32(sum, 0x0E));
    if (group < 12) {
        const __m128i middle = _mm_alignr_epi8(newest, stream.message[(group + 2) & 3], 4);
        const __m128i partial = _mm_sha256msg1_epu32(oldest, stream.message[(group + 1) & 3]);
        oldest = _mm_sha256msg2_epu32(_mm_add_epi32(partial, middle), newest);
    }
}

TOCSIN_SHA inline void end(Stream& stream) {
    stream.words.abef = _mm_add_epi32(stream.words.abef, stream.before.abef);
    stream.words.cdgh = _mm_add_epi32(stream.words.cdgh, stream.before.cdgh);
}

}  // namespace

bool sha256_pair_usable() {
    return __builtin_cpu_supports("sha") != 0 && __builtin_cpu_supports("sse4.1") != 0;
}

TOCSIN_SHA void sha256_pair(std::uint32_t* a_state, const unsigned char* a, std::uint32_t* b_state,
                            const unsigned char* b, std::size_t blocks) {
    Stream one{.words = load(a_state), .before = {}, .message = {}};
    Stream two{.words = load(b_state), .before = {}, .message = {}};
    for (std::size_t i = 0; i < blocks; ++i) {
        begin(one, a + i * kBlockBytes);
        begin(two, b + i * kBlockBytes);
#pragma clang loop unroll(full)
        for (int group = 0; group < 16; ++group) {
            four_rounds(one, group);
            four_rounds(two, group);
        }
        end(one);
        end(two);
    }
    store(one.words, a_state);
    store(two.words, b_state);
}

#else

bool sha256_pair_usable() {
    return false;
}

void sha256_pair(std::uint32_t*, const unsigned char*, std::uint32_t*, const unsigned char*,
                 std::size_t) {
    CHECK(!"no SHA instructions on this processor");
}

#endif

}  // namespace tocsin
