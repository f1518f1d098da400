// Tokens: what a link in a mail proves, without a row in the database.
//
// A link token is a fixed 72 characters of base64url over 54 bytes:
//
//   byte   0      version (high nibble, 1) and purpose (low nibble)
//          1      key id: which master secret sealed it
//          2-17   subject: the reader's 16 random bytes, never the address
//         18-21   list id, 0 for none          (integers are big-endian)
//         22-29   ref: alert id, 0 for none
//         30-33   issued, seconds since 1970
//         34-37   expires, seconds since 1970, 0 for never
//         38-53   HMAC-SHA-256 over bytes 0-37, first 16 bytes
//
// Every purpose has its own key (HKDF), so that a token of one purpose opens nothing else. The
// current and the previous master secret open (and the next, while it goes round the machines);
// only the current one seals. Links to leave open for ever: of older masters that one key is kept.
//
// A bounce local part is "b+" and 48 characters of base32 (servers may fold its case) over 30
// bytes: key id, alert (8), ordinal (4), day since 1970 (2), HMAC (15): 50 characters, below the 64
// allowed.
//
// Nothing here is secret but the ring itself: tokens are signed, not encrypted. Plain values; a
// KeyRing is immutable and may be used from any thread. Sealing costs four SHA-256 blocks: the
// keyed states are computed once (about 2 million tokens a second a core).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/result.h"

namespace tocsin::mail {

enum class TokenPurpose : std::uint8_t {
    Confirm = 0,
    Unsubscribe = 1,
    Manage = 2,
    NotMe = 3,
    Form = 4,
};
inline constexpr std::size_t kTokenPurposes = 5;

inline constexpr std::size_t kTokenSubjectBytes = 16;
inline constexpr std::size_t kTokenChars = 72;
inline constexpr std::size_t kBounceLocalChars = 50;
inline constexpr std::chrono::days kBounceLife{14};
inline constexpr std::size_t kMasterSecretBytesMin = 32;

struct Token {
    TokenPurpose purpose = TokenPurpose::Confirm;
    std::string subject;     // kTokenSubjectBytes bytes
    std::uint32_t list = 0;  // 0: none
    std::uint64_t ref = 0;   // alert id, 0: none
    Time issued;             // kept to the second
    std::optional<Time> expires;

    friend bool operator==(const Token&, const Token&) = default;
};

struct BounceToken {
    std::uint64_t alert = 0;
    std::uint32_t ordinal = 0;
    Time day;  // the start of the day, UTC, on which it was made

    friend bool operator==(const BounceToken&, const BounceToken&) = default;
};

// What a ring is made of. Secrets have at least kMasterSecretBytesMin bytes.
struct KeyRingSecrets {
    std::string master;                          // seals, and opens
    std::optional<std::string> previous_master;  // opens what was sealed before the last rotation
    // Opens what other machines seal already, while a rotation goes round them.
    std::optional<std::string> next_master;
    // Keys suppression_hmac() and outlives every rotation; without one it is derived from `master`.
    std::optional<std::string> pepper;
    // retired_unsubscribe_key() of every master before the previous one: a link to leave must work
    // for ever. What they open can do no more than end a subscription.
    std::vector<std::string> retired_unsubscribe;
};

class KeyRing {
  public:
    explicit KeyRing(const KeyRingSecrets& secrets);
    explicit KeyRing(std::string_view master, std::optional<std::string> previous_master = {},
                     std::optional<std::string> pepper = {});

    // HMAC-SHA-256 with a key whose two padded blocks are hashed already.
    class Mac {
      public:
        explicit Mac(std::string_view key);
        std::array<unsigned char, kSha256Bytes> operator()(std::string_view message) const;

      private:
        Sha256 inner_;
        Sha256 outer_;
    };
    // The keys that come from one master secret.
    struct Master {
        std::uint8_t id;
        std::vector<Mac> purposes;  // by TokenPurpose
        Mac bounce;
        Mac proof;  // of work (web/proof_of_work.h)
    };
    struct Retired {
        std::uint8_t id;
        Mac unsubscribe;
    };
    const Master& current() const { return masters_.front(); }
    const std::vector<Master>& masters() const { return masters_; }
    const std::vector<Retired>& retired() const { return retired_; }
    const Mac& pepper() const { return pepper_; }

  private:
    std::vector<Master> masters_;  // current, then previous and next
    std::vector<Retired> retired_;
    Mac pepper_;
};

// What is kept of a master secret that is given up: its key id and its key for links to leave.
inline constexpr std::size_t kRetiredKeyBytes = 33;
std::string retired_unsubscribe_key(std::string_view master);

// kTokenChars characters, safe in a URL path.
std::string seal_token(const KeyRing& ring, const Token& token);
// Invalid with one message for everything that is not a token of this purpose; Expired for one that
// was. A token is good up to, but not at, the second in which it expires.
Result<Token> open_token(const KeyRing& ring, TokenPurpose purpose, std::string_view text,
                         Time now);

// The local part of the envelope sender of one recipient of one alert.
std::string bounce_local_part(const KeyRing& ring, std::uint64_t alert, std::uint32_t ordinal,
                              Time now);
// Invalid if forged or not one of ours; Expired when older than kBounceLife.
Result<BounceToken> open_bounce(const KeyRing& ring, std::string_view local_part, Time now);

// 32 bytes that stand for an address on the suppression list: nobody can be read out of it without
// the pepper. `address_key` is Address::key().
std::string suppression_hmac(const KeyRing& ring, std::string_view address_key);

}  // namespace tocsin::mail
