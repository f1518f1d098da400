#include "base/ed25519.h"

#include <memory>

#include <openssl/evp.h>

#include "base/check.h"

namespace tocsin {

namespace {

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Key private_key(std::string_view seed) {
    CHECK(seed.size() == kEd25519SeedBytes);
    Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()));
    CHECK(key != nullptr);
    return key;
}

}  // namespace

std::string ed25519_public_key(std::string_view seed) {
    const Key key = private_key(seed);
    std::array<unsigned char, kEd25519PublicBytes> out{};
    std::size_t length = out.size();
    CHECK(EVP_PKEY_get_raw_public_key(key.get(), out.data(), &length) == 1);
    CHECK(length == out.size());
    return {out.begin(), out.end()};
}

std::string ed25519_sign(std::string_view seed, std::string_view message) {
    const Key key = private_key(seed);
    const Context context(EVP_MD_CTX_new());
    std::array<unsigned char, kEd25519SignatureBytes> out{};
    std::size_t length = out.size();
    CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
    CHECK(EVP_DigestSign(context.get(), out.data(), &length, bytes_of(message), message.size()) ==
          1);
    CHECK(length == out.size());
    return {out.begin(), out.end()};
}

bool ed25519_verify(std::string_view public_key, std::string_view message,
                    std::string_view signature) {
    if (public_key.size() != kEd25519PublicBytes || signature.size() != kEd25519SignatureBytes) {
        return false;
    }
    const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(public_key),
                                              public_key.size()));
    const Context context(EVP_MD_CTX_new());
    return key != nullptr &&
           EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                            message.size()) == 1;
}

}  // namespace tocsin
