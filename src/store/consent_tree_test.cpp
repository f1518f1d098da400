#include "store/consent_tree.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "model/checkpoint.h"
#include "store/consent_audit.h"
#include "store/subscribers.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

class ConsentTree : public EachEngineVerbs {
  protected:
    static NewConsent event(std::int64_t number) {
        NewConsent consent;
        consent.subject = fmt::format("subject {:08}", number % 97);
        consent.salt = "salt";
        consent.actor = "subscriber";
        consent.wording = "I want the news.";
        consent.at = from_ms(1'700'000'000'000 + number);
        consent.pii_commit = std::string(32, 'p');
        consent.detail.locale = "en";
        return consent;
    }
    void append(std::int64_t count) {
        std::vector<NewConsent> events;
        for (std::int64_t i = 0; i < count; ++i) {
            events.push_back(event(i));
        }
        append_consent(*db_, events);
    }
    std::string leaf(std::int64_t seq) {
        return model::consent_leaf(consent_after(*db_, seq - 1, 1).at(0));
    }
    ConsentAudit audited(int step = 500) {
        ConsentAudit audit;
        while (audit.step(*db_, step)) {
        }
        return audit;
    }
};
INSTANTIATE_TEST_SUITE_P(Each, ConsentTree, kEngines, engine_name);

TEST_P(ConsentTree, ProvesEveryEntryInEveryTree) {
    append(100);
    for (int i = 0; i < 40; ++i) {
        append(5);
    }
    const ConsentHead head = consent_head(*db_);
    EXPECT_EQ(head.tree_size, 300);
    EXPECT_EQ(audited().root(), consent_tree_root(*db_, 300));
    for (const std::int64_t size : {1, 16, 17, 255, 256, 257, 300}) {
        const std::string root = consent_tree_root(*db_, size);
        for (std::int64_t seq = 1; seq <= size; seq += 13) {
            EXPECT_TRUE(model::verify_inclusion(leaf(seq), static_cast<std::uint64_t>(seq - 1),
                                                static_cast<std::uint64_t>(size),
                                                consent_inclusion(*db_, seq, size), root));
        }
        EXPECT_TRUE(model::verify_consistency({static_cast<std::uint64_t>(size), root},
                                              {300, consent_tree_root(*db_, 300)},
                                              consent_consistency(*db_, size, 300)));
    }
    // One row for fifteen entries: 18 of level 4, 1 of level 8.
    EXPECT_EQ(db_->first("SELECT COUNT(*) FROM consent_node")->integer(0), 19);
}

// Entries as the version before wrote them, after `seq` and `last`; the last one's hash.
std::string insert_old(Database& db, std::int64_t seq, std::string last, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
        model::ConsentEntry entry;
        entry.format = 1;
        entry.seq = ++seq;
        entry.type = "requested";
        entry.subject = "an old reader";
        entry.purpose = "alerts";
        entry.page_url = "https://news.example/old";
        entry.method = "web_form";
        entry.actor = "subscriber";
        entry.at = from_ms(1'600'000'000'000 + i);
        entry.pii_commit = std::string(32, 'q');
        entry.prev_hash = last;
        last = model::consent_hash(entry);
        db.execute(
            "INSERT INTO consent_event (seq, type, subject, purpose, page_url, method, actor, at, "
            "pii_commit, prev_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            {entry.seq, entry.type, Blob{entry.subject}, entry.purpose, entry.page_url,
             entry.method, entry.actor, entry.at, Blob{entry.pii_commit}, Blob{entry.prev_hash},
             Blob{last}});
    }
    db.execute("INSERT INTO consent_head (id, seq, hash) VALUES (1, $1, $2)", {seq, Blob{last}});
    return last;
}

TEST_P(ConsentTree, CatchesUpWithOldEntriesWhileNewOnesCome) {
    insert_old(*db_, 0, model::consent_genesis(), 700);
    append(3);  // too far behind to catch up by the way
    EXPECT_EQ(consent_head(*db_).tree_size, 0);
    EXPECT_TRUE(audited().intact()) << audited().problem();
    EXPECT_EQ(*grow_consent_tree(*db_, 500), 203);
    EXPECT_EQ(consent_head(*db_).tree_size, 500);
    append(1);  // near enough
    EXPECT_EQ(consent_head(*db_).tree_size, 704);
    EXPECT_EQ(*grow_consent_tree(*db_, 500), 0);
    const ConsentAudit audit = audited();
    EXPECT_TRUE(audit.intact()) << audit.problem();
    EXPECT_EQ(audit.entries(), 704);
    EXPECT_TRUE(model::verify_inclusion(leaf(5), 4, 704, consent_inclusion(*db_, 5, 704),
                                        consent_tree_root(*db_, 704)));
}

TEST(ConsentUpgrade, TheEntriesOfTheVersionBeforeVerifyAfterIt) {
    TestDatabase database(Engine::Sqlite);
    auto all = embedded_migrations();
    std::vector<Migration> before(all.begin(), all.begin() + 9);
    auto db = database.connect();
    ASSERT_TRUE(migrate(*db, before, from_ms(1)));
    const std::string last = insert_old(*db, 0, model::consent_genesis(), 40);
    ASSERT_TRUE(migrate(*db, all, from_ms(2)));
    NewConsent next;
    next.at = from_ms(50);
    append_consent(*db, {next});
    EXPECT_EQ(consent_after(*db, 40, 1).at(0).prev_hash, last);
    ConsentAudit audit;
    EXPECT_FALSE(audit.step(*db, 100));
    EXPECT_TRUE(audit.intact()) << audit.problem();
    EXPECT_EQ(audit.entries(), 41);
    EXPECT_EQ(consent_head(*db).tree_size, 41);
}

}  // namespace
}  // namespace tocsin::store
