#include "delivery/audience_snapshot.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "base/limits.h"
#include "delivery/audience_chunk.h"
#include "delivery/audience_cutter.h"
#include "delivery/stored_partition.h"
#include "store/alerts.h"
#include "store/delivery.h"
#include "store/lists.h"
#include "store/nodes.h"
#include "store/terms.h"

namespace tocsin::delivery {
namespace {

using Each = std::function<void(const ChunkRecipient&, std::string_view domain)>;

std::string names(const std::vector<ListId>& lists) {
    std::string out;
    for (const ListId list : lists) {
        out += fmt::format("{}{}", out.empty() ? "" : ", ", list.value());
    }
    return out;
}

// "list breaking", "lists breaking, sport".
std::string slugs(store::Database& db, const std::vector<ListId>& lists) {
    std::string out = lists.size() == 1 ? "list" : "lists";
    for (std::size_t i = 0; i < lists.size(); ++i) {
        const auto list = store::find_list(db, lists[i]);
        out += (i == 0 ? " " : ", ") + (list ? list->slug : std::to_string(lists[i].value()));
    }
    return out;
}

// A list that was to be left out and is not there must not come to mean "leave nobody out".
Status check_lists(store::Database& db, const model::AudienceLists& lists) {
    if (lists.include.empty()) {
        return invalid("an alert needs at least one list: no list never means everyone");
    }
    for (const auto* named : {&lists.include, &lists.exclude}) {
        if (const auto missing = store::missing_lists(db, *named); !missing.empty()) {
            return not_found(fmt::format("there is no list {}", names(missing)));
        }
    }
    return {};
}

Status for_each_on_lists(store::Database& db, const model::AudienceLists& lists, const Each& each) {
    TRY(check_lists(db, lists));
    SubscriberId last;
    store::for_each_active(db, lists, [&](const store::ActiveRow& row) {
        if (row.subscriber != last) {
            each({.subscriber = row.subscriber, .list = row.list}, row.domain);
        }
        last = row.subscriber;
    });
    return {};
}

// Of these recipients of the original, those who are still subscribed to one of its lists.
void keep_subscribed(store::Database& db, const std::vector<ChunkRecipient>& reached,
                     const Each& each) {
    for (std::size_t from = 0; from < reached.size(); from += store::kRecipientBlock) {
        const std::size_t to = std::min(from + store::kRecipientBlock, reached.size());
        std::vector<SubscriberId> ids;
        std::vector<ListId> lists;
        for (std::size_t i = from; i < to; ++i) {
            ids.push_back(reached[i].subscriber);
            lists.push_back(reached[i].list);
        }
        std::sort(lists.begin(), lists.end());
        lists.erase(std::unique(lists.begin(), lists.end()), lists.end());
        std::map<SubscriberId, store::RecipientRow> rows;
        for (store::RecipientRow& row : store::load_recipients(db, ids, lists)) {
            rows.emplace(row.subscriber, std::move(row));
        }
        for (std::size_t i = from; i < to; ++i) {
            const auto found = rows.find(reached[i].subscriber);
            if (found == rows.end()) {
                continue;
            }
            const std::vector<ListId>& active = found->second.active;
            if (std::binary_search(active.begin(), active.end(), reached[i].list)) {
                each(reached[i], found->second.domain);
            }
        }
    }
}

// Where a holder of a partition was lost, those without a record may have been sent to: they are
// told too. Not of an alert that is sent at most once, where a record comes before the message.
Status for_each_reached(store::Database& db, AlertId original, const Each& each) {
    std::set<std::int64_t> doubtful;
    const auto alert = store::find_alert(db, original);
    if (alert && alert->repeat == model::Repeat::Resend) {
        doubtful = store::load_doubtful_partitions(db, original);
    }
    for (std::int64_t partition = 0;; ++partition) {
        TRY_AS(const auto stored, load_partition(db, original, partition));
        if (!stored) {
            return {};
        }
        std::vector<ChunkRecipient> reached;
        for (std::size_t i = 0; i < stored->recipients.size(); ++i) {
            const RecipientState& recipient = stored->state.recipients()[i];
            const bool unrecorded = !recipient.kind;
            if (recipient.reached() || (unrecorded && doubtful.contains(partition))) {
                reached.push_back(stored->recipients[i]);
            }
        }
        keep_subscribed(db, reached, each);
    }
}

// Those whom it reached and those to whom a digest brought it. Both is rare: who changed their
// terms after a first attempt.
Status for_each_told(store::Database& db, AlertId original, const Each& each) {
    const std::vector<store::DigestReader> readers = store::digest_readers(db, original);
    std::unordered_set<SubscriberId> by_digest;
    for (const store::DigestReader& reader : readers) {
        by_digest.insert(reader.subscriber);
    }
    TRY(for_each_reached(db, original,
                         [&](const ChunkRecipient& recipient, std::string_view domain) {
                             by_digest.erase(recipient.subscriber);
                             each(recipient, domain);
                         }));
    std::vector<ChunkRecipient> others;
    for (const store::DigestReader& reader : readers) {
        if (by_digest.contains(reader.subscriber)) {
            others.push_back({.subscriber = reader.subscriber, .list = reader.list});
        }
    }
    keep_subscribed(db, others, each);
    return {};
}

Status for_each_recipient(store::Database& db, const FreezeRequest& request, const Each& each) {
    if (model::goes_to_those_reached(request.kind)) {
        if (!request.of.valid()) {
            return invalid("a correction or retraction must name the alert it is about");
        }
        return for_each_told(db, request.of, each);
    }
    return for_each_on_lists(db, request.lists, each);
}

}  // namespace

Result<std::uint64_t> freeze_audience(store::Database& db, const FreezeRequest& request) {
    // The chunks are kept, about two bytes a recipient, for the moment of the release: a row must
    // not be written while rows are being streamed.
    AudienceCutter cutter;
    TRY(for_each_recipient(db, request,
                           [&](const ChunkRecipient& recipient, std::string_view domain) {
                               cutter.add(recipient, domain);
                           }));
    return insert_audience(db, request, cutter.finish());
}

Result<std::uint64_t> insert_audience(store::Database& db, const FreezeRequest& request,
                                      const std::vector<CutPartition>& partitions) {
    if (partitions.empty()) {
        if (model::goes_to_those_reached(request.kind)) {
            return invalid(fmt::format(
                "nobody would get this: alert {} reached no one who is still subscribed",
                request.of.value()));
        }
        const model::AudienceLists& lists = request.lists;
        return invalid(
            fmt::format("nobody would get this: {} {} no active subscriber{}",
                        slugs(db, lists.include), lists.include.size() == 1 ? "has" : "have",
                        lists.exclude.empty() ? "" : " who is not on " + slugs(db, lists.exclude)));
    }
    std::uint64_t first = 0;
    std::int64_t number = 0;
    for (const CutPartition& partition : partitions) {
        store::insert_partition(db, {.alert = request.alert,
                                     .partition = number,
                                     .first_ordinal = first,
                                     .recipients = partition.recipients,
                                     .chunk = partition.chunk,
                                     .domain = partition.domain});
        first += partition.recipients;
        ++number;
    }
    return first;
}

// Lists are counted in their index, forty times as fast as they are read.
Result<std::uint64_t> count_audience(store::Database& db, const FreezeRequest& request) {
    if (!model::goes_to_those_reached(request.kind)) {
        TRY(check_lists(db, request.lists));
        return store::count_audience(db, request.lists);
    }
    std::uint64_t count = 0;
    TRY(for_each_recipient(db, request, [&](const ChunkRecipient&, std::string_view) { ++count; }));
    return count;
}

}  // namespace tocsin::delivery
