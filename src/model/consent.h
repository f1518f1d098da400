// Consent events: what a reader saw and did, as an append-only chain in which a changed, missing,
// moved or inserted entry is found.
//
//   canonical = "tocsin-consent-1" then, in order: seq, type, subject, list, purpose, wording_hash,
//               page_url, method, actor, at, pii_commit, prev_hash
//               (numbers: 8 bytes big-endian; texts and bytes: 4 bytes length, then the bytes;
//               no list: number 0; no wording: length 0)
//   hash      = SHA-256(canonical); prev_hash of the first entry is 32 zero bytes
//
// The address is never in it: pii_commit = SHA-256(salt || address_key), with both inputs in the
// erasable table. Erasing a reader deletes them and leaves every hash intact.
//
// Plain values and functions; any thread. The stored names are part of the format: never change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"

namespace tocsin::model {

enum class ConsentType {
    Requested,    // filled in the box
    ConfirmSent,  // the confirmation mail was put on its way
    Confirmed,    // pressed the button in it
    Changed,      // joined or granted on the preferences page
    Withdrawn,    // left a list or took a purpose back
    Imported,     // came with a file; the wording is the file's source of consent
    Erased,
    Exported,
};
enum class ConsentPurpose { Alerts, Marketing };
enum class ConsentMethod { WebForm, OneClick, Api, Import, Operator };

std::string_view to_string(ConsentType type);
std::string_view to_string(ConsentPurpose purpose);
std::string_view to_string(ConsentMethod method);

// One entry as it is stored. Enumerations are kept as text so that any stored row can be hashed.
struct ConsentEntry {
    std::int64_t seq = 0;
    std::string type;
    std::string subject;
    std::optional<ListId> list;
    std::string purpose;
    std::string wording_hash;  // 32 bytes, or empty
    std::string page_url;
    std::string method;
    std::string actor;
    Time at;
    std::string pii_commit;  // 32 bytes
    std::string prev_hash;   // 32 bytes
    std::string hash;        // 32 bytes; not part of what is hashed
};

std::string consent_canonical(const ConsentEntry& entry);
std::string consent_hash(const ConsentEntry& entry);
// What the first entry follows.
std::string consent_genesis();
std::string consent_pii_commit(std::string_view salt, std::string_view address_key);

// Walks the chain in order, entry by entry, in constant memory.
class ConsentWalk {
  public:
    // False if the entry does not follow; then problem() says why and nothing more may be fed.
    bool feed(const ConsentEntry& entry);
    // After the last entry: false if the chain ends before the head that was recorded beside it.
    bool finish(std::int64_t head_seq, std::string_view head_hash);

    std::int64_t entries() const { return entries_; }
    const std::string& head_hash() const { return last_hash_; }
    // The first bad entry (its seq, or the first missing one), and what is wrong with it.
    std::int64_t bad_seq() const { return bad_seq_; }
    const std::string& problem() const { return problem_; }

  private:
    bool bad(std::int64_t seq, std::string problem);

    std::int64_t entries_ = 0;
    std::string last_hash_ = consent_genesis();
    std::int64_t bad_seq_ = 0;
    std::string problem_;
};

}  // namespace tocsin::model
