#include "delivery/ledger_compact.h"

#include <algorithm>
#include <map>
#include <memory>
#include <roaring/roaring.hh>
#include <unordered_map>

#include "base/check.h"
#include "base/limits.h"
#include "delivery/bitmap_reader.h"
#include "delivery/sealed.h"
#include "delivery/varint.h"

namespace tocsin::delivery {
namespace {

constexpr char kMagic = 'L';
constexpr std::int64_t kTickMax = 64;
constexpr double kTimeBytesMax = 0.7;  // a delivered recipient
// Distinct acceptances that are kept; the rest of a peer that words every one differently is
// kept as its first words.
constexpr std::size_t kAcceptedRepliesMax = 16;
constexpr std::string_view kOtherAcceptance = "250";
constexpr std::uint8_t kEscape = 15;

Error damaged() {
    return Error(ErrorKind::Corrupt, "a compact ledger is damaged: its parts do not fit");
}

// --- nibbles --------------------------------------------------------------------------------

class NibbleWriter {
  public:
    void put(std::uint64_t value) {
        if (value < kEscape) {
            nibble(static_cast<std::uint8_t>(value));
            return;
        }
        nibble(kEscape);
        for (; value >= 8; value >>= 3) {
            nibble(static_cast<std::uint8_t>((value & 7) | 8));
        }
        nibble(static_cast<std::uint8_t>(value));
    }
    const std::string& bytes() const { return bytes_; }
    std::size_t count() const { return count_; }

  private:
    void nibble(std::uint8_t value) {
        if (count_ % 2 == 0) {
            bytes_.push_back(static_cast<char>(value));
        } else {
            bytes_.back() = static_cast<char>(static_cast<std::uint8_t>(bytes_.back()) |
                                              static_cast<std::uint8_t>(value << 4));
        }
        ++count_;
    }

    std::string bytes_;
    std::size_t count_ = 0;
};

class NibbleReader {
  public:
    NibbleReader(std::string_view bytes, std::size_t count) : bytes_(bytes), count_(count) {}

    bool ok() const { return ok_; }
    std::uint64_t take() {
        const std::uint8_t first = nibble();
        if (first < kEscape) {
            return first;
        }
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 3) {
            const std::uint8_t part = nibble();
            value |= static_cast<std::uint64_t>(part & 7) << shift;
            if (part < 8) {
                return value;
            }
        }
        ok_ = false;
        return 0;
    }

  private:
    std::uint8_t nibble() {
        if (at_ >= count_) {
            ok_ = false;
            return 0;
        }
        const auto byte = static_cast<std::uint8_t>(bytes_[at_ / 2]);
        return at_++ % 2 == 0 ? byte & 15 : byte >> 4;
    }

    std::string_view bytes_;
    std::size_t count_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

// --- parts ----------------------------------------------------------------------------------

void put_text(std::string& out, std::string_view text) {
    put_varint(out, text.size());
    out += text;
}

void put_bitmap(std::string& out, Roaring& bitmap) {
    bitmap.runOptimize();
    std::string bytes(bitmap.getSizeInBytes(), '\0');
    bitmap.write(bytes.data());
    put_text(out, bytes);
}

using Ordinals = std::vector<std::uint32_t>;

Result<Ordinals> take_bitmap(ByteReader& reader, std::size_t recipients) {
    const std::string_view bytes = reader.bytes(reader.varint());
    std::optional<Ordinals> ordinals = read_bitmap(bytes, recipients);
    if (!reader.ok() || !ordinals) {
        return damaged();
    }
    return std::move(*ordinals);
}

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
    return value >= 0 ? value / by : -((-value + by - 1) / by);
}

bool delivered(const RecipientState& state) {
    return state.kind == RecordKind::Delivered;
}

void put_times(std::string& out, const PartitionState& state) {
    NibbleWriter best;
    std::int64_t tick = 1;
    std::int64_t first = 0;
    for (;; tick *= 2) {
        NibbleWriter nibbles;
        std::optional<std::int64_t> last;
        for (const RecipientState& recipient : state.recipients()) {
            if (!delivered(recipient)) {
                continue;
            }
            const std::int64_t ticks = floor_div(recipient.after_ms, tick);
            if (!last) {
                first = ticks;
            } else {
                nibbles.put(zigzag(ticks - *last));
            }
            last = ticks;
        }
        best = std::move(nibbles);
        const auto bytes_max = kTimeBytesMax * static_cast<double>(state.size());
        if (static_cast<double>(best.bytes().size()) <= bytes_max || tick == kTickMax) {
            break;
        }
    }
    put_varint(out, static_cast<std::uint64_t>(tick));
    put_varint(out, zigzag(first));
    put_varint(out, best.count());
    out += best.bytes();
}

// The dictionary of replies: acceptances first, the commonest at 0.
class Replies {
  public:
    explicit Replies(const PartitionState& state) {
        std::map<std::string_view, std::size_t> accepted;
        for (const RecipientState& recipient : state.recipients()) {
            if (delivered(recipient)) {
                ++accepted[recipient.reply];
            }
        }
        std::vector<std::pair<std::string_view, std::size_t>> order(accepted.begin(),
                                                                    accepted.end());
        std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
            return a.second != b.second ? a.second > b.second : a.first < b.first;
        });
        for (std::size_t i = 0; i < order.size() && i < kAcceptedRepliesMax; ++i) {
            add(order[i].first);
        }
        if (order.size() > kAcceptedRepliesMax) {
            add(kOtherAcceptance);
        }
        for (const RecipientState& recipient : state.recipients()) {
            if (!delivered(recipient)) {
                add(recipient.reply);
            }
        }
    }

    std::size_t of(std::string_view reply) const {
        const auto found = index_.find(reply);
        return found != index_.end() ? found->second : index_.at(kOtherAcceptance);
    }
    const std::vector<std::string_view>& texts() const { return texts_; }

  private:
    void add(std::string_view text) {
        if (index_.emplace(text, texts_.size()).second) {
            texts_.push_back(text);
        }
    }

    std::vector<std::string_view> texts_;
    std::unordered_map<std::string_view, std::size_t> index_;
};

void put_accepted(std::string& out, const PartitionState& state, const Replies& replies) {
    std::map<std::size_t, Roaring> by_reply;
    std::string repeats;
    std::size_t repeat_count = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < state.size(); ++i) {
        const RecipientState& recipient = state.recipients()[i];
        if (!delivered(recipient)) {
            continue;
        }
        if (const std::size_t reply = replies.of(recipient.reply); reply != 0) {
            by_reply[reply].add(static_cast<std::uint32_t>(i));
        }
        if (recipient.attempts != 1) {
            put_varint(repeats, i - last);
            put_varint(repeats, recipient.attempts);
            last = i;
            ++repeat_count;
        }
    }
    put_varint(out, by_reply.size());
    for (auto& [reply, bitmap] : by_reply) {
        put_varint(out, reply);
        put_bitmap(out, bitmap);
    }
    put_varint(out, repeat_count);
    out += repeats;
}

void put_others(std::string& out, const PartitionState& state, const Replies& replies) {
    std::string others;
    std::size_t count = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < state.size(); ++i) {
        const RecipientState& recipient = state.recipients()[i];
        if (delivered(recipient)) {
            continue;
        }
        put_varint(others, i - last);
        others.push_back(static_cast<char>(*recipient.kind));
        put_varint(others, zigzag(recipient.after_ms));
        put_varint(others, recipient.attempts);
        put_varint(others, replies.of(recipient.reply));
        last = i;
        ++count;
    }
    put_varint(out, count);
    out += others;
}

// --- reading --------------------------------------------------------------------------------

Status take_times(ByteReader& reader, const Ordinals& bitmap, std::vector<OutcomeRecord>& records) {
    const std::uint64_t tick = reader.varint(kTickMax);
    auto ticks = static_cast<std::uint64_t>(reader.zigzag());
    const std::uint64_t count = reader.varint(limits::kPartitionRecipients * 24);
    NibbleReader nibbles(reader.bytes((count + 1) / 2), count);
    if (!reader.ok() || tick == 0) {
        return damaged();
    }
    bool first = true;
    for (const std::uint32_t index : bitmap) {
        if (!first) {
            ticks += static_cast<std::uint64_t>(unzigzag(nibbles.take()));
        }
        first = false;
        OutcomeRecord& record = records[index];
        record.kind = RecordKind::Delivered;
        record.attempts = 1;
        record.after_ms = static_cast<std::int64_t>(ticks * tick);
    }
    if (!nibbles.ok()) {
        return damaged();
    }
    return {};
}

Status take_accepted(ByteReader& reader, const std::vector<std::string>& replies,
                     std::vector<OutcomeRecord>& records) {
    const std::uint64_t groups = reader.varint(kAcceptedRepliesMax + 1);
    for (std::uint64_t i = 0; i < groups; ++i) {
        const std::uint64_t reply = reader.varint();
        TRY_AS(const Ordinals bitmap, take_bitmap(reader, records.size()));
        if (reply >= replies.size()) {
            return damaged();
        }
        for (const std::uint32_t index : bitmap) {
            records[index].reply = replies[reply];
        }
    }
    const std::uint64_t repeats = reader.varint(records.size());
    std::uint64_t index = 0;
    for (std::uint64_t i = 0; i < repeats; ++i) {
        index += reader.varint(limits::kPartitionRecipients);
        const auto attempts = static_cast<std::uint32_t>(reader.varint(UINT32_MAX));
        if (!reader.ok() || index >= records.size()) {
            return damaged();
        }
        records[index].attempts = attempts;
    }
    return {};
}

Status take_others(ByteReader& reader, const std::vector<std::string>& replies,
                   const Ordinals& bitmap, std::vector<OutcomeRecord>& records) {
    const std::uint64_t count = reader.varint(records.size());
    if (!reader.ok() || count + bitmap.size() != records.size()) {
        return damaged();
    }
    std::uint64_t index = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t step = reader.varint(limits::kPartitionRecipients);
        index += step;
        const std::uint8_t kind = reader.byte();
        const std::int64_t after_ms = reader.zigzag();
        const auto attempts = static_cast<std::uint32_t>(reader.varint(UINT32_MAX));
        const std::uint64_t reply = reader.varint();
        if (!reader.ok() || index >= records.size() || (i > 0 && step == 0) ||
            std::binary_search(bitmap.begin(), bitmap.end(), index) || reply >= replies.size() ||
            kind == 0 || kind > static_cast<std::uint8_t>(RecordKind::Unknown)) {
            return damaged();
        }
        records[index].kind = static_cast<RecordKind>(kind);
        records[index].after_ms = after_ms;
        records[index].attempts = attempts;
        records[index].reply = replies[reply];
    }
    return {};
}

}  // namespace

std::string encode_compact(const PartitionState& state) {
    CHECK(state.all_ended());
    std::string blob = begin_sealed(kMagic);
    put_varint(blob, state.size());
    Roaring bitmap;
    for (std::size_t i = 0; i < state.size(); ++i) {
        if (delivered(state.recipients()[i])) {
            bitmap.add(static_cast<std::uint32_t>(i));
        }
    }
    put_bitmap(blob, bitmap);
    put_times(blob, state);
    const Replies replies(state);
    put_varint(blob, replies.texts().size());
    for (const std::string_view text : replies.texts()) {
        put_text(blob, text);
    }
    put_accepted(blob, state, replies);
    put_others(blob, state, replies);
    seal(blob);
    return blob;
}

Result<PartitionState> decode_compact(std::string_view bytes) {
    TRY_AS(const std::string_view payload, unseal(bytes, kMagic, "a compact ledger"));
    ByteReader reader(payload);
    std::vector<OutcomeRecord> records(reader.varint(limits::kPartitionRecipients));
    TRY_AS(const Ordinals bitmap, take_bitmap(reader, records.size()));
    TRY(take_times(reader, bitmap, records));
    std::vector<std::string> replies(reader.varint(limits::kPartitionRecipients + 32));
    for (std::string& reply : replies) {
        reply = reader.bytes(reader.varint(2 * limits::kReplyTextBytesMax));
    }
    if (!reader.ok() || (replies.empty() && !records.empty())) {
        return damaged();
    }
    for (const std::uint32_t index : bitmap) {
        records[index].reply = replies.front();
    }
    TRY(take_accepted(reader, replies, records));
    TRY(take_others(reader, replies, bitmap, records));
    if (!reader.ok() || reader.left() != 0) {
        return damaged();
    }
    PartitionState state(records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        records[i].index = static_cast<std::uint32_t>(i);
        TRY(state.apply(records[i]));
    }
    return state;
}

}  // namespace tocsin::delivery
