#include "delivery/audience_chunk.h"

#include <algorithm>

#include "base/check.h"
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
    TRY_AS(ChunkReader reader, ChunkReader::open(std::string(bytes)));
    std::vector<ChunkRecipient> recipients;
    recipients.reserve(reader.size());
    while (!reader.at_end()) {
        recipients.push_back(reader.next());
    }
    return recipients;
}

Result<ChunkReader> ChunkReader::open(std::string bytes) {
    ChunkReader reader(std::move(bytes));
    TRY(reader.validate());
    return reader;
}

Status ChunkReader::validate() {
    TRY_AS(const std::string_view payload, unseal(bytes_, kMagic, "an audience chunk"));
    payload_end_ = static_cast<std::size_t>(payload.data() - bytes_.data()) + payload.size();
    ByteReader reader(payload);
    lists_.resize(reader.varint(kListsMax));
    for (ListId& list : lists_) {
        list = ListId(static_cast<std::int64_t>(reader.varint(INT64_MAX)));
    }
    size_ = reader.varint(limits::kPartitionRecipients);
    next_id_at_ = payload_end_ - reader.left();
    for (std::size_t i = 0; i < size_; ++i) {
        reader.zigzag();
    }
    next_run_at_ = payload_end_ - reader.left();
    for (std::size_t i = 0; i < size_;) {
        const std::uint64_t list = reader.varint();
        const std::uint64_t run = reader.varint();
        if (!reader.ok() || list >= lists_.size() || run == 0 || run > size_ - i) {
            return damaged();
        }
        i += run;
    }
    if (!reader.ok() || reader.left() != 0) {
        return damaged();
    }
    return {};
}

ChunkRecipient ChunkReader::next() {
    CHECK(position_ < size_);
    const std::string_view payload = std::string_view(bytes_).substr(0, payload_end_);
    if (left_in_run_ == 0) {
        ByteReader runs(payload.substr(next_run_at_));
        list_ = lists_[runs.varint()];
        left_in_run_ = runs.varint();
        next_run_at_ = payload_end_ - runs.left();
    }
    ByteReader ids(payload.substr(next_id_at_));
    // Unsigned: damaged differences may overflow.
    last_id_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(last_id_) +
                                         static_cast<std::uint64_t>(ids.zigzag()));
    next_id_at_ = payload_end_ - ids.left();
    --left_in_run_;
    ++position_;
    return {.subscriber = SubscriberId(last_id_), .list = list_};
}

}  // namespace tocsin::delivery
