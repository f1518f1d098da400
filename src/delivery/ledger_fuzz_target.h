// What fuzz/ledger_fuzz.cpp and the replay of its corpus do with one input: the first byte is the
// magic of the blob, the rest its payload; the checksum is made good, so that the decoders see it.
#pragma once

#include <string>
#include <string_view>

#include "base/check.h"
#include "delivery/audience_chunk.h"
#include "delivery/ledger.h"
#include "delivery/ledger_compact.h"
#include "delivery/progress_record.h"
#include "delivery/sealed.h"

namespace tocsin::delivery {

inline void fuzz_ledger(std::string_view input) {
    if (input.empty()) {
        return;
    }
    std::string blob = begin_sealed(input.front());
    blob += input.substr(1);
    seal(blob);
    // Whatever decodes must survive another round.
    if (const auto chunk = decode_chunk(blob)) {
        CHECK(decode_chunk(encode_chunk(*chunk)).value() == *chunk);
    }
    if (const auto batch = decode_batch(blob)) {
        CHECK(decode_batch(encode_batch(*batch)).value() == *batch);
    }
    if (const auto progress = decode_progress(blob)) {
        CHECK(decode_progress(encode_progress(*progress)).value().counts == progress->counts);
    }
    if (const auto state = decode_compact(blob)) {
        CHECK(state->all_ended());
        CHECK(decode_compact(encode_compact(*state)).value().counts() == state->counts());
    }
}

}  // namespace tocsin::delivery
