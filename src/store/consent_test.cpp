#include "store/consent.h"

#include <gtest/gtest.h>

#include "store/test_database.h"

namespace tocsin::store {
namespace {

class Consent : public EachEngineVerbs {};
INSTANTIATE_TEST_SUITE_P(Each, Consent, kEngines, engine_name);

NewConsent event(const std::string& subject, Time at) {
    NewConsent consent;
    consent.subject = subject;
    consent.list = ListId(3);
    consent.wording = "I want the news.";
    consent.page_url = "https://news.example/ärger";
    consent.actor = "subscriber";
    consent.at = at;
    consent.pii_commit = std::string("\0\1\2", 3);
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
        previous = entry.hash;
    }
    EXPECT_EQ(consent_wording(*db_, all[0].wording_hash), "I want the news.");
    EXPECT_EQ(consent_wording(*db_, "none"), "");
    EXPECT_TRUE(all[2].wording_hash.empty());
    EXPECT_EQ(consent_after(*db_, 1, 1)[0].seq, 2);
}

TEST_P(Consent, OfOneReaderComesInOrder) {
    append_consent(*db_, {event("a", now_), event("b", now_), event("a", now_), event("a", now_)});
    const auto last = consent_of(*db_, "a", 2);
    ASSERT_EQ(last.size(), 2U);
    EXPECT_EQ(last[0].seq, 3);
    EXPECT_EQ(last[1].seq, 4);
}

}  // namespace
}  // namespace tocsin::store
