// The compact ledger of a finished partition: about half a byte a delivered recipient.
//
//   compact   = sealed("L"): count delivered times replies accepted repeats others
//   count     = varint                     ; recipients of the partition
//   delivered = bitmap                     ; of the ordinals that were delivered
//   times     = tick varint varint nibbles ; zigzag of the first in ticks; how many nibbles
//   tick      = varint                     ; milliseconds: 1, 2, 4, 8, 16, 32 or 64
//   replies   = varint *( varint bytes )   ; count; every reply once, the commonest acceptance
//   first accepted  = varint *( varint bitmap )  ; count; for acceptances but the first: reply,
//   whose repeats   = varint *( varint varint )  ; count; delivered after more than one attempt:
//                                          ;   ordinal as a difference, attempts
//   others    = varint *( varint kind varint varint varint )
//                                          ; count; everyone else: ordinal as a difference,
//                                          outcome, ;   zigzag ms, attempts, reply
//   bitmap    = varint bytes               ; CRoaring, portable format
//
// `times` holds for every delivered recipient, in order, the zigzag difference in ticks to the one
// before. A difference below 15 is one nibble; else nibble 15, then three bits a nibble, low first,
// the fourth bit set while more follow. The tick is the finest with which the times take no more
// than 0.7 bytes a recipient, at most 64 ms: a moment in the ledger is exact to the tick (rounded
// down). The percentiles of the alert's clock are computed before, from exact milliseconds.
//
// Pure. Decoding takes untrusted bytes: Corrupt, never a crash.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delivery/partition_state.h"

namespace tocsin::delivery {

// Every recipient must have an end.
std::string encode_compact(const PartitionState& state);
Result<PartitionState> decode_compact(std::string_view bytes);

}  // namespace tocsin::delivery
