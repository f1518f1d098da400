#include "delivery/audience_snapshot.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/limits.h"
#include "delivery/audience_chunk.h"
#include "delivery/stored_partition.h"
#include "store/delivery.h"

namespace tocsin::delivery {
namespace {

// Collects recipients into chunks. The chunks are kept (about two bytes a recipient, for the moment
// of the release) because a row must not be written while rows are being streamed.
class ChunkWriter {
  public:
    void add(const ChunkRecipient& recipient) {
        part_.push_back(recipient);
        ++count_;
        if (part_.size() == limits::kPartitionRecipients) {
            cut();
        }
    }
    std::uint64_t count() const { return count_; }

    void write(store::Database& db, AlertId alert) {
        if (!part_.empty()) {
            cut();
        }
        std::uint64_t first = 0;
        for (std::size_t i = 0; i < chunks_.size(); ++i) {
            const std::uint64_t recipients = sizes_[i];
            store::insert_partition(db, {.alert = alert,
                                         .partition = static_cast<std::int64_t>(i),
                                         .first_ordinal = first,
                                         .recipients = recipients,
                                         .chunk = std::move(chunks_[i])});
            first += recipients;
        }
    }

  private:
    void cut() {
        chunks_.push_back(encode_chunk(part_));
        sizes_.push_back(part_.size());
        part_.clear();
    }

    std::vector<ChunkRecipient> part_;
    std::vector<std::string> chunks_;
    std::vector<std::uint64_t> sizes_;
    std::uint64_t count_ = 0;
};

using Each = std::function<void(const ChunkRecipient&)>;

std::string names(const std::vector<ListId>& lists) {
    std::string out;
    for (const ListId list : lists) {
        out += fmt::format("{}{}", out.empty() ? "" : ", ", list.value());
    }
    return out;
}

Status for_each_on_lists(store::Database& db, const std::vector<ListId>& lists, const Each& each) {
    if (lists.empty()) {
        return invalid("an alert needs at least one list: no list never means everyone");
    }
    if (const auto missing = store::missing_lists(db, lists); !missing.empty()) {
        return not_found(fmt::format("there is no list {}", names(missing)));
    }
    SubscriberId last;
    store::for_each_active(db, lists, [&](SubscriberId subscriber, ListId list) {
        if (subscriber != last) {
            each({.subscriber = subscriber, .list = list});
        }
        last = subscriber;
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
        std::map<SubscriberId, std::vector<ListId>> active;
        for (store::RecipientRow& row : store::load_recipients(db, ids, lists)) {
            active[row.subscriber] = std::move(row.active);
        }
        for (std::size_t i = from; i < to; ++i) {
            const auto found = active.find(reached[i].subscriber);
            if (found != active.end() &&
                std::binary_search(found->second.begin(), found->second.end(), reached[i].list)) {
                each(reached[i]);
            }
        }
    }
}

Status for_each_reached(store::Database& db, AlertId original, const Each& each) {
    for (std::int64_t partition = 0;; ++partition) {
        TRY_AS(const auto stored, load_partition(db, original, partition));
        if (!stored) {
            return {};
        }
        std::vector<ChunkRecipient> reached;
        for (std::size_t i = 0; i < stored->recipients.size(); ++i) {
            if (stored->state.recipients()[i].reached()) {
                reached.push_back(stored->recipients[i]);
            }
        }
        keep_subscribed(db, reached, each);
    }
}

Status for_each_recipient(store::Database& db, const FreezeRequest& request, const Each& each) {
    if (model::goes_to_those_reached(request.kind)) {
        if (!request.of.valid()) {
            return invalid("a correction or retraction must name the alert it is about");
        }
        return for_each_reached(db, request.of, each);
    }
    return for_each_on_lists(db, request.lists, each);
}

}  // namespace

Result<std::uint64_t> freeze_audience(store::Database& db, const FreezeRequest& request) {
    ChunkWriter writer;
    TRY(for_each_recipient(db, request,
                           [&](const ChunkRecipient& recipient) { writer.add(recipient); }));
    if (writer.count() == 0) {
        if (model::goes_to_those_reached(request.kind)) {
            return invalid(fmt::format(
                "nobody would get this: alert {} reached no one who is still subscribed",
                request.of.value()));
        }
        return invalid(fmt::format("nobody would get this: list {} has no active subscriber",
                                   names(request.lists)));
    }
    writer.write(db, request.alert);
    return writer.count();
}

Result<std::uint64_t> count_audience(store::Database& db, const FreezeRequest& request) {
    std::uint64_t count = 0;
    TRY(for_each_recipient(db, request, [&](const ChunkRecipient&) { ++count; }));
    return count;
}

}  // namespace tocsin::delivery
