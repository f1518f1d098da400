#include "delivery/ledger_export.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/csv.h"
#include "delivery/stored_partition.h"
#include "mail/message.h"
#include "store/alerts.h"
#include "store/delivery.h"

namespace tocsin::delivery {
namespace {

std::string outcome_of(const RecipientState& state) {
    if (!state.kind || state.kind == RecordKind::Intent) {
        return "pending";
    }
    if (!is_end(*state.kind)) {
        return "deferred";
    }
    return std::string(to_string(static_cast<Outcome>(*state.kind)));
}

std::map<SubscriberId, store::RecipientRow> load_names(
    store::Database& db, const std::vector<ChunkRecipient>& recipients) {
    std::map<SubscriberId, store::RecipientRow> names;
    std::vector<SubscriberId> block;
    const auto flush = [&] {
        for (store::RecipientRow& row : store::load_subscribers(db, block)) {
            names[row.subscriber] = std::move(row);
        }
        block.clear();
    };
    for (const ChunkRecipient& recipient : recipients) {
        block.push_back(recipient.subscriber);
        if (block.size() == store::kRecipientBlock) {
            flush();
        }
    }
    flush();
    return names;
}

}  // namespace

std::string ledger_csv_header() {
    return "ordinal,address,outcome,at,message_id,reply\r\n";
}

std::string ledger_csv(const LedgerLine& line) {
    const std::string ordinal = std::to_string(line.ordinal);
    const std::string at = line.at ? rfc3339(*line.at) : "";
    std::string out;
    write_csv_row(out, {ordinal, line.address, line.outcome, at, line.message_id, line.reply});
    return out;
}

Result<bool> read_ledger_partition(store::Database& db, AlertId alert, std::int64_t partition,
                                   std::string_view message_id_domain,
                                   std::vector<LedgerLine>& out) {
    TRY_AS(const auto stored, load_partition(db, alert, partition));
    if (!stored) {
        if (partition == 0) {
            return not_found(
                fmt::format("alert {} was not released: it has no ledger", alert.value()));
        }
        return false;
    }
    TRY_AS(const store::DeliveryOrder order, store::find_delivery_order(db, alert));
    const std::vector<ChunkRecipient>& recipients = stored->recipients;
    const auto names = load_names(db, recipients);
    for (std::size_t i = 0; i < recipients.size(); ++i) {
        const RecipientState& recipient = stored->state.recipients()[i];
        LedgerLine line;
        line.ordinal = stored->row.first_ordinal + i;
        line.outcome = outcome_of(recipient);
        if (recipient.kind) {
            line.at = order.released_at + Milliseconds(recipient.after_ms);
        }
        line.reply = recipient.reply;
        if (const auto found = names.find(recipients[i].subscriber); found != names.end()) {
            line.address = found->second.address;
            mail::message_id_for(static_cast<std::uint64_t>(alert.value()), found->second.subject,
                                 message_id_domain, line.message_id);
        }
        out.push_back(std::move(line));
    }
    return true;
}

Status for_each_ledger_line(store::Database& db, AlertId alert, std::string_view message_id_domain,
                            const std::function<void(const LedgerLine&)>& each) {
    std::vector<LedgerLine> lines;
    for (std::int64_t partition = 0;; ++partition) {
        lines.clear();
        TRY_AS(const bool more,
               read_ledger_partition(db, alert, partition, message_id_domain, lines));
        if (!more) {
            return {};
        }
        std::for_each(lines.begin(), lines.end(), each);
    }
}

namespace {

// What is wrong with one partition, if anything; its counts are added to the check.
std::string verify_partition(store::Database& db, AlertId alert, const store::PartitionRow& row,
                             LedgerCheck& check) {
    const std::uint64_t before = check.audience;
    check.audience += row.recipients;
    const auto stored = load_partition(db, alert, row.partition);
    if (!stored) {
        check.pending += row.recipients;
        return stored.error().message();
    }
    const OutcomeCounts counts = (*stored)->state.counts();
    check.counts += counts;
    check.pending += row.recipients - counts.settled() - counts.deferred;
    if (row.first_ordinal != before) {
        return "its first recipient does not follow the partition before";
    }
    const store::PartitionCounts& sums = row.counts;
    const bool equal = counts.delivered == sums.delivered && counts.failed == sums.failed &&
                       counts.expired == sums.expired && counts.suppressed == sums.suppressed &&
                       counts.unknown == sums.unknown;
    if (row.done && (!equal || counts.settled() != row.recipients)) {
        return "its records do not add up to its sums";
    }
    return {};
}

}  // namespace

Result<LedgerCheck> verify_ledger(store::Database& db, AlertId alert) {
    LedgerCheck check;
    std::int64_t partition = 0;
    for (;; ++partition) {
        const auto row = store::find_partition(db, alert, partition);
        if (!row) {
            break;
        }
        const std::string problem = verify_partition(db, alert, *row, check);
        if (!problem.empty()) {
            check.problems.push_back(fmt::format("partition {}: {}", partition, problem));
        }
    }
    if (partition == 0) {
        return not_found(fmt::format("alert {} was not released: it has no ledger", alert.value()));
    }
    const auto clock = store::find_clock(db, alert);
    const auto row = store::find_alert(db, alert);
    if (row && row->finished_at && !clock) {
        check.problems.push_back("the alert is finished, but its clock is missing");
    }
    if (clock && clock->audience != check.audience) {
        check.problems.push_back("the clock was written for another number of recipients");
    }
    if (clock && check.counts.settled() != check.audience) {
        check.problems.push_back("the alert is finished, but not every recipient has an outcome");
    }
    return check;
}

}  // namespace tocsin::delivery
