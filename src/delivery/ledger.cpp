#include "delivery/ledger.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/bytes.h"
#include "base/limits.h"
#include "delivery/sealed.h"
#include "delivery/varint.h"

namespace tocsin::delivery {
namespace {

constexpr char kMagic = 'O';
constexpr std::uint64_t kRecordsMax = 65'536;  // the engine writes at most a few thousand

Error damaged() {
    return Error(ErrorKind::Corrupt, "an outcome batch is damaged: its parts do not fit");
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '=' || c == '+' || c == '/' || c == '$' || c == '@' || c == '~';
}

// Queue ids, transaction ids, host names with numbers, sizes: a digit and at least five characters.
// Dots do not belong to words, so that enhanced codes ("2.0.0") stay.
bool is_queue_id(std::string_view word) {
    return word.size() >= 5 && std::any_of(word.begin(), word.end(), is_digit);
}

std::string without_queue_ids(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i;
        while (end < text.size() && is_word(text[end])) {
            ++end;
        }
        const std::string_view word = text.substr(i, end - i);
        if (is_queue_id(word)) {
            out.push_back('*');
        } else {
            out += word;
        }
        i = end;
        if (i < text.size()) {
            out.push_back(text[i++]);
        }
    }
    return out;
}

// Every occurrence of `name`, in any case of letters, becomes "<>". WholeWord: not inside of longer
// words.
enum class Match { Anywhere, WholeWord };
std::string without(std::string text, std::string_view name, Match match) {
    const std::string lower = ascii_lower(text);
    const std::string wanted = ascii_lower(name);
    std::string out;
    std::size_t from = 0;
    for (std::size_t at = lower.find(wanted); at != std::string::npos;
         at = lower.find(wanted, at + 1)) {
        const std::size_t end = at + wanted.size();
        const bool inside =
            (at > 0 && is_word(lower[at - 1])) || (end < lower.size() && is_word(lower[end]));
        if (at < from || (match == Match::WholeWord && inside)) {
            continue;
        }
        out.append(text, from, at - from);
        out += "<>";
        from = end;
    }
    if (from == 0) {
        return text;
    }
    out.append(text, from, std::string::npos);
    return out;
}

// The whole address, then the name alone ("user jane.roe unknown"), which tells as much.
std::string without_address(std::string text, std::string_view address) {
    constexpr std::size_t kNameBytesMin = 3;
    if (address.empty()) {
        return text;
    }
    text = without(std::move(text), address, Match::Anywhere);
    const std::string_view local = address.substr(0, address.rfind('@'));
    if (local.size() >= kNameBytesMin) {
        text = without(std::move(text), local, Match::WholeWord);
    }
    // "<a@b.example>" has become "<<>>".
    for (std::size_t at = text.find("<<>>"); at != std::string::npos; at = text.find("<<>>")) {
        text.replace(at, 4, "<>");
    }
    return text;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
    constexpr std::array<std::string_view, 5> kNames{"delivered", "failed", "expired", "suppressed",
                                                     "unknown"};
    return kNames[static_cast<std::size_t>(outcome)];
}

std::string tidy_reply(std::string_view reply, std::string_view address, ReplyDetail detail) {
    std::string text(trim(reply));
    for (char& c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) {
            c = ' ';
        }
    }
    text = without_address(std::move(text), address);
    if (detail == ReplyDetail::WithoutQueueIds) {
        text = without_queue_ids(text);
    }
    if (text.size() > limits::kReplyTextBytesMax) {
        text.resize(limits::kReplyTextBytesMax);
    }
    while (!text.empty() && !is_utf8(text)) {  // cut inside a character, or no UTF-8 at all
        for (char& c : text) {
            if (static_cast<unsigned char>(c) >= 0x80) {
                c = '?';
            }
        }
    }
    return text;
}

std::string encode_batch(const OutcomeBatch& batch) {
    std::vector<const std::string*> replies;
    std::unordered_map<std::string_view, std::size_t> index;
    for (const OutcomeRecord& record : batch.records) {
        if (index.emplace(record.reply, replies.size()).second) {
            replies.push_back(&record.reply);
        }
    }
    std::string blob = begin_sealed(kMagic);
    put_varint(blob, batch.generation);
    put_varint(blob, replies.size());
    for (const std::string* reply : replies) {
        put_varint(blob, reply->size());
        blob += *reply;
    }
    put_varint(blob, batch.records.size());
    std::int64_t last_ms = 0;
    for (const OutcomeRecord& record : batch.records) {
        blob.push_back(static_cast<char>(record.kind));
        put_varint(blob, record.index);
        put_varint(blob, zigzag(record.after_ms - last_ms));
        put_varint(blob, record.attempts);
        put_varint(blob, index.at(record.reply));
        last_ms = record.after_ms;
    }
    seal(blob);
    return blob;
}

Result<OutcomeBatch> decode_batch(std::string_view bytes) {
    TRY_AS(const std::string_view payload, unseal(bytes, kMagic, "an outcome batch"));
    ByteReader reader(payload);
    OutcomeBatch batch;
    batch.generation = reader.varint();
    std::vector<std::string> replies(reader.varint(kRecordsMax));
    for (std::string& reply : replies) {
        reply = reader.bytes(reader.varint(limits::kReplyTextBytesMax));
    }
    batch.records.resize(reader.varint(kRecordsMax));
    std::uint64_t last_ms = 0;
    for (OutcomeRecord& record : batch.records) {
        const std::uint8_t kind = reader.byte();
        record.index = static_cast<std::uint32_t>(reader.varint(limits::kPartitionRecipients - 1));
        last_ms += static_cast<std::uint64_t>(reader.zigzag());
        record.attempts = static_cast<std::uint32_t>(reader.varint(UINT32_MAX));
        const std::uint64_t reply = reader.varint();
        if (!reader.ok() || kind >= kRecordKinds || reply >= replies.size()) {
            return damaged();
        }
        record.kind = static_cast<RecordKind>(kind);
        record.after_ms = static_cast<std::int64_t>(last_ms);
        record.reply = replies[reply];
    }
    if (!reader.ok() || reader.left() != 0) {
        return damaged();
    }
    return batch;
}

}  // namespace tocsin::delivery
