// Consent events: what a reader saw and did, as an append-only chain in which a changed, missing,
// moved or inserted entry is found, and as the leaves of a Merkle tree (model/merkle.h), in which
// one entry is proved with a few hashes.
//
// An entry is what is kept for ever, and so holds nothing of a person: who, where from and with
// what are commitments, SHA-256 over a salt and the values. Salts and values are erased with the
// reader (the network address after its time, by itself), and every hash stays as it is.
//
//   numbers: 8 bytes big-endian; texts and bytes: 4 bytes length, then the bytes; no list: number
//   0; what is not known: length 0
//
//   format 2   canonical     = "tocsin-consent-2" then, in order: seq, type, subject, list,
//                              list_name, purpose, wording_hash, controller_hash, method, actor,
//                              at, pii_commit, detail_commit, origin_commit, prev_hash
//              hash          = SHA-256(0x00 || canonical): that of its leaf
//              pii_commit    = SHA-256(salt || address_key)
//              detail_commit = SHA-256("tocsin-consent-detail-2" then salt, seq, form_id, page_url,
//                              embed_origin, locale, message_id, token_hash)
//              origin_commit = SHA-256("tocsin-consent-origin-2" then origin's salt, seq, ip,
//                              user_agent)
//   format 1   canonical     = "tocsin-consent-1" then: seq, type, subject, list, purpose,
//   (older     wording_hash, page_url, method, actor, at, pii_commit, prev_hash
//   entries)   hash          = SHA-256(canonical); its leaf is SHA-256(0x00 || canonical)
//
//   prev_hash of the first entry is 32 zero bytes; entry seq is leaf seq - 1 of the tree
//
// Plain values and functions; any thread. The stored names are part of the format: never change.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"
#include "model/merkle.h"

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

inline constexpr std::int64_t kConsentFormat = 2;  // of what is written now

// One entry as it is stored. Enumerations are kept as text so that any stored row can be hashed.
struct ConsentEntry {
    std::int64_t format = kConsentFormat;
    std::int64_t seq = 0;
    std::string type;
    std::string subject;
    std::optional<ListId> list;
    std::string list_name;  // as it was then
    std::string purpose;
    std::string wording_hash;     // 32 bytes, or empty
    std::string controller_hash;  // 32 bytes, or empty: who answered for it, name and contact
    std::string page_url;         // hashed in format 1 only; otherwise the detail's
    std::string method;
    std::string actor;
    Time at;
    std::string pii_commit;     // 32 bytes
    std::string detail_commit;  // 32 bytes, or empty
    std::string origin_commit;  // 32 bytes, or empty
    std::string prev_hash;      // 32 bytes
    std::string hash;           // 32 bytes; not part of what is hashed
};

// Erased with the reader. The reader's salt opens it.
struct ConsentDetail {
    std::string form_id;
    std::string page_url;
    std::string embed_origin;
    std::string locale;
    std::string message_id;  // of the confirmation mail
    std::string token_hash;  // SHA-256 of its link's token

    bool empty() const;
    friend bool operator==(const ConsentDetail&, const ConsentDetail&) = default;
};

// Erased after its time, and with the reader. Its own salt opens it.
struct ConsentOrigin {
    std::string salt;  // 32 random bytes
    std::string ip;
    std::string user_agent;

    bool empty() const { return ip.empty() && user_agent.empty(); }
    friend bool operator==(const ConsentOrigin&, const ConsentOrigin&) = default;
};

std::string consent_canonical(const ConsentEntry& entry);
// What the next entry's prev_hash must be.
std::string consent_hash(const ConsentEntry& entry);
// Of its leaf in the tree.
std::string consent_leaf(const ConsentEntry& entry);
// What the first entry follows.
std::string consent_genesis();
std::string consent_pii_commit(std::string_view salt, std::string_view address_key);
// Empty where there is nothing to commit to.
std::string consent_detail_commit(std::string_view salt, std::int64_t seq,
                                  const ConsentDetail& detail);
std::string consent_origin_commit(std::int64_t seq, const ConsentOrigin& origin);

// Walks the entries in order in constant memory: chain and tree at once.
class ConsentWalk {
  public:
    // False if the entry does not follow; then problem() says why and nothing more may be fed.
    // `on_node` hears of the subtrees that are perfect now.
    bool feed(const ConsentEntry& entry, const TreeFrontier::OnNode& on_node = {});
    // After the last entry: false if the chain ends before the head that was recorded beside it.
    bool finish(std::int64_t head_seq, std::string_view head_hash);
    // Whoever walks found something else wrong with this entry.
    bool bad(std::int64_t seq, std::string problem);

    std::int64_t entries() const { return entries_; }
    const std::string& head_hash() const { return last_hash_; }
    const TreeFrontier& tree() const { return tree_; }
    // The first bad entry (its seq, or the first missing one), and what is wrong with it.
    std::int64_t bad_seq() const { return bad_seq_; }
    const std::string& problem() const { return problem_; }

  private:
    std::int64_t entries_ = 0;
    std::string last_hash_ = consent_genesis();
    TreeFrontier tree_;
    std::int64_t bad_seq_ = 0;
    std::string problem_;
};

}  // namespace tocsin::model
