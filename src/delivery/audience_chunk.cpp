#include "delivery/audience_chunk.h"

#include <algorithm>

#include "base/limits.h"
#include "delivery/sealed.h"
#include "delivery/varint.h"

namespace tocsin::delivery {
namespace {

constexpr char kMagic = 'A';
constexpr std::uint64_t kListsMax = 4096;

Error damaged() {
    return Error(ErrorKind::Corrupt, "an audience chunk is damaged: its parts do not fit");
}

}  // namespace

std::string encode_chunk(const std::vector<ChunkRecipient>& recipients) {
    std::vector<ListId> lists;
    for (const ChunkRecipient& recipient : recipients) {
        if (lists.empty() || lists.back() != recipient.list) {
            lists.push_back(recipient.list);
        }
    }
    std::sort(lists.begin(), lists.end());
    lists.erase(std::unique(lists.begin(), lists.end()), lists.end());

    std::string blob = begin_sealed(kMagic);
    put_varint(blob, lists.size());
    for (const ListId list : lists) {
        put_varint(blob, static_cast<std::uint64_t>(list.value()));
    }
    put_varint(blob, recipients.size());
    std::int64_t last = 0;
    for (const ChunkRecipient& recipient : recipients) {
        put_varint(blob, zigzag(recipient.subscriber.value() - last));
        last = recipient.subscriber.value();
    }
    for (std::size_t i = 0; i < recipients.size();) {
        std::size_t end = i;
        while (end < recipients.size() && recipients[end].list == recipients[i].list) {
            ++end;
        }
        const auto place = std::lower_bound(lists.begin(), lists.end(), recipients[i].list);
        put_varint(blob, static_cast<std::uint64_t>(place - lists.begin()));
        put_varint(blob, end - i);
        i = end;
    }
    seal(blob);
    return blob;
}

Result<std::vector<ChunkRecipient>> decode_chunk(std::string_view bytes) {
    TRY_AS(const std::string_view payload, unseal(bytes, kMagic, "an audience chunk"));
    ByteReader reader(payload);
    std::vector<ListId> lists(reader.varint(kListsMax));
    for (ListId& list : lists) {
        list = ListId(static_cast<std::int64_t>(reader.varint(INT64_MAX)));
    }
    std::vector<ChunkRecipient> recipients(reader.varint(limits::kPartitionRecipients));
    std::int64_t last = 0;
    for (ChunkRecipient& recipient : recipients) {
        // Unsigned: damaged differences may overflow.
        last = static_cast<std::int64_t>(static_cast<std::uint64_t>(last) +
                                         static_cast<std::uint64_t>(reader.zigzag()));
        recipient.subscriber = SubscriberId(last);
    }
    for (std::size_t i = 0; i < recipients.size();) {
        const std::uint64_t list = reader.varint();
        const std::uint64_t run = reader.varint();
        if (!reader.ok() || list >= lists.size() || run == 0 || run > recipients.size() - i) {
            return damaged();
        }
        for (const std::size_t end = i + run; i < end; ++i) {
            recipients[i].list = lists[list];
        }
    }
    if (!reader.ok() || reader.left() != 0) {
        return damaged();
    }
    return recipients;
}

}  // namespace tocsin::delivery
