// What dkim_keys.cpp shares with the signers: the keys themselves and the text of a signature
// header. Internal to mail.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>

#include "mail/dkim.h"

namespace tocsin::mail {

struct FreeOpenSsl {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free(bio); }
};
template <class T>
using OpenSslPtr = std::unique_ptr<T, FreeOpenSsl>;

struct DkimKey {
    std::string_view algorithm;  // the a= value
    std::string selector;
    OpenSslPtr<EVP_PKEY> key;
    std::size_t signature_chars = 0;  // base64, padding included
};

struct DkimKeys::Impl {
    std::string domain;
    DkimKey rsa;
    std::optional<DkimKey> ed25519;
};

// One signature header: its text around the two values that are filled in later.
//   before_hash + 44 characters of bh= + before_signature + blank_signature
// and the relaxed form that is hashed: canonical_before_hash + bh= + kCanonicalBeforeSignature.
struct SignatureHeader {
    std::string before_hash;
    std::string before_signature;
    std::string blank_signature;  // folded, with the closing CRLF
    std::string canonical_before_hash;
};
inline constexpr std::string_view kCanonicalBeforeSignature = "; b=";
inline constexpr std::size_t kBodyHashChars = 44;

// `signed_names` is the h= list. With a date, t= and x= are set from it.
SignatureHeader signature_header(const DkimKeys::Impl& keys, const DkimKey& key,
                                 const std::vector<std::string>& signed_names,
                                 std::optional<Time> date);

// The b= value is folded after every so many characters by "\r\n ".
inline constexpr std::size_t kSignatureLineChars = 72;

// The names that are signed whether the message has them or not (so that none can be added), for a
// message whose fields are `present`: every instance of each, once more, and every other name that
// is present as often as it is.
std::vector<std::string> names_to_sign(const std::vector<std::string>& present);

OpenSslPtr<EVP_PKEY> parse_private_key(std::string_view pem);

}  // namespace tocsin::mail
