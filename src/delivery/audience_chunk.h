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

// Reads a chunk from its encoded bytes, recipient by recipient, so that who works through a
// partition holds about 14 kB of it instead of 160. Everything is checked when it is opened: a
// reader that exists cannot fail. Movable; owner: whoever reads; one thread at a time.
class ChunkReader {
  public:
    // Corrupt if the bytes are no chunk.
    static Result<ChunkReader> open(std::string bytes);

    std::size_t size() const { return size_; }          // recipients in all
    std::size_t position() const { return position_; }  // index of the one that next() gives
    bool at_end() const { return position_ == size_; }
    ChunkRecipient next();  // CHECKs that it is not at the end

  private:
    explicit ChunkReader(std::string bytes) : bytes_(std::move(bytes)) {}
    Status validate();

    std::string bytes_;
    std::vector<ListId> lists_;
    std::size_t size_ = 0;
    std::size_t position_ = 0;
    std::size_t payload_end_ = 0;
    std::size_t next_id_at_ = 0;  // offsets into bytes_: views would not survive a move
    std::size_t next_run_at_ = 0;
    std::size_t left_in_run_ = 0;
    std::int64_t last_id_ = 0;
    ListId list_;
};

}  // namespace tocsin::delivery
