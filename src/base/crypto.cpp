// SHA256_Init and friends are deprecated in OpenSSL 3 in favour of EVP, whose contexts live on the
// heap and cost a fetch and an allocation a clone. The midstate copy that per-recipient body hashes
// need is exactly what the low-level state gives, with the same assembly underneath.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/crypto.h"

#include <cstring>
#include <new>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/sha.h>

#include "base/check.h"
#include "base/sha256_pair.h"

namespace tocsin {

static_assert(sizeof(SHA256_CTX) <= 112 && alignof(SHA256_CTX) <= 8);

namespace {

const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

std::string sha256(std::string_view bytes) {
    std::string out(kSha256Bytes, '\0');
    SHA256(raw(bytes), bytes.size(), reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
    std::string out(kSha256Bytes, '\0');
    unsigned int length = 0;
    CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(message), message.size(),
               reinterpret_cast<unsigned char*>(out.data()), &length) != nullptr);
    CHECK(length == kSha256Bytes);
    return out;
}

std::string hkdf_sha256(std::string_view master, std::string_view info, std::size_t bytes) {
    std::string out(bytes, '\0');
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr);
    CHECK(context != nullptr);
    std::size_t length = bytes;
    const bool done =
        EVP_PKEY_derive_init(context) > 0 && EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()) > 0 &&
        EVP_PKEY_CTX_set1_hkdf_key(context, raw(master), static_cast<int>(master.size())) > 0 &&
        EVP_PKEY_CTX_add1_hkdf_info(context, raw(info), static_cast<int>(info.size())) > 0 &&
        EVP_PKEY_derive(context, reinterpret_cast<unsigned char*>(out.data()), &length) > 0;
    EVP_PKEY_CTX_free(context);
    CHECK(done && length == bytes);
    return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Sha256::Sha256() : state_{} {
    CHECK(SHA256_Init(new (state_.data()) SHA256_CTX) == 1);
}

void Sha256::update(std::string_view bytes) {
    SHA256_Update(reinterpret_cast<SHA256_CTX*>(state_.data()), bytes.data(), bytes.size());
}

void Sha256::update_pair(Sha256& a, std::string_view a_bytes, Sha256& b, std::string_view b_bytes) {
    static const bool usable = sha256_pair_usable();
    auto* one = reinterpret_cast<SHA256_CTX*>(a.state_.data());
    auto* two = reinterpret_cast<SHA256_CTX*>(b.state_.data());
    if (usable && one->num == two->num && a_bytes.size() == b_bytes.size() &&
        a_bytes.size() >= 2 * SHA256_CBLOCK) {
        const std::size_t first = one->num == 0 ? 0 : SHA256_CBLOCK - one->num;
        const std::size_t blocks = (a_bytes.size() - first) / SHA256_CBLOCK;
        a.update(a_bytes.substr(0, first));
        b.update(b_bytes.substr(0, first));
        sha256_pair(one->h, raw(a_bytes) + first, two->h, raw(b_bytes) + first, blocks);
        const std::uint64_t bits = std::uint64_t{blocks} * SHA256_CBLOCK * 8;
        for (SHA256_CTX* context : {one, two}) {
            const std::uint64_t length = (std::uint64_t{context->Nh} << 32 | context->Nl) + bits;
            context->Nl = static_cast<SHA_LONG>(length);
            context->Nh = static_cast<SHA_LONG>(length >> 32);
        }
        a_bytes.remove_prefix(first + blocks * SHA256_CBLOCK);
        b_bytes.remove_prefix(first + blocks * SHA256_CBLOCK);
    }
    a.update(a_bytes);
    b.update(b_bytes);
}

std::array<unsigned char, kSha256Bytes> Sha256::finish() {
    std::array<unsigned char, kSha256Bytes> out{};
    SHA256_Final(out.data(), reinterpret_cast<SHA256_CTX*>(state_.data()));
    return out;
}

}  // namespace tocsin
