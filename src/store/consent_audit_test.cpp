#include "store/consent_audit.h"

#include <functional>

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "model/checkpoint.h"
#include "store/subscribers.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

constexpr std::int64_t kEntries = 2'000;
const model::CheckpointKey kKey("alerts.example/consent", std::string(32, 's'));

// A ledger of entries whose readers are all there, with checkpoints.
class Audit : public testing::Test {
  protected:
    Audit() {
        database_ = std::make_unique<TestDatabase>(Engine::Sqlite);
        db_ = database_->connect();
        EXPECT_TRUE(migrate(*db_, embedded_migrations(), from_ms(1)));
        db_->begin();
        NewSubscriber reader;
        reader.address = reader.address_key = "ann@news.example";
        reader.subject = "ann";
        reader.salt = std::string(32, 'a');
        insert_subscriber(*db_, reader);
        for (std::int64_t i = 1; i <= kEntries; ++i) {
            append_consent(*db_, {event(reader, i)});
            if (i == 700 || i == 1'500) {
                const model::TreeHead head{static_cast<std::uint64_t>(i),
                                           consent_tree_root(*db_, i)};
                insert_checkpoint(*db_, {i, from_ms(i), kKey.sign(head)});
            }
        }
        db_->commit();
    }

    static NewConsent event(const NewSubscriber& reader, std::int64_t number) {
        NewConsent consent;
        consent.subject = reader.subject;
        consent.salt = reader.salt;
        consent.actor = "subscriber";
        consent.wording = "I want the news.";
        consent.at = from_ms(number);
        consent.pii_commit = model::consent_pii_commit(reader.salt, reader.address_key);
        consent.detail.page_url = "https://news.example/a";
        consent.origin = {std::string(32, 'o'), "192.0.2.1", "a browser"};
        return consent;
    }

    ConsentAudit audited() {
        ConsentAudit audit(kKey.vkey());
        while (audit.step(*db_, 300)) {
        }
        return audit;
    }
    // Where the audit, begun with `audit`, stops after the change; which is undone.
    std::int64_t bad_after(const std::function<void()>& change, ConsentAudit audit, int step) {
        db_->begin();
        change();
        while (audit.step(*db_, step)) {
        }
        db_->rollback();
        EXPECT_NE(audit.intact(), !audit.problem().empty());
        return audit.intact() ? 0 : audit.bad_seq();
    }
    std::int64_t bad_after(const std::string& sql) {
        return bad_after([&] { db_->script(sql); }, ConsentAudit(kKey.vkey()), 300);
    }

    std::unique_ptr<TestDatabase> database_;
    std::unique_ptr<Connection> db_;
};

TEST_F(Audit, AnIntactLedgerIsIntact) {
    const ConsentAudit audit = audited();
    EXPECT_TRUE(audit.intact()) << audit.problem();
    EXPECT_EQ(audit.entries(), kEntries);
    EXPECT_EQ(audit.opened(), kEntries);
    EXPECT_EQ(audit.checkpoints(), 2);
    EXPECT_EQ(audit.root(), consent_tree_root(*db_, kEntries));
}

TEST_F(Audit, NamesEachOfTwoThousandEntriesThatWasFlippedDeletedOrReordered) {
    ConsentAudit so_far(kKey.vkey());
    for (std::int64_t seq = 1; seq < kEntries; ++seq) {
        const auto change = [&](const char* sql) {
            return [this, sql, seq] { db_->execute(sql, {seq}); };
        };
        EXPECT_EQ(
            bad_after(change("UPDATE consent_event SET at = at + 1 WHERE seq = $1"), so_far, 2),
            seq);
        EXPECT_EQ(bad_after(change("DELETE FROM consent_event WHERE seq = $1"), so_far, 2), seq);
        const auto swap = [&] {
            db_->execute("UPDATE consent_event SET seq = 0 WHERE seq = $1", {seq});
            db_->execute("UPDATE consent_event SET seq = $1 WHERE seq = $2", {seq, seq + 1});
            db_->execute("UPDATE consent_event SET seq = $1 WHERE seq = 0", {seq + 1});
        };
        EXPECT_EQ(bad_after(swap, so_far, 2), seq);
        ASSERT_TRUE(so_far.step(*db_, 1));
    }
}

TEST_F(Audit, NamesTheFirstEntryThatWasCutOffWhateverElseWasMadeToFit) {
    for (std::int64_t seq = 1; seq <= kEntries; seq += 61) {
        EXPECT_EQ(bad_after(fmt::format("DELETE FROM consent_event WHERE seq >= {}", seq)), seq);
    }
    // The recorded end moved along: only what was signed still knows.
    const std::string sql =
        "DELETE FROM consent_event WHERE seq > 1400;"
        "UPDATE consent_head SET seq = 1400, hash = (SELECT hash FROM consent_event WHERE seq = "
        "1400), tree_size = 0, frontier = NULL;";
    EXPECT_EQ(bad_after(sql), 1401);
}

TEST_F(Audit, FindsWhatWasChangedBesideTheEntries) {
    EXPECT_EQ(bad_after("UPDATE consent_detail SET page_url = 'https://x.example' WHERE seq = 77"),
              77);
    EXPECT_EQ(bad_after("DELETE FROM consent_detail WHERE seq = 78"), 78);
    EXPECT_EQ(bad_after("UPDATE consent_origin SET ip = '192.0.2.2' WHERE seq = 79"), 79);
    EXPECT_EQ(bad_after("DELETE FROM consent_origin WHERE seq = 80"), 0) << "forgotten";
    EXPECT_EQ(bad_after("UPDATE subscriber SET address_key = 'bob@news.example'"), 1);
    EXPECT_EQ(bad_after("UPDATE consent_wording SET text = 'I want offers.'"), 1);
    EXPECT_EQ(bad_after("DELETE FROM consent_wording"), 1);
    EXPECT_EQ(bad_after("DELETE FROM subscriber"), 0) << "erased";
}

TEST_F(Audit, FindsATreeThatWasChanged) {
    EXPECT_EQ(bad_after("UPDATE consent_node SET hash = (SELECT hash FROM consent_node WHERE level "
                        "= 4 AND idx = 1) WHERE level = 4 AND idx = 2"),
              33);
    EXPECT_EQ(bad_after("DELETE FROM consent_node WHERE level = 8 AND idx = 3"), 769);
    EXPECT_NE(bad_after("UPDATE consent_head SET frontier = (SELECT hash FROM consent_head)"), 0);
    EXPECT_NE(bad_after("UPDATE consent_head SET tree_size = 2001"), 0);
}

TEST_F(Audit, FindsACheckpointThatDoesNotFit) {
    EXPECT_EQ(bad_after("UPDATE consent_checkpoint SET note = (SELECT note FROM consent_checkpoint "
                        "WHERE size = 1500) WHERE size = 700"),
              700);
    EXPECT_EQ(bad_after("UPDATE consent_checkpoint SET note = 'x' WHERE size = 1500"), 1500);
    // Another key's: this newsroom has not signed it.
    ConsentAudit other(model::CheckpointKey("alerts.example/consent", std::string(32, 't')).vkey());
    while (other.step(*db_, 300)) {
    }
    EXPECT_EQ(other.bad_seq(), 700);
}

}  // namespace
}  // namespace tocsin::store
