#include "mail/token.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/random.h"

namespace tocsin::mail {
namespace {

const std::string kMaster(32, 'm');
const std::string kOther(32, 'o');
const Time kNow = from_ms(1'795'502'159'123);

Token sample(TokenPurpose purpose = TokenPurpose::Unsubscribe) {
    Token token;
    token.purpose = purpose;
    token.subject = "0123456789abcdef";
    token.list = 7;
    token.ref = 0x0102030405060708;
    token.issued = std::chrono::floor<Seconds>(kNow);
    return token;
}

ErrorKind open_error(const KeyRing& ring, TokenPurpose purpose, std::string_view text,
                     Time now = kNow) {
    const auto opened = open_token(ring, purpose, text, now);
    EXPECT_FALSE(opened);
    return opened ? ErrorKind::Internal : opened.error().kind();
}

TEST(Token, RoundTripsEveryPurpose) {
    const KeyRing ring(kMaster);
    for (std::size_t i = 0; i < kTokenPurposes; ++i) {
        const Token token = sample(static_cast<TokenPurpose>(i));
        const std::string text = seal_token(ring, token);
        EXPECT_EQ(text.size(), kTokenChars);
        const auto opened = open_token(ring, token.purpose, text, kNow);
        ASSERT_TRUE(opened);
        EXPECT_EQ(*opened, token);
    }
}

TEST(Token, TheFormatIsFrozen) {
    // Links in mails that were sent must open for ever: this text may not change.
    EXPECT_EQ(seal_token(KeyRing(kMaster), sample()),
              "EbEwMTIzNDU2Nzg5YWJjZGVmAAAABwECAwQFBgcIawUwTwAAAABk2jo1bWK9LsL8dMClIQ0y");
    EXPECT_EQ(bounce_local_part(KeyRing(kMaster), 42, 7, kNow),
              "b+weaaaaaaaaaaakqaaaaaoujndu4znb2mfvno4xqswxqt5svl");
    EXPECT_EQ(hex_encode(suppression_hmac(KeyRing(kMaster), "ann@example.com")),
              "e5be807f2ab16efcf5fdf73bfb6f115e09e16b75dd35804d3ac3a48621aa993a");
}

TEST(Token, AForgedByteAnywhereIsInvalid) {
    const KeyRing ring(kMaster);
    const std::string text = seal_token(ring, sample());
    const std::string raw = *base64url_decode(text);
    for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
        std::string forged = raw;
        forged[bit / 8] = static_cast<char>(forged[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_EQ(open_error(ring, TokenPurpose::Unsubscribe, base64url_encode(forged)),
                  ErrorKind::Invalid);
    }
}

TEST(Token, TruncatedLongerOrStrangeTextIsInvalid) {
    const KeyRing ring(kMaster);
    const std::string text = seal_token(ring, sample());
    for (std::size_t n = 0; n < text.size(); ++n) {
        EXPECT_EQ(open_error(ring, TokenPurpose::Unsubscribe, text.substr(0, n)),
                  ErrorKind::Invalid);
    }
    EXPECT_EQ(open_error(ring, TokenPurpose::Unsubscribe, text + "A"), ErrorKind::Invalid);
    EXPECT_EQ(open_error(ring, TokenPurpose::Unsubscribe, std::string(kTokenChars, '=')),
              ErrorKind::Invalid);
    EXPECT_EQ(open_error(ring, TokenPurpose::Unsubscribe, std::string(kTokenChars, '\0')),
              ErrorKind::Invalid);
}

TEST(Token, OnePurposeOpensNoOther) {
    const KeyRing ring(kMaster);
    for (std::size_t made = 0; made < kTokenPurposes; ++made) {
        const std::string text = seal_token(ring, sample(static_cast<TokenPurpose>(made)));
        for (std::size_t asked = 0; asked < kTokenPurposes; ++asked) {
            if (made == asked) {
                continue;
            }
            EXPECT_EQ(open_error(ring, static_cast<TokenPurpose>(asked), text), ErrorKind::Invalid);
            // Rewriting the purpose does not help: its key is another.
            std::string raw = *base64url_decode(text);
            raw[0] = static_cast<char>(0x10 | asked);
            EXPECT_EQ(open_error(ring, static_cast<TokenPurpose>(asked), base64url_encode(raw)),
                      ErrorKind::Invalid);
        }
    }
}

TEST(Token, ExpiresAtItsSecondNotBefore) {
    const KeyRing ring(kMaster);
    Token token = sample(TokenPurpose::Confirm);
    token.expires = token.issued + std::chrono::hours(72);
    const std::string text = seal_token(ring, token);
    const auto opened =
        open_token(ring, TokenPurpose::Confirm, text, *token.expires - Milliseconds(1));
    ASSERT_TRUE(opened);
    EXPECT_EQ(*opened, token);
    EXPECT_EQ(open_error(ring, TokenPurpose::Confirm, text, *token.expires), ErrorKind::Expired);
    // Without an expiry it is good for ever.
    EXPECT_TRUE(open_token(ring, TokenPurpose::Unsubscribe, seal_token(ring, sample()),
                           kNow + std::chrono::years(50)));
}

TEST(Token, AnExpiredForgeryIsInvalidNotExpired) {
    const KeyRing ring(kMaster);
    Token token = sample();
    token.expires = token.issued + Seconds(1);
    std::string raw = *base64url_decode(seal_token(ring, token));
    raw[5] ^= 1;
    EXPECT_EQ(open_error(ring, TokenPurpose::Unsubscribe, base64url_encode(raw),
                         kNow + std::chrono::hours(1)),
              ErrorKind::Invalid);
}

TEST(Token, ThePreviousMasterOpensAndAStrangerDoesNot) {
    const std::string old_text = seal_token(KeyRing(kMaster), sample());
    const KeyRing rotated(kOther, kMaster);
    EXPECT_TRUE(open_token(rotated, TokenPurpose::Unsubscribe, old_text, kNow));
    EXPECT_FALSE(open_token(KeyRing(kOther), TokenPurpose::Unsubscribe, old_text, kNow));
    // The new one seals.
    const std::string text = seal_token(rotated, sample());
    EXPECT_TRUE(open_token(KeyRing(kOther), TokenPurpose::Unsubscribe, text, kNow));
    EXPECT_FALSE(open_token(KeyRing(kMaster), TokenPurpose::Unsubscribe, text, kNow));
}

TEST(Token, MastersThatShareAKeyIdBothOpen) {
    SeededRandom random(3);
    const std::uint8_t wanted = KeyRing(kMaster).current().id;
    std::string twin;
    do {
        twin = random.bytes(32);
    } while (KeyRing(twin).current().id != wanted);
    const KeyRing ring(twin, kMaster);
    EXPECT_TRUE(
        open_token(ring, TokenPurpose::Unsubscribe, seal_token(KeyRing(kMaster), sample()), kNow));
    EXPECT_TRUE(open_token(ring, TokenPurpose::Unsubscribe, seal_token(ring, sample()), kNow));
}

TEST(Token, TheNextMasterOpensBeforeItSeals) {
    const KeyRing announced(KeyRingSecrets{.master = kMaster,
                                           .previous_master = {},
                                           .next_master = kOther,
                                           .pepper = {},
                                           .retired_unsubscribe = {}});
    EXPECT_EQ(seal_token(announced, sample()), seal_token(KeyRing(kMaster), sample()));
    for (std::size_t i = 0; i < kTokenPurposes; ++i) {
        const Token token = sample(static_cast<TokenPurpose>(i));
        EXPECT_TRUE(open_token(announced, token.purpose, seal_token(KeyRing(kOther), token), kNow));
    }
}

TEST(Token, OfARetiredMasterOnlyLinksToLeaveOpen) {
    const KeyRing old(kMaster);
    const KeyRing ring(KeyRingSecrets{.master = kOther,
                                      .previous_master = std::string(32, 'p'),
                                      .next_master = {},
                                      .pepper = {},
                                      .retired_unsubscribe = {retired_unsubscribe_key(kMaster)}});
    for (std::size_t i = 0; i < kTokenPurposes; ++i) {
        const Token token = sample(static_cast<TokenPurpose>(i));
        EXPECT_EQ(static_cast<bool>(open_token(ring, token.purpose, seal_token(old, token), kNow)),
                  token.purpose == TokenPurpose::Unsubscribe)
            << i;
    }
    EXPECT_FALSE(open_bounce(ring, bounce_local_part(old, 42, 7, kNow), kNow));
    // And its key seals nothing else.
    const std::string text = seal_token(old, sample());
    std::string raw = *base64url_decode(text);
    raw[0] = static_cast<char>(1 << 4 | static_cast<int>(TokenPurpose::Manage));
    EXPECT_EQ(open_error(ring, TokenPurpose::Manage, base64url_encode(raw)), ErrorKind::Invalid);
}

// Every purpose's token opens with that purpose alone, even if its purpose byte is rewritten: each
// has a key of its own.
TEST(Token, NoPurposeOpensAnother) {
    const KeyRing ring(kMaster);
    for (std::size_t made = 0; made < kTokenPurposes; ++made) {
        const std::string text = seal_token(ring, sample(static_cast<TokenPurpose>(made)));
        for (std::size_t asked = 0; asked < kTokenPurposes; ++asked) {
            std::string raw = *base64url_decode(text);
            raw[0] = static_cast<char>(1 << 4 | static_cast<int>(asked));
            const auto purpose = static_cast<TokenPurpose>(asked);
            EXPECT_EQ(static_cast<bool>(open_token(ring, purpose, text, kNow)), made == asked);
            EXPECT_EQ(static_cast<bool>(open_token(ring, purpose, base64url_encode(raw), kNow)),
                      made == asked);
        }
    }
}

// RFC 5869 appendix A.3: what our keys come from is HKDF-SHA-256 without salt.
TEST(Token, KeysComeByHkdf) {
    EXPECT_EQ(hex_encode(hkdf_sha256(std::string(22, '\x0b'), "", 42)),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
              "9d201395faa4b61a96c8");
}

TEST(Token, MacIsHmacSha256) {
    for (const std::size_t bytes : {0U, 1U, 38U, 55U, 56U, 63U, 64U, 65U, 1000U}) {
        const std::string message(bytes, 'x');
        const auto mac = KeyRing::Mac(kMaster)(message);
        EXPECT_EQ(std::string(mac.begin(), mac.end()), hmac_sha256(kMaster, message));
    }
}

TEST(BounceToken, RoundTripsInEitherCase) {
    const KeyRing ring(kMaster);
    const std::string local = bounce_local_part(ring, UINT64_MAX, UINT32_MAX, kNow);
    EXPECT_EQ(local.size(), kBounceLocalChars);
    EXPECT_EQ(local, ascii_lower(local));
    std::string upper = local;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    const BounceToken wanted{UINT64_MAX, UINT32_MAX, std::chrono::floor<std::chrono::days>(kNow)};
    for (const std::string& text : {local, upper}) {
        const auto opened = open_bounce(ring, text, kNow);
        ASSERT_TRUE(opened);
        EXPECT_EQ(*opened, wanted);
    }
}

TEST(BounceToken, ForgedOrForeignIsInvalidAndOldIsExpired) {
    const KeyRing ring(kMaster);
    const std::string local = bounce_local_part(ring, 42, 7, kNow);
    const std::string raw = *base32_decode(local.substr(2));
    for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
        std::string forged = raw;
        forged[bit / 8] = static_cast<char>(forged[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(open_bounce(ring, "b+" + base32_encode(forged), kNow));
    }
    for (const std::string_view text : {"", "b+", "postmaster", "b+abc"}) {
        EXPECT_FALSE(open_bounce(ring, text, kNow));
    }
    EXPECT_FALSE(open_bounce(KeyRing(kOther), local, kNow));
    EXPECT_TRUE(open_bounce(KeyRing(kOther, kMaster), local, kNow));
    EXPECT_TRUE(open_bounce(ring, local, kNow + kBounceLife));
    const auto late = open_bounce(ring, local, kNow + kBounceLife + std::chrono::days(1));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind(), ErrorKind::Expired);
}

TEST(Suppression, OutlivesARotationOnlyWithAPepper) {
    const std::string pepper(32, 'p');
    const std::string key = "ann@example.com";
    EXPECT_EQ(suppression_hmac(KeyRing(kMaster, {}, pepper), key),
              suppression_hmac(KeyRing(kOther, kMaster, pepper), key));
    EXPECT_NE(suppression_hmac(KeyRing(kMaster), key), suppression_hmac(KeyRing(kOther), key));
    EXPECT_EQ(suppression_hmac(KeyRing(kMaster), key).size(), kSha256Bytes);
}

TEST(Token, TheFuzzCorpusReplays) {
    const std::filesystem::path folder = TOCSIN_SOURCE_DIR "/fuzz/corpus/token";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(file)), {});
        EXPECT_FALSE(open_token(KeyRing(kOther), TokenPurpose::Unsubscribe, text, kNow));
        EXPECT_FALSE(open_bounce(KeyRing(kOther), text, kNow));
    }
}

}  // namespace
}  // namespace tocsin::mail
