// Any bytes as a proof of work, as they come and as the JSON inside: nothing is taken but the one
// challenge that was ever signed with this key, solved, for its place. Played by
// proof_of_work_test.cpp (the corpus) and fuzz/proof_fuzz.cpp.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "web/proof_of_work.h"

namespace tocsin::web {

inline const Time kPlayedAt = Time(Seconds(1'800'000'000));
inline constexpr std::string_view kPlayedNonce = "00112233445566778899aabbccddeeff";

// How many of the two readings were taken.
inline int play_proof(std::string_view bytes) {
    static const mail::KeyRing ring(std::string(32, 'k'));
    static const ProofPlace place{"https://alerts.example", "breaking"};
    int taken = 0;
    for (const std::string& payload : {std::string(bytes), base64_encode(bytes)}) {
        const auto proof = check_proof(ring, place, payload, kPlayedAt);
        CHECK(!proof || (proof->nonce == kPlayedNonce && proof->expires == kPlayedAt + kProofLife));
        CHECK(!check_proof(ring, {place.site, "sport"}, payload, kPlayedAt));
        CHECK(!check_proof(ring, place, payload, kPlayedAt + kProofLife));
        taken += proof ? 1 : 0;
    }
    return taken;
}

}  // namespace tocsin::web
