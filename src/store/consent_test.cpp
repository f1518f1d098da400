#include "store/consent.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "store/consent_audit.h"
#include "store/subscribers.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

class Consent : public EachEngineVerbs {};
INSTANTIATE_TEST_SUITE_P(Each, Consent, kEngines, engine_name);

NewConsent event(const std::string& subject, Time at) {
    NewConsent consent;
    consent.subject = subject;
    consent.salt = "salt of " + subject;
    consent.list = ListId(3);
    consent.wording = "I want the news.";
    consent.actor = "subscriber";
    consent.at = at;
    consent.pii_commit = std::string("\0\1\2", 3);
    consent.detail.page_url = "https://news.example/ärger";
    consent.detail.form_id = "embed";
    consent.origin = {std::string(32, 'o'), "2001:db8::7", "a browser"};
    return consent;
}

TEST_P(Consent, IsAChainThatVerifiesAsItWasWritten) {
    append_consent(*db_, {});
    EXPECT_EQ(consent_head(*db_).seq, 0);
    append_consent(*db_, {event("subject-a", now_), event("subject-b", now_)});
    NewConsent plain = event("subject-a", now_ + Seconds(1));
    plain.list = std::nullopt;
    plain.wording.clear();
    append_consent(*db_, {plain});
    const auto all = consent_after(*db_, 0, 10);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(consent_head(*db_).seq, 3);
    EXPECT_EQ(consent_head(*db_).hash, all[2].hash);
    std::string previous = model::consent_genesis();
    for (const model::ConsentEntry& entry : all) {
        EXPECT_EQ(entry.prev_hash, previous);
        EXPECT_EQ(entry.hash, model::consent_hash(entry));
        EXPECT_EQ(entry.page_url, "");
        previous = entry.hash;
    }
    EXPECT_EQ(consent_wording(*db_, all[0].wording_hash), "I want the news.");
    EXPECT_EQ(consent_wording(*db_, "none"), "");
    EXPECT_TRUE(all[2].wording_hash.empty());
    EXPECT_EQ(consent_after(*db_, 1, 1)[0].seq, 2);
}

TEST_P(Consent, NamesTheListAndWhoAnswersForItAsTheyWereThen) {
    db_->execute(
        "INSERT INTO list (id, slug, name, description, created_at) "
        "VALUES (3, 'breaking', 'Breaking news', '', 1)");
    append_consent(*db_, {event("a", now_)});
    set_consent_controller(*db_, "The Example, alerts@news.example");
    append_consent(*db_, {event("a", now_)});
    db_->execute("UPDATE list SET name = 'News' WHERE id = 3");
    set_consent_controller(*db_, "Another, x@news.example");
    append_consent(*db_, {event("a", now_), event("b", now_)});
    const auto all = consent_after(*db_, 0, 10);
    EXPECT_EQ(all[0].controller_hash, "");
    EXPECT_EQ(all[1].list_name, "Breaking news");
    EXPECT_EQ(all[2].list_name, "News");
    EXPECT_EQ(consent_wording(*db_, all[1].controller_hash), "The Example, alerts@news.example");
    EXPECT_EQ(consent_wording(*db_, all[3].controller_hash), "Another, x@news.example");
    ConsentAudit audit;
    EXPECT_FALSE(audit.step(*db_, 100));
    EXPECT_TRUE(audit.intact()) << audit.problem();
}

TEST_P(Consent, OfOneReaderComesInOrderWithWhatIsBesideIt) {
    append_consent(*db_, {event("a", now_), event("b", now_), event("a", now_), event("a", now_)});
    const auto last = consent_of(*db_, "a", 2);
    ASSERT_EQ(last.size(), 2U);
    EXPECT_EQ(last[0].entry.seq, 3);
    EXPECT_EQ(last[1].entry.seq, 4);
    EXPECT_EQ(last[1].entry.page_url, "https://news.example/ärger");
    ASSERT_TRUE(last[1].detail);
    EXPECT_EQ(*last[1].detail, event("a", now_).detail);
    ASSERT_TRUE(last[1].origin);
    EXPECT_EQ(*last[1].origin, event("a", now_).origin);
    EXPECT_EQ(model::consent_detail_commit("salt of a", 4, *last[1].detail),
              last[1].entry.detail_commit);
    EXPECT_EQ(model::consent_origin_commit(4, *last[1].origin), last[1].entry.origin_commit);
}

TEST_P(Consent, ErasingTakesWhatIsBesideTheEntriesOfOneReader) {
    append_consent(*db_, {event("a", now_), event("b", now_), event("a", now_)});
    erase_consent_details(*db_, "a");
    for (const ConsentRow& row : consent_of(*db_, "a", 9)) {
        EXPECT_FALSE(row.detail);
        EXPECT_FALSE(row.origin);
    }
    EXPECT_TRUE(consent_of(*db_, "b", 9)[0].detail);
    EXPECT_TRUE(consent_of(*db_, "b", 9)[0].origin);
    ConsentAudit audit;
    EXPECT_FALSE(audit.step(*db_, 100));
    EXPECT_TRUE(audit.intact()) << audit.problem();
}

TEST_P(Consent, OriginsAreForgottenOldestFirstAndSoManyAtATime) {
    for (int i = 0; i < 10; ++i) {
        append_consent(*db_, {event("a", now_ + Seconds(i))});
    }
    EXPECT_EQ(forget_consent_origins(*db_, now_ + Seconds(6), 4), 4);
    EXPECT_FALSE(consent_of(*db_, "a", 10)[3].origin);
    EXPECT_TRUE(consent_of(*db_, "a", 10)[4].origin);
    EXPECT_EQ(forget_consent_origins(*db_, now_ + Seconds(6), 4), 2);
    EXPECT_EQ(forget_consent_origins(*db_, now_ + Seconds(6), 4), 0);
    EXPECT_TRUE(consent_of(*db_, "a", 10)[6].origin);
    ConsentAudit audit;
    EXPECT_FALSE(audit.step(*db_, 100));
    EXPECT_TRUE(audit.intact()) << audit.problem();
}

}  // namespace
}  // namespace tocsin::store
