// ProgressRecord: what one node has seen of an alert, as it writes it down for the others.
//
//   record  = sealed "P" payload                          ; sealed.h
//   payload = counts rate reason domains *domain
//   counts  = 6varint     ; delivered failed expired suppressed unknown deferred
//   rate    = varint      ; delivered a second, in tenths
//   reason  = varint *OCTET               ; its length; why it is not faster, may be empty
//   domains = varint
//   domain  = varint *OCTET counts clock
//   clock   = varint varint varint *(varint varint)
//                         ; first, last, how many: then gap and count of each bucket that is not 0
//
// Live figures only: the ledger is the truth. Each node counts what it did itself, so the sum is
// what all did; what a killed node had not yet written down is missing until its partitions are
// done. Clocks are coarse (model/latency.h: at most 6 % off), the one that stays is exact.
//
// Pure; any thread. decode_progress: Corrupt if anything does not fit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delivery/status.h"
#include "model/latency.h"

namespace tocsin::delivery {

struct NodeProgress {
    struct Domain {
        std::string domain;
        OutcomeCounts counts;
        model::LatencyHistogram clock{model::LatencyHistogram::Detail::Coarse};
    };
    OutcomeCounts counts;
    double rate = 0;
    std::string reason;
    std::vector<Domain> domains;  // every recipient is counted in one
};

std::string encode_progress(const NodeProgress& progress);
Result<NodeProgress> decode_progress(std::string_view record);

}  // namespace tocsin::delivery
