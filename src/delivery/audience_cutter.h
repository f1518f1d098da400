// AudienceCutter: cuts a stream of recipients, sorted by domain, into partitions.
//
// Why by domain: a worker that meets a slow provider leaves that provider's partitions for later
// and goes on with the others (store::claim_partition), so each domain with many recipients has
// partitions of its own, named after it; the many small domains share mixed ones. A domain with at
// least limits::kPartitionDomainRecipients recipients in a row is in no mixed partition.
//
// It is not known beforehand whether a domain is large. So its run stays in the part being filled
// until it is seen to be: then what came before it is cut off, and the run goes on alone. A part
// that is full before is cut before the run that it ends with. Hence at most one part is in memory,
// mixed partitions are at least four fifths full or lie before a large domain, and there are at
// most (recipients / 10,000) * 1.25 + 2 * (large domains) + 1 partitions.
//
// One thread; no failure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/audience_chunk.h"

namespace tocsin::delivery {

struct CutPartition {
    std::string domain;  // of all its recipients; empty: mixed
    std::size_t recipients = 0;
    std::string chunk;  // encode_chunk()
};

class AudienceCutter {
  public:
    void add(const ChunkRecipient& recipient, std::string_view domain);
    // The partitions of everyone added, in order. Adding may then begin anew.
    std::vector<CutPartition> finish();

  private:
    void end_run();
    // Makes a partition of the first `count` in the part.
    void cut(std::size_t count, std::string domain);
    bool large() const;

    std::vector<CutPartition> done_;
    std::vector<ChunkRecipient> part_;
    std::string domain_;         // of the run that the part ends with
    std::size_t run_begin_ = 0;  // where in the part it begins
    std::size_t run_ = 0;        // its recipients so far, with those in partitions already cut
};

}  // namespace tocsin::delivery
