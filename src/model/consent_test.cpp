#include "model/consent.h"

#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace tocsin::model {
namespace {

// The first entries are as older versions wrote them.
constexpr std::int64_t kOldEntries = 7;

ConsentEntry entry_after(const ConsentEntry* last) {
    ConsentEntry entry;
    entry.seq = last == nullptr ? 1 : last->seq + 1;
    entry.type = "requested";
    entry.subject = std::string(16, static_cast<char>('a' + entry.seq % 7));
    entry.list = entry.seq % 2 == 0 ? std::optional(ListId(entry.seq)) : std::nullopt;
    entry.purpose = "alerts";
    entry.wording_hash = entry.seq % 3 == 0 ? std::string(32, 'w') : std::string();
    entry.method = "web_form";
    entry.actor = "subscriber";
    entry.at = from_ms(1'700'000'000'000 + entry.seq);
    entry.pii_commit = std::string(32, 'p');
    if (entry.seq <= kOldEntries) {
        entry.format = 1;
        entry.page_url = "https://news.example/a";
    } else {
        entry.list_name = entry.list ? "Breaking news" : "";
        entry.controller_hash = std::string(32, 'c');
        entry.detail_commit = std::string(32, 'd');
        entry.origin_commit = entry.seq % 5 == 0 ? std::string(32, 'o') : std::string();
    }
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

TEST(Consent, TheFormatsNeverChange) {
    EXPECT_EQ(hex_encode(consent_hash(entry_after(nullptr))),
              "498b48766646760ec5ec451c1b92d3f534ac82b24736454ab9276f2c37b5682d");
    EXPECT_EQ(hex_encode(consent_leaf(entry_after(nullptr))),
              "1b9319521e9bef8d3882d2309b328db7f81055aca985374d41ca386f3f6df9cb");
    EXPECT_EQ(hex_encode(chain(10).back().hash),
              "8fda16dd2e029b0463264d47ec20be26c3ff1083562f836f5119a0c8acf905e4");
    EXPECT_EQ(chain(10).back().hash, consent_leaf(chain(10).back()));
    EXPECT_EQ(hex_encode(consent_pii_commit("salt", "key")),
              "4a466ea0657e479545b1d6c2d994824f80d8eecd7030f3092ff42a9bcad751d8");
    const ConsentDetail detail{"embed", "https://news.example/a", "https://news.example",
                               "en",    "1@alerts.example",       std::string(32, 't')};
    EXPECT_EQ(hex_encode(consent_detail_commit("salt", 9, detail)),
              "1a1cb31096229e0522ff72c398162a592e976ba854b8617dd7b34bb8890d44b4");
    EXPECT_EQ(hex_encode(consent_origin_commit(9, {"salt", "192.0.2.1", "a browser"})),
              "5e188adaba1cf928ad7b5d99acfd74b9848d55bbff4f17564c6045040dacebe2");
    EXPECT_EQ(consent_detail_commit("salt", 9, {}), "");
    EXPECT_EQ(consent_origin_commit(9, {"salt", "", ""}), "");
}

TEST(Consent, AnIntactChainVerifies) {
    const auto entries = chain(50);
    EXPECT_EQ(first_bad(entries, entries.back()), 0);
    ConsentWalk walk;
    TreeFrontier tree;
    for (const ConsentEntry& entry : entries) {
        ASSERT_TRUE(walk.feed(entry));
        tree.append(consent_leaf(entry));
    }
    EXPECT_EQ(walk.tree(), tree);
}

void flip(char& byte) {
    byte = static_cast<char>(byte ^ 1);
}

TEST(Consent, EveryChangeOfEveryFieldOfEveryEntryIsFound) {
    const auto good = chain(30);
    const std::vector<std::function<void(ConsentEntry&)>> changes = {
        [](ConsentEntry& e) { e.type = "confirmed"; },
        [](ConsentEntry& e) { e.subject[0] = '!'; },
        [](ConsentEntry& e) { e.list = ListId(999); },
        [](ConsentEntry& e) { e.purpose = "marketing"; },
        [](ConsentEntry& e) { e.wording_hash = std::string(32, 'v'); },
        [](ConsentEntry& e) { (e.format == 1 ? e.page_url : e.list_name) += "x"; },
        [](ConsentEntry& e) { e.method = "api"; },
        [](ConsentEntry& e) { e.actor = "staff:x"; },
        [](ConsentEntry& e) { e.at += Milliseconds(1); },
        [](ConsentEntry& e) { e.pii_commit[31] = 'q'; },
        [](ConsentEntry& e) { flip((e.format == 1 ? e.prev_hash : e.controller_hash)[3]); },
        [](ConsentEntry& e) { flip((e.format == 1 ? e.prev_hash : e.detail_commit)[30]); },
        [](ConsentEntry& e) { (e.format == 1 ? e.method : e.origin_commit) += 'q'; },
        [](ConsentEntry& e) { flip(e.prev_hash[0]); },
        [](ConsentEntry& e) { flip(e.hash[5]); },
        [](ConsentEntry& e) { e.format = 3 - e.format; },
        [](ConsentEntry& e) { e.format = 3; },
        // What the entry's format does not hash.
        [](ConsentEntry& e) { (e.format == 1 ? e.list_name : e.page_url) = "x"; },
        // Bytes moved from one field to the next.
        [](ConsentEntry& e) {
            e.actor = e.method.back() + e.actor;
            e.method.pop_back();
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

// What a walk that has seen the entries before says of the next one and, if that is good, of the
// one after it; so that every one of many entries can be tried.
std::int64_t next_bad(ConsentWalk walk, std::initializer_list<const ConsentEntry*> next) {
    for (const ConsentEntry* entry : next) {
        if (entry != nullptr && !walk.feed(*entry)) {
            return walk.bad_seq();
        }
    }
    return 0;
}

TEST(Consent, FlippingDeletingReorderingAndTruncatingEachOfTwoThousandEntriesIsNamed) {
    const auto good = chain(2'000);
    ConsentWalk walk;
    for (std::size_t i = 0; i < good.size(); ++i) {
        const std::int64_t seq = good[i].seq;
        const ConsentEntry* after = i + 1 < good.size() ? &good[i + 1] : nullptr;
        ConsentEntry flipped = good[i];
        flipped.subject[i % 16] = static_cast<char>(flipped.subject[i % 16] ^ (1 << (i % 8)));
        EXPECT_EQ(next_bad(walk, {&flipped, after}), seq);

        ConsentWalk cut = walk;
        EXPECT_FALSE(cut.finish(good.back().seq, good.back().hash));
        EXPECT_EQ(cut.bad_seq(), seq) << "truncated";

        if (after != nullptr) {
            EXPECT_EQ(next_bad(walk, {after}), seq) << "deleted";
            EXPECT_EQ(next_bad(walk, {after, &good[i]}), seq) << "reordered";
            EXPECT_EQ(next_bad(walk, {&good[i], &good[i]}), seq + 1) << "doubled";
            ConsentEntry rewritten = good[i];
            rewritten.actor = "staff:mallory";
            rewritten.hash = consent_hash(rewritten);
            EXPECT_EQ(next_bad(walk, {&rewritten, after}), seq + 1);
        }
        ASSERT_TRUE(walk.feed(good[i]));
    }
    EXPECT_TRUE(walk.finish(2'000, good.back().hash));
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
