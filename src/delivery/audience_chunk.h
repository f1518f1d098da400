// An audience chunk: the recipients of one partition, in their frozen order.
//
//   chunk      = sealed("A"): lists count recipients runs
//   lists      = varint *varint       ; count; list ids, ascending
//   count      = varint
//   recipients = *zigzag              ; subscriber ids, each as a difference to the one before
//   runs       = *( varint varint )   ; index into lists, how many recipients in a row have it
//
// Sorted by domain, then id, neighbours differ little: about 1.5 bytes a recipient. There is
// neither address nor name in it (audience_snapshot.h says why).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"

namespace tocsin::delivery {

struct ChunkRecipient {
    SubscriberId subscriber;
    ListId list;  // through which the alert reaches them: named in the unsubscribe link

    friend bool operator==(const ChunkRecipient&, const ChunkRecipient&) = default;
};

std::string encode_chunk(const std::vector<ChunkRecipient>& recipients);
Result<std::vector<ChunkRecipient>> decode_chunk(std::string_view bytes);

}  // namespace tocsin::delivery
