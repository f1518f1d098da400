// The ledger: what became of every recipient of every alert.
//
// It lives in two forms. While a partition is being sent, each group commit appends one
// `outcome_batch` row of a few records (below). When all its recipients are settled, the batches
// are replaced by one compact blob, `partition.outcomes` (ledger_compact.h): about half a byte a
// delivered recipient.
//
// A recipient's records are in the order in which things happened; the last one says how it stands,
// except that "maybe delivered" sticks: once a final reply was lost, a recipient that is never
// answered again ends as unknown, not as expired or failed.
//
//   batch    = magic version generation replies records checksum
//   magic    = %x4F                                ; "O"
//   version  = %x01
//   generation = varint                            ; of the lease under which it was written
//   replies  = varint *( varint bytes )            ; count; each distinct reply once
//   records  = varint *record                      ; count
//   record   = kind varint-ordinal zigzag-ms varint-attempts varint-reply
//              ; ordinal within the partition; ms since the alert's release, as a difference to the
//              ; record before; index into replies
//   checksum = 4 bytes, CRC-32 of all before, little-endian
//
// Pure: bytes and values, any thread. Decoders take bytes from disk as untrusted: Corrupt, never a
// crash (fuzz/ledger_fuzz.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delivery/status.h"

namespace tocsin::delivery {

// The five ends of a recipient (P1). Stored: never renumber.
enum class Outcome : std::uint8_t {
    Delivered = 0,   // a 250 after the final dot
    Failed = 1,      // refused for good
    Expired = 2,     // not_after passed, or the alert was stopped, before it was delivered
    Suppressed = 3,  // left, erased or suppressed after the release
    Unknown = 4,     // the final reply was lost and it was not sent again
};
std::string_view to_string(Outcome outcome);

// What a record says. The first five are Outcome; the others are not the end.
enum class RecordKind : std::uint8_t {
    Delivered = 0,
    Failed = 1,
    Expired = 2,
    Suppressed = 3,
    Unknown = 4,
    Deferred = 5,        // refused for now; `attempts` so far
    MaybeDelivered = 6,  // the final reply was lost, or is awaited while the alert is being stopped
    Intent = 7,          // at most once: about to send the final dot
};
inline constexpr std::uint8_t kRecordKinds = 8;
inline bool is_end(RecordKind kind) {
    return kind <= RecordKind::Unknown;
}

struct OutcomeRecord {
    std::uint32_t index = 0;  // ordinal within the partition
    RecordKind kind = RecordKind::Delivered;
    std::uint32_t attempts = 0;
    std::int64_t after_ms = 0;  // since the release; the wall clock may have stepped, so signed
    std::string reply;          // tidied (tidy_reply)

    friend bool operator==(const OutcomeRecord&, const OutcomeRecord&) = default;
};

struct OutcomeBatch {
    std::uint64_t generation = 0;
    std::vector<OutcomeRecord> records;

    friend bool operator==(const OutcomeBatch&, const OutcomeBatch&) = default;
};

std::string encode_batch(const OutcomeBatch& batch);
Result<OutcomeBatch> decode_batch(std::string_view bytes);

// A server's reply as the ledger keeps it: one line of printable characters, at most
// limits::kReplyTextBytesMax, the recipient's address replaced by "<>" (so that erasing a reader
// needs no search here). Of an acceptance, words that differ from mail to mail (queue ids) become
// "*", so that a million of them are one dictionary entry.
enum class ReplyDetail { Full, WithoutQueueIds };
std::string tidy_reply(std::string_view reply, std::string_view address, ReplyDetail detail);

}  // namespace tocsin::delivery
