// Signing. The header hash (RFC 6376 section 3.7) is computed with base's SHA-256 and handed to
// EVP_PKEY_sign with contexts that are set up once: EVP_DigestSign's set-up costs about 10 us a
// message, twice what hashing the headers costs.
#include <algorithm>
#include <cstdio>
#include <sstream>

#include <openssl/rsa.h>

#include "base/bytes.h"
#include "base/check.h"
#include "mail/canonical.h"
#include "mail/dkim.h"
#include "mail/dkim_keys.h"

namespace tocsin::mail {

namespace {

constexpr std::size_t kRsaBytesMax = 512;
constexpr std::size_t kEd25519Bytes = 64;

// base64 over the blanks, stepping over the folds.
void write_signature(std::string& message, std::size_t at, const unsigned char* bytes,
                     std::size_t count) {
    std::array<unsigned char, kRsaBytesMax / 3 * 4 + 8> text;
    const auto chars =
        static_cast<std::size_t>(EVP_EncodeBlock(text.data(), bytes, static_cast<int>(count)));
    for (std::size_t from = 0; from < chars; from += kSignatureLineChars) {
        const std::size_t piece = std::min(kSignatureLineChars, chars - from);
        CHECK(at + piece <= message.size());
        std::copy_n(text.data() + from, piece, message.data() + at);
        at += piece + std::string_view("\r\n ").size();
    }
}

}  // namespace

struct DkimSigner::Impl {
    DkimKeys keys;  // holds the Ed25519 key, which needs no copy
    OpenSslPtr<EVP_PKEY> rsa_key;
    OpenSslPtr<EVP_PKEY_CTX> rsa;
    OpenSslPtr<EVP_MD_CTX> ed25519;
};

DkimSigner::DkimSigner(const DkimKeys& keys)
    : impl_(new Impl{keys,
                     OpenSslPtr<EVP_PKEY>(EVP_PKEY_dup(keys.impl().rsa.key.get())),
                     {},
                     OpenSslPtr<EVP_MD_CTX>(EVP_MD_CTX_new())}) {
    CHECK(impl_->rsa_key != nullptr && impl_->ed25519 != nullptr);
    impl_->rsa.reset(EVP_PKEY_CTX_new(impl_->rsa_key.get(), nullptr));
    EVP_PKEY_CTX* context = impl_->rsa.get();
    CHECK(context != nullptr && EVP_PKEY_sign_init(context) == 1 &&
          EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
          EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1);
}

DkimSigner::DkimSigner(DkimSigner&&) noexcept = default;
DkimSigner& DkimSigner::operator=(DkimSigner&&) noexcept = default;
DkimSigner::~DkimSigner() = default;

void DkimSigner::sign(const PendingSignature& pending, std::string& message) {
    if (pending.rsa_at != 0) {
        std::array<unsigned char, kRsaBytesMax> bytes;
        std::size_t length = bytes.size();
        CHECK(EVP_PKEY_sign(impl_->rsa.get(), bytes.data(), &length, pending.rsa.data(),
                            pending.rsa.size()) == 1);
        write_signature(message, pending.rsa_at, bytes.data(), length);
    }
    if (pending.ed25519_at != 0) {
        CHECK(impl_->keys.has_ed25519());
        // RFC 8463 section 3: PureEdDSA over the SHA-256 of the headers.
        std::array<unsigned char, kEd25519Bytes> bytes;
        std::size_t length = bytes.size();
        EVP_PKEY* key = impl_->keys.impl().ed25519->key.get();
        EVP_MD_CTX* context = impl_->ed25519.get();
        CHECK(EVP_MD_CTX_reset(context) == 1 &&
              EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key) == 1 &&
              EVP_DigestSign(context, bytes.data(), &length, pending.ed25519.data(),
                             pending.ed25519.size()) == 1);
        write_signature(message, pending.ed25519_at, bytes.data(), length);
    }
}

namespace {

// The message's Date, as rfc5322_date() writes it; anything else gives no t= and x=.
std::optional<Time> own_date(std::string_view value) {
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    std::istringstream in{std::string(trim(value))};
    std::string weekday, month, clock, zone;
    int day = 0;
    int year = 0;
    in >> weekday >> day >> month >> year >> clock >> zone;
    const std::size_t found = month.size() == 3 ? kMonths.find(month) : std::string_view::npos;
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!in || found == std::string_view::npos ||
        std::sscanf(clock.c_str(), "%2d:%2d:%2d", &hour, &minute, &second) != 3) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(found / 3 + 1)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) {
        return std::nullopt;
    }
    const Time time = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                      std::chrono::minutes(minute) + Seconds(second);
    return rfc5322_date(time) == trim(value) ? std::optional(time) : std::nullopt;
}

// The canonical form of the signed fields in h= order: of equal names the last field first
// (RFC 6376 section 5.4.2). Names without a field left give nothing.
std::string canonical_headers(const RawMessage& message, const std::vector<std::string>& names) {
    std::string out;
    std::vector<bool> used(message.fields.size(), false);
    for (const std::string& name : names) {
        for (std::size_t i = message.fields.size(); i-- > 0;) {
            const RawField& field = message.fields[i];
            if (!used[i] && ascii_iequals(field.name, name)) {
                used[i] = true;
                out += relaxed_field(field.name, field.value) + "\r\n";
                break;
            }
        }
    }
    return out;
}

Status check_signable(std::string_view message, const RawMessage& parts) {
    std::size_t senders = 0;
    for (const RawField& field : parts.fields) {
        senders += ascii_iequals(field.name, "From") ? 1 : 0;
    }
    if (senders != 1) {
        return invalid("a message to be signed must have one From header");
    }
    for (std::size_t i = 0; i < message.size(); ++i) {
        const bool lone_lf = message[i] == '\n' && (i == 0 || message[i - 1] != '\r');
        const bool lone_cr = message[i] == '\r' && !message.substr(i).starts_with("\r\n");
        if (lone_lf || lone_cr || message[i] == '\0') {
            return invalid("a message to be signed must have CRLF line ends and no NUL");
        }
    }
    return {};
}

}  // namespace

Result<std::string> dkim_sign_message(const DkimKeys& keys, std::string_view message) {
    const std::optional<RawMessage> parts = split_message(message);
    if (!parts) {
        return invalid("a message to be signed must begin with header lines");
    }
    TRY(check_signable(message, *parts));
    std::vector<std::string> present;
    std::optional<Time> date;
    for (const RawField& field : parts->fields) {
        present.emplace_back(field.name);
        if (ascii_iequals(field.name, "Date")) {
            date = own_date(field.value);
        }
    }
    const std::vector<std::string> names = names_to_sign(present);
    const std::string headers = canonical_headers(*parts, names);
    const std::string body_hash =
        base64_encode(sha256(canonical_body(parts->body, Canonicalization::Relaxed)));

    PendingSignature pending;
    std::string out;
    const auto add = [&](const DkimKey& key, PendingSignature::Digest& digest) {
        const SignatureHeader header = signature_header(keys.impl(), key, names, date);
        Sha256 hash;
        hash.update(headers);
        hash.update(header.canonical_before_hash);
        hash.update(body_hash);
        hash.update(kCanonicalBeforeSignature);
        digest = hash.finish();
        out += header.before_hash + body_hash + header.before_signature;
        const std::size_t at = out.size();
        out += header.blank_signature;
        return at;
    };
    pending.rsa_at = add(keys.impl().rsa, pending.rsa);
    if (keys.has_ed25519()) {
        pending.ed25519_at = add(*keys.impl().ed25519, pending.ed25519);
    }
    DkimSigner(keys).sign(pending, out);
    out += message;
    return out;
}

}  // namespace tocsin::mail
