#include "delivery/ledger.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "base/limits.h"
#include "base/random.h"
#include "delivery/audience_chunk.h"
#include "delivery/ledger_compact.h"
#include "delivery/ledger_fuzz_target.h"
#include "delivery/partition_state.h"

namespace tocsin::delivery {
namespace {

std::uint64_t seed() {
    const char* given = std::getenv("TOCSIN_SEED");
    const std::uint64_t value = given != nullptr ? std::strtoull(given, nullptr, 10) : 20'261'124;
    ::testing::Test::RecordProperty("seed", std::to_string(value));
    return value;
}

OutcomeRecord record(std::uint32_t index, RecordKind kind, std::int64_t after_ms = 0,
                     std::string reply = {}, std::uint32_t attempts = 1) {
    return {.index = index,
            .kind = kind,
            .attempts = attempts,
            .after_ms = after_ms,
            .reply = std::move(reply)};
}

TEST(AudienceChunk, KeepsOrderAndLists) {
    std::vector<ChunkRecipient> recipients;
    for (std::int64_t i = 0; i < 1'000; ++i) {
        recipients.push_back(
            {SubscriberId((i * 7'919) % 1'000'003 + 1), ListId(i % 3 == 0 ? 7 : 2)});
    }
    const auto decoded = decode_chunk(encode_chunk(recipients));
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(*decoded, recipients);
}

TEST(AudienceChunk, TakesAboutTwoBytesARecipient) {
    SeededRandom random(seed());
    std::vector<ChunkRecipient> recipients;
    std::int64_t id = 1;
    for (std::size_t i = 0; i < limits::kPartitionRecipients; ++i) {
        id += static_cast<std::int64_t>(1 + random.below(20));
        recipients.push_back({SubscriberId(id), ListId(1)});
    }
    EXPECT_LT(encode_chunk(recipients).size(), 2 * recipients.size());
}

TEST(AudienceChunk, NoticesEveryChangedByte) {
    const std::string blob =
        encode_chunk({{SubscriberId(5), ListId(1)}, {SubscriberId(9), ListId(1)}});
    for (std::size_t i = 0; i < blob.size(); ++i) {
        std::string changed = blob;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(decode_chunk(changed)) << i;
        EXPECT_FALSE(decode_chunk(blob.substr(0, i))) << i;
    }
}

TEST(OutcomeBatch, ComesBackAsItWas) {
    OutcomeBatch batch{.generation = 3, .records = {}};
    batch.records.push_back(record(0, RecordKind::Delivered, 41, "250 2.0.0 Ok: queued as *"));
    batch.records.push_back(record(9'999, RecordKind::Deferred, 39, "450 4.2.1 Busy", 2));
    batch.records.push_back(record(1, RecordKind::Delivered, -5, "250 2.0.0 Ok: queued as *"));
    const auto decoded = decode_batch(encode_batch(batch));
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(*decoded, batch);
}

TEST(OutcomeBatch, NoticesEveryChangedByte) {
    const std::string blob =
        encode_batch({.generation = 1, .records = {record(3, RecordKind::Failed, 9, "550 no")}});
    for (std::size_t i = 0; i < blob.size(); ++i) {
        std::string changed = blob;
        changed[i] = static_cast<char>(changed[i] ^ 0x40);
        EXPECT_FALSE(decode_batch(changed)) << i;
    }
}

TEST(TidyReply, OneLineWithoutTheAddress) {
    EXPECT_EQ(tidy_reply("550 5.1.1 <Jane.Roe@Example.org>:\n user jane.roe unknown",
                         "jane.roe@example.org", ReplyDetail::Full),
              "550 5.1.1 <>:  user <> unknown");
    // A short name or one inside another word stays.
    EXPECT_EQ(tidy_reply("550 annual limit of an", "an@example.org", ReplyDetail::Full),
              "550 annual limit of an");
    EXPECT_EQ(tidy_reply("550 banner", "ann@example.org", ReplyDetail::Full), "550 banner");
}

TEST(TidyReply, QueueIdsOfAcceptancesGo) {
    EXPECT_EQ(tidy_reply("250 2.0.0 Ok: queued as 4F1aB23c9D", "a@b.example",
                         ReplyDetail::WithoutQueueIds),
              "250 2.0.0 Ok: queued as *");
    EXPECT_EQ(tidy_reply("250 2.0.0 OK  1764 98e67ed59e1d1-30bd4d88125si1 - gsmtp", "a@b.example",
                         ReplyDetail::WithoutQueueIds),
              "250 2.0.0 OK  1764 * - gsmtp");
}

TEST(TidyReply, IsCutAndAlwaysUtf8) {
    EXPECT_LE(tidy_reply(std::string(5'000, 'x'), "a@b.example", ReplyDetail::Full).size(),
              limits::kReplyTextBytesMax);
    EXPECT_EQ(tidy_reply("550 caf\xE9", "a@b.example", ReplyDetail::Full), "550 caf?");
}

TEST(PartitionState, AnEndIsAnEnd) {
    PartitionState state(2);
    ASSERT_TRUE(state.apply(record(0, RecordKind::Deferred, 5, "450 later")));
    ASSERT_TRUE(state.apply(record(0, RecordKind::Delivered, 9, "250 ok", 2)));
    ASSERT_TRUE(state.apply(record(0, RecordKind::Failed, 11, "550 no", 3)));
    EXPECT_EQ(state.recipients()[0].kind, RecordKind::Delivered);
    EXPECT_FALSE(state.all_ended());
    EXPECT_FALSE(state.apply(record(2, RecordKind::Delivered)));
}

TEST(PartitionState, ClosingLeavesUnknownWhatMayHaveArrived) {
    PartitionState state(4);
    ASSERT_TRUE(state.apply(record(0, RecordKind::MaybeDelivered, 5)));
    ASSERT_TRUE(state.apply(record(0, RecordKind::Deferred, 6, "450 later")));
    ASSERT_TRUE(state.apply(record(1, RecordKind::Intent)));
    ASSERT_TRUE(state.apply(record(2, RecordKind::Deferred, 7, "451 busy")));
    state.close(Outcome::Expired, 100, "stopped", PartitionState::Unrecorded::NotSent);
    EXPECT_EQ(state.recipients()[0].kind, RecordKind::Unknown);
    EXPECT_EQ(state.recipients()[1].kind, RecordKind::Unknown);
    EXPECT_EQ(state.recipients()[2].kind, RecordKind::Expired);
    EXPECT_EQ(state.recipients()[2].reply, "stopped; last: 451 busy");
    EXPECT_EQ(state.recipients()[3].kind, RecordKind::Expired);
    EXPECT_EQ(state.counts().settled(), 4U);
}

// The model is the plain list of what happened; the compact form must give it back, but for the
// tick of the times and the wording of rare acceptances.
TEST(CompactLedger, HoldsWhatTheBatchesHeld) {
    SeededRandom random(seed());
    const std::vector<std::string> accepted{"250 ok", "250 2.0.0 Ok: queued as *", "250 accepted"};
    for (int round = 0; round < 60; ++round) {
        const auto size = static_cast<std::size_t>(random.below(400) + (round == 0 ? 0 : 1));
        const std::uint64_t bad = random.below(4) == 0 ? 2 : 30;
        PartitionState state(size);
        std::int64_t now = static_cast<std::int64_t>(random.below(100'000)) - 500;
        for (std::uint32_t i = 0; i < size; ++i) {
            now += static_cast<std::int64_t>(random.below(40)) - 15;
            const bool other = random.below(bad) == 0;
            const auto kind =
                other ? static_cast<RecordKind>(1 + random.below(4)) : RecordKind::Delivered;
            const std::string reply = other ? std::to_string(500 + random.below(50)) + " no"
                                            : accepted[random.below(random.below(3) + 1)];
            ASSERT_TRUE(state.apply(
                record(i, kind, now, reply, static_cast<std::uint32_t>(1 + random.below(9) / 8))));
        }
        const auto decoded = decode_compact(encode_compact(state));
        ASSERT_TRUE(decoded) << decoded.error().message();
        ASSERT_EQ(decoded->size(), size);
        EXPECT_EQ(decoded->counts(), state.counts());
        for (std::size_t i = 0; i < size; ++i) {
            const RecipientState& is = decoded->recipients()[i];
            const RecipientState& was = state.recipients()[i];
            EXPECT_EQ(is.kind, was.kind);
            EXPECT_EQ(is.reply, was.reply);
            EXPECT_EQ(is.attempts, was.attempts);
            EXPECT_LE(is.after_ms, was.after_ms);
            EXPECT_LT(was.after_ms - is.after_ms, 64);
        }
    }
}

TEST(CompactLedger, TakesLessThanAByteADeliveredRecipient) {
    SeededRandom random(seed());
    PartitionState state(limits::kPartitionRecipients);
    std::int64_t now = 20;
    for (std::uint32_t i = 0; i < state.size(); ++i) {
        now += static_cast<std::int64_t>(random.below(10)) / 9;  // ten a millisecond
        const std::int64_t jitter = static_cast<std::int64_t>(random.below(30));
        ASSERT_TRUE(state.apply(record(i, RecordKind::Delivered, now + jitter, "250 ok")));
    }
    EXPECT_LE(encode_compact(state).size(), state.size() * 3 / 4);
}

TEST(CompactLedger, KeepsSixteenAcceptancesAndShortensTheRest) {
    PartitionState state(100);
    for (std::uint32_t i = 0; i < 100; ++i) {
        ASSERT_TRUE(state.apply(record(i, RecordKind::Delivered, 1, "250 " + std::to_string(i))));
    }
    const auto decoded = decode_compact(encode_compact(state));
    ASSERT_TRUE(decoded);
    int shortened = 0;
    for (const RecipientState& recipient : decoded->recipients()) {
        shortened += recipient.reply == "250" ? 1 : 0;
    }
    EXPECT_EQ(shortened, 84);
}

TEST(CompactLedger, NoticesEveryChangedByte) {
    PartitionState state(3);
    ASSERT_TRUE(state.apply(record(0, RecordKind::Delivered, 1, "250 ok")));
    ASSERT_TRUE(state.apply(record(1, RecordKind::Failed, 2, "550 no")));
    ASSERT_TRUE(state.apply(record(2, RecordKind::Unknown, 3, "")));
    const std::string blob = encode_compact(state);
    for (std::size_t i = 0; i < blob.size(); ++i) {
        std::string changed = blob;
        changed[i] = static_cast<char>(changed[i] ^ 4);
        EXPECT_FALSE(decode_compact(changed)) << i;
    }
}

// Inputs of fuzz/ledger_fuzz.cpp.
TEST(Ledger, TheFuzzCorpusIsDecodedOrRefused) {
    int replayed = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(TOCSIN_SOURCE_DIR "/fuzz/corpus/ledger")) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string input((std::istreambuf_iterator<char>(file)), {});
        SCOPED_TRACE(entry.path().string());
        fuzz_ledger(input);
        ++replayed;
    }
    EXPECT_GE(replayed, 5);
}

// Seeded mutations of good blobs, with the checksum made good: the decoders alone stand between
// them and memory.
TEST(Ledger, DamagedPayloadsAreDecodedOrRefused) {
    SeededRandom random(seed());
    PartitionState state(200);
    for (std::uint32_t i = 0; i < 200; ++i) {
        const auto kind = i % 17 == 0 ? RecordKind::Failed : RecordKind::Delivered;
        ASSERT_TRUE(state.apply(record(i, kind, i * 3, "250 ok " + std::to_string(i % 3))));
    }
    const std::vector<std::string> good{
        encode_compact(state),
        encode_batch({.generation = 1, .records = {record(3, RecordKind::Failed, 9, "550 no")}}),
        encode_chunk({{SubscriberId(5), ListId(1)}, {SubscriberId(9), ListId(2)}})};
    for (int round = 0; round < 3'000; ++round) {
        const std::string& blob = good[random.below(good.size())];
        std::string input = blob.substr(0, 1) + blob.substr(2, blob.size() - 10);
        for (std::uint64_t i = 0; i <= random.below(4); ++i) {
            input[1 + random.below(input.size() - 1)] = static_cast<char>(random.below(256));
        }
        fuzz_ledger(input);
    }
}

}  // namespace
}  // namespace tocsin::delivery
