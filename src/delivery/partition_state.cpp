#include "delivery/partition_state.h"

#include <algorithm>

namespace tocsin::delivery {

Status PartitionState::apply(const OutcomeRecord& record) {
    if (record.index >= recipients_.size()) {
        return Error(ErrorKind::Corrupt, "an outcome batch names a recipient that is not there");
    }
    RecipientState& state = recipients_[record.index];
    if (state.ended()) {
        return {};
    }
    state.kind = record.kind;
    state.attempts = record.attempts;
    state.after_ms = record.after_ms;
    state.reply = record.reply;
    if (record.kind == RecordKind::MaybeDelivered) {
        state.maybe_delivered = true;
    }
    return {};
}

Status PartitionState::apply(const std::vector<std::string>& batches) {
    for (const std::string& bytes : batches) {
        TRY_AS(const OutcomeBatch batch, decode_batch(bytes));
        for (const OutcomeRecord& record : batch.records) {
            TRY(apply(record));
        }
    }
    return {};
}

void PartitionState::close(Outcome rest, std::int64_t after_ms, const std::string& reply,
                           Unrecorded unrecorded) {
    for (RecipientState& state : recipients_) {
        if (state.ended()) {
            continue;
        }
        const bool lost = !state.kind && unrecorded == Unrecorded::MaybeSent;
        const bool maybe = lost || state.reached();
        state.kind = maybe ? RecordKind::Unknown : static_cast<RecordKind>(rest);
        state.after_ms = after_ms;
        // What the peer said last explains more than that time ran out.
        state.reply = state.reply.empty() ? reply : reply + "; last: " + state.reply;
        if (lost) {
            state.reply = reply + "; the service had ended while it was being sent, perhaps";
        }
    }
}

bool PartitionState::all_ended() const {
    return std::all_of(recipients_.begin(), recipients_.end(),
                       [](const RecipientState& state) { return state.ended(); });
}

void count_state(const RecipientState& state, OutcomeCounts& counts) {
    if (!state.kind) {
        return;
    }
    switch (*state.kind) {
        case RecordKind::Delivered:
            ++counts.delivered;
            return;
        case RecordKind::Failed:
            ++counts.failed;
            return;
        case RecordKind::Expired:
            ++counts.expired;
            return;
        case RecordKind::Suppressed:
            ++counts.suppressed;
            return;
        case RecordKind::Unknown:
            ++counts.unknown;
            return;
        case RecordKind::Deferred:
        case RecordKind::MaybeDelivered:
            ++counts.deferred;
            return;
        case RecordKind::Intent:
            return;  // on its way: pending
    }
}

OutcomeCounts PartitionState::counts() const {
    OutcomeCounts counts;
    for (const RecipientState& state : recipients_) {
        count_state(state, counts);
    }
    return counts;
}

}  // namespace tocsin::delivery
