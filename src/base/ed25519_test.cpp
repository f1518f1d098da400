#include "base/ed25519.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace tocsin {
namespace {

// RFC 8032 section 7.1, TEST 1 and TEST 2.
TEST(Ed25519, AgreesWithTheRfc) {
    const std::string seed =
        *hex_decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    EXPECT_EQ(hex_encode(ed25519_public_key(seed)),
              "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    EXPECT_EQ(hex_encode(ed25519_sign(seed, "")),
              "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e"
              "39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    const std::string second =
        *hex_decode("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    EXPECT_EQ(hex_encode(ed25519_sign(second, "\x72")),
              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f"
              "3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(Ed25519, RefusesWhatWasNotSigned) {
    const std::string seed(32, 's');
    const std::string key = ed25519_public_key(seed);
    std::string signature = ed25519_sign(seed, "text");
    EXPECT_TRUE(ed25519_verify(key, "text", signature));
    EXPECT_FALSE(ed25519_verify(key, "texT", signature));
    EXPECT_FALSE(ed25519_verify(ed25519_public_key(std::string(32, 't')), "text", signature));
    EXPECT_FALSE(ed25519_verify(key, "text", signature.substr(1)));
    EXPECT_FALSE(ed25519_verify("", "text", signature));
    signature[3] = static_cast<char>(signature[3] ^ 1);
    EXPECT_FALSE(ed25519_verify(key, "text", signature));
}

}  // namespace
}  // namespace tocsin
