// DKIM (RFC 6376) signing and verifying: rsa-sha256 with relaxed/relaxed canonicalization, and an
// optional second signature by ed25519-sha256 (RFC 8463).
//
// What every signature of ours has: no l= (append attack); the signed header names listed once more
// than they occur ("over-signed"), so that none can be added unnoticed; both List-Unsubscribe
// headers and Feedback-ID in h= (RFC 8058); t= and x= taken from the message's own Date, so that
// signing again gives the same bytes.
//
// Owner: app loads DkimKeys once and lends it. DkimKeys is immutable and thread-safe; a DkimSigner
// belongs to one thread (OpenSSL serializes threads on one RSA key's blinding, so each signer has
// its own copy of the key).
// Failure: load() and generate explain; signing itself cannot fail but by a broken machine (CHECK).
// Not done: rsa-sha1 (RFC 8301 forbids it), simple canonicalization when signing.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/result.h"

namespace tocsin::mail {

struct DkimKeySource {
    std::string selector;
    std::string pem;  // PKCS#8 or PKCS#1 private key
};

class DkimKeys {
  public:
    // `domain` is d=, in A-labels. RSA keys of 1024 to 4096 bits are taken (2048 is what to use).
    static Result<DkimKeys> load(std::string_view domain, std::string_view selector,
                                 std::string_view rsa_pem,
                                 std::optional<DkimKeySource> ed25519 = std::nullopt);

    const std::string& domain() const;
    const std::string& selector() const;
    bool has_ed25519() const;

    struct Impl;
    const Impl& impl() const { return *impl_; }

  private:
    explicit DkimKeys(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<const Impl> impl_;
};

// How long after its Date a signature stays valid: replayed mail stops verifying.
inline constexpr Seconds kDkimValidity{7 * 24 * 3600};

// A message whose signature values are still blank: what was hashed and where the base64 goes.
// A plain value, so that signing may happen on another thread.
struct PendingSignature {
    using Digest = std::array<unsigned char, kSha256Bytes>;
    Digest rsa{};
    Digest ed25519{};
    std::size_t rsa_at = 0;      // offset in the message of the blank b= value; 0: none
    std::size_t ed25519_at = 0;  // the same for the second signature; 0: none
};

// Signs digests with reused contexts. One thread.
class DkimSigner {
  public:
    explicit DkimSigner(const DkimKeys& keys);
    DkimSigner(DkimSigner&&) noexcept;
    DkimSigner& operator=(DkimSigner&&) noexcept;
    ~DkimSigner();

    // Writes the signature values over the blanks of a prepared message.
    void sign(const PendingSignature& pending, std::string& message);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Signs a complete message (CRLF lines, headers, blank line, body): the signature header(s), then
// the message. For transactional mail; MessageComposer signs alerts faster.
Result<std::string> dkim_sign_message(const DkimKeys& keys, std::string_view message);

// New private keys, PEM (PKCS#8).
std::string generate_rsa_key_pem(int bits = 2048);
std::string generate_ed25519_key_pem();

// The TXT record's text to publish at <selector>._domainkey.<domain>: "v=DKIM1; k=rsa; p=...".
// Takes a private or public key.
Result<std::string> dkim_dns_record(std::string_view pem);
// The same as a zone file wants it: quoted strings of at most 255 bytes.
std::string dns_txt_strings(std::string_view text);

enum class DkimStatus { Pass, Fail, PermError, TempError };

struct DkimVerdict {
    DkimStatus status = DkimStatus::PermError;
    std::string domain;     // d=
    std::string selector;   // s=
    std::string algorithm;  // a=
    std::string reason;     // one sentence; empty when it passed
};

// The TXT record at a name ("s1._domainkey.example.com"), its strings joined; NotFound if there is
// none, any other error is temporary.
using DkimLookup = std::function<Result<std::string>(std::string_view name)>;

// One verdict a DKIM-Signature header, in their order (at most 8 are looked at); empty if the
// message has none. Any bytes may be given.
std::vector<DkimVerdict> dkim_verify(std::string_view message, const DkimLookup& lookup, Time now);

std::string_view to_string(DkimStatus status);

}  // namespace tocsin::mail
