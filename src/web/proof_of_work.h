// Proof of work: what the box asks of a browser when there is more traffic than a share allows
// (model/signup_limits.h). Costs a reader's telephone less than a second, once; costs whoever sends
// thousands of sign-ups thousands of seconds. No third party, no picture to read, no cookie.
//
// The form is ALTCHA's, version 2, so that other people's solvers can judge ours:
//
//   challenge  = {"parameters": {"algorithm": "SHA-256", "cost": N, "data": {"form", "site"},
//                 "expiresAt": seconds, "keyLength": 32, "keyPrefix": hex, "nonce": hex,
//                 "salt": hex}, "signature": hex}
//   signature  = HMAC-SHA-256(the purpose's key, canonical JSON of the parameters: keys sorted, no
//                white space)
//   key(n)     = SHA-256 applied `cost` times to salt || nonce || n (32 bits, big-endian)
//   solution   = {"counter": n, "derivedKey": hex of key(n)}, where key(n) begins with keyPrefix
//   payload    = base64 of {"challenge": challenge, "solution": solution}
//
// All parameters are signed as one text, so that none can be moved into another (what
// CVE-2025-68113 was about). A challenge is good for kProofLife, for one site and one list; its
// nonce is used up by the sign-up's own transaction (store::use_once).
//
// Pure; any thread. Failure: a payload that is anything but this is Invalid, without a reason.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "mail/token.h"

namespace tocsin::web {

inline constexpr std::chrono::minutes kProofLife{10};
inline constexpr std::size_t kProofPayloadBytesMax = 4'096;

struct ProofPlace {
    std::string site;  // the public URL
    std::string form;  // the list
};

// JSON, to be handed to the browser. `load` as in model::SignupVerdict: a proof takes about 33,000
// hashes at 0 and 262,000 at 1.
std::string make_challenge(const mail::KeyRing& ring, Random& random, const ProofPlace& place,
                           double load, Time now);

struct Proof {
    std::string nonce;  // hex
    Time expires{};
};
Result<Proof> check_proof(const mail::KeyRing& ring, const ProofPlace& place,
                          std::string_view payload, Time now);

}  // namespace tocsin::web
