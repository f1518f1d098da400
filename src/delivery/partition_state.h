// PartitionState: how every recipient of a partition stands, replayed from its outcome batches.
//
// Pure. This is the one place that says what a sequence of records means: recovery, compaction,
// closing, the export and the proof of the sums all ask it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delivery/ledger.h"

namespace tocsin::delivery {

struct RecipientState {
    std::optional<RecordKind> kind;  // of the last record; none: nothing happened yet
    bool maybe_delivered = false;    // a final reply was lost once
    std::uint32_t attempts = 0;
    std::int64_t after_ms = 0;
    std::string reply;

    bool ended() const { return kind && is_end(*kind); }
    // Ended, in the sense that a correction must reach them.
    bool reached() const {
        return maybe_delivered || kind == RecordKind::Delivered || kind == RecordKind::Unknown ||
               kind == RecordKind::Intent;
    }
};

class PartitionState {
  public:
    explicit PartitionState(std::size_t recipients) : recipients_(recipients) {}

    // An end is an end: a record after it is ignored. Corrupt if the record is of no recipient.
    Status apply(const OutcomeRecord& record);
    Status apply(const std::vector<std::string>& batches);

    // Gives everyone who has no end one: unknown if a message may have reached them, else `rest`.
    // Who has no record at all may have been reached, if a holder of the partition was lost.
    enum class Unrecorded { NotSent, MaybeSent };
    void close(Outcome rest, std::int64_t after_ms, const std::string& reply,
               Unrecorded unrecorded);

    const std::vector<RecipientState>& recipients() const { return recipients_; }
    std::size_t size() const { return recipients_.size(); }
    bool all_ended() const;
    OutcomeCounts counts() const;

  private:
    std::vector<RecipientState> recipients_;
};

// Adds one state to the counts.
void count_state(const RecipientState& state, OutcomeCounts& counts);

}  // namespace tocsin::delivery
