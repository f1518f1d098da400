#include "model/consent.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace tocsin::model {
namespace {

ConsentEntry entry_after(const ConsentEntry* last) {
    ConsentEntry entry;
    entry.seq = last == nullptr ? 1 : last->seq + 1;
    entry.type = "requested";
    entry.subject = std::string(16, static_cast<char>('a' + entry.seq % 7));
    entry.list = entry.seq % 2 == 0 ? std::optional(ListId(entry.seq)) : std::nullopt;
    entry.purpose = "alerts";
    entry.wording_hash = entry.seq % 3 == 0 ? std::string(32, 'w') : std::string();
    entry.page_url = "https://news.example/a";
    entry.method = "web_form";
    entry.actor = "subscriber";
    entry.at = from_ms(1'700'000'000'000 + entry.seq);
    entry.pii_commit = std::string(32, 'p');
    entry.prev_hash = last == nullptr ? consent_genesis() : last->hash;
    entry.hash = consent_hash(entry);
    return entry;
}

std::vector<ConsentEntry> chain(std::size_t count) {
    std::vector<ConsentEntry> out;
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back(entry_after(out.empty() ? nullptr : &out.back()));
    }
    return out;
}

// The seq of the first bad entry; 0 for an intact chain.
std::int64_t first_bad(const std::vector<ConsentEntry>& entries, const ConsentEntry& head) {
    ConsentWalk walk;
    for (const ConsentEntry& entry : entries) {
        if (!walk.feed(entry)) {
            EXPECT_FALSE(walk.problem().empty());
            return walk.bad_seq();
        }
    }
    return walk.finish(head.seq, head.hash) ? 0 : walk.bad_seq();
}

TEST(Consent, TheFormatNeverChanges) {
    EXPECT_EQ(hex_encode(consent_hash(entry_after(nullptr))),
              "498b48766646760ec5ec451c1b92d3f534ac82b24736454ab9276f2c37b5682d");
    EXPECT_EQ(hex_encode(consent_pii_commit("salt", "key")),
              "4a466ea0657e479545b1d6c2d994824f80d8eecd7030f3092ff42a9bcad751d8");
}

TEST(Consent, AnIntactChainVerifies) {
    const auto entries = chain(50);
    EXPECT_EQ(first_bad(entries, entries.back()), 0);
}

TEST(Consent, EveryChangeOfEveryFieldOfEveryEntryIsFound) {
    const auto good = chain(30);
    const std::vector<std::function<void(ConsentEntry&)>> changes = {
        [](ConsentEntry& e) { e.type = "confirmed"; },
        [](ConsentEntry& e) { e.subject[0] = '!'; },
        [](ConsentEntry& e) { e.list = ListId(999); },
        [](ConsentEntry& e) { e.purpose = "marketing"; },
        [](ConsentEntry& e) { e.wording_hash = std::string(32, 'v'); },
        [](ConsentEntry& e) { e.page_url += "x"; },
        [](ConsentEntry& e) { e.method = "api"; },
        [](ConsentEntry& e) { e.actor = "staff:x"; },
        [](ConsentEntry& e) { e.at += Milliseconds(1); },
        [](ConsentEntry& e) { e.pii_commit[31] = 'q'; },
        [](ConsentEntry& e) { e.prev_hash[0] = '\1'; },
        [](ConsentEntry& e) { e.hash[5] = static_cast<char>(e.hash[5] ^ 1); },
        // Bytes moved from one field to the next.
        [](ConsentEntry& e) {
            e.method = e.page_url.back() + e.method;
            e.page_url.pop_back();
        },
    };
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const auto& change : changes) {
            auto entries = good;
            change(entries[i]);
            EXPECT_EQ(first_bad(entries, good.back()), good[i].seq);
        }
    }
}

TEST(Consent, ARewrittenEntryIsFoundAtItsSuccessor) {
    const auto good = chain(10);
    auto entries = good;
    entries[4].actor = "staff:x";
    entries[4].hash = consent_hash(entries[4]);
    EXPECT_EQ(first_bad(entries, good.back()), 6);
}

TEST(Consent, DeletionReorderInsertionAndTruncationAreFound) {
    const auto good = chain(20);
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto entries = good;
        entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_EQ(first_bad(entries, good.back()), good[i].seq) << "deleted";

        entries = good;
        entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(i), good[i]);
        EXPECT_EQ(first_bad(entries, good.back()), good[i].seq + 1) << "doubled";

        if (i + 1 < good.size()) {
            entries = good;
            std::swap(entries[i], entries[i + 1]);
            EXPECT_EQ(first_bad(entries, good.back()), good[i].seq) << "swapped";
        }
        entries = good;
        entries.resize(i);
        EXPECT_EQ(first_bad(entries, good.back()), static_cast<std::int64_t>(i) + 1) << "cut";
    }
    auto longer = good;
    longer.push_back(entry_after(&good.back()));
    EXPECT_EQ(first_bad(longer, good.back()), 21) << "appended behind the record's back";
}

}  // namespace
}  // namespace tocsin::model
