#include "store/alerts.h"

#include <gtest/gtest.h>

#include "store/lists.h"
#include "store/subscribers.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

class AlertVerbs : public EachEngineVerbs {
  protected:
    NewRevision revision(const std::string& headline) const {
        NewRevision made;
        made.content.headline = headline;
        made.content.summary = "Something happened – in Köln.";
        made.content.lists = {ListId(1), ListId(12)};
        made.content.from_name = "The Example";
        made.content.from_address = "alerts@news.example";
        made.content.not_after = Seconds(3600);
        made.content = model::normalized(made.content);
        made.content.nonce = std::string(32, 'a');
        made.created_by = "ann";
        made.at = now_;
        return made;
    }
    AlertId released(const std::string& headline) {
        const AlertId id = insert_alert(*db_, revision(headline));
        set_approved(*db_, id, find_alert(*db_, id)->revision, "compiled", now_);
        set_released(*db_, id, {"dated", now_, now_ + Seconds(3600)});
        return id;
    }
};
INSTANTIATE_TEST_SUITE_P(Each, AlertVerbs, kEngines, engine_name);

TEST_P(AlertVerbs, AnAlertAndItsRevisionsComeBackAsTheyWere) {
    const AlertId id = insert_alert(*db_, revision("Fire at the port"));
    const auto first = find_full_alert(*db_, id);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->content, revision("Fire at the port").content);
    EXPECT_EQ(first->alert.slug, "fire-at-the-port");
    EXPECT_EQ(first->alert.lists, (std::vector{ListId(1), ListId(12)}));
    EXPECT_FALSE(first->alert.of.valid());
    const RevisionId second = insert_revision(*db_, id, revision("Fire at the harbour"));
    EXPECT_EQ(find_revision(*db_, second)->number, 2);
    EXPECT_EQ(find_revision(*db_, second)->compiled, std::nullopt);
    EXPECT_EQ(find_alert(*db_, id)->revision, second);
    EXPECT_FALSE(find_alert(*db_, AlertId(99'999)));
    EXPECT_FALSE(find_revision(*db_, RevisionId(99'999)));
}

TEST_P(AlertVerbs, EqualHeadlinesGetNumberedSlugs) {
    insert_alert(*db_, revision("Fire"));
    const AlertId second = insert_alert(*db_, revision("Fire"));
    EXPECT_EQ(find_alert(*db_, second)->slug, "fire-2");
}

TEST_P(AlertVerbs, AnApprovalIsKeptAndCancelled) {
    const AlertId id = insert_alert(*db_, revision("Fire"));
    const RevisionRow draft = find_full_alert(*db_, id)->revision;
    insert_approval(*db_, draft.id, {draft.hash, "ben", now_});
    set_approved(*db_, id, draft.id, std::string("\0bytes", 6), now_);
    EXPECT_EQ(find_alert(*db_, id)->state, model::AlertState::Approved);
    EXPECT_EQ(list_approvals(*db_, draft.id).at(0).hash, draft.hash);
    EXPECT_EQ(find_revision(*db_, draft.id)->compiled, std::string("\0bytes", 6));
    cancel_approval(*db_, id);
    EXPECT_EQ(find_alert(*db_, id)->state, model::AlertState::Draft);
    EXPECT_TRUE(list_approvals(*db_, draft.id).empty());
    EXPECT_EQ(find_revision(*db_, draft.id)->compiled, std::nullopt);
}

TEST_P(AlertVerbs, IsReleasedThenStoppedOrFinishedOnce) {
    const AlertId fire = released("Fire");
    const AlertId flood = released("Flood");
    EXPECT_EQ(find_public_alert(*db_, "fire")->alert.id, fire);
    EXPECT_TRUE(set_stopped(*db_, fire, now_));
    EXPECT_FALSE(set_stopped(*db_, fire, now_));
    EXPECT_FALSE(set_finished(*db_, fire, now_));
    EXPECT_TRUE(set_finished(*db_, flood, now_));
    EXPECT_EQ(list_alerts_in_state(*db_, model::AlertState::Stopped).at(0).id, fire);
    const auto newest = list_released(*db_, 10);
    ASSERT_EQ(newest.size(), 2U);
    EXPECT_EQ(newest[0].alert.id, flood);  // at the same moment: by id
    EXPECT_EQ(list_alerts(*db_, AlertId(), 1).at(0).alert.id, flood);
    EXPECT_EQ(list_alerts(*db_, flood, 5).at(0).alert.id, fire);
    EXPECT_FALSE(find_public_alert(*db_, "earthquake"));
}

TEST_P(AlertVerbs, FollowersAreThoseThatWereReleased) {
    const AlertId fire = released("Fire");
    NewRevision correction = revision("Fire was small");
    correction.content.kind = model::AlertKind::Correction;
    correction.content.of = fire;
    const AlertId draft = insert_alert(*db_, correction);
    EXPECT_TRUE(list_followers(*db_, fire).empty());
    set_released(*db_, draft, {"dated", now_, now_});
    EXPECT_EQ(list_followers(*db_, fire).at(0).alert.id, draft);
}

TEST_P(AlertVerbs, AudiencesAreCountedOncePerReader) {
    ASSERT_TRUE(insert_list(*db_, "breaking", "Breaking", "", now_));
    const ListId list = find_list(*db_, "breaking")->id;
    set_active(*db_, SubscriberId(1), list, now_);
    set_active(*db_, SubscriberId(1), ListId(77), now_);
    set_pending(*db_, SubscriberId(2), list, now_);
    EXPECT_EQ(count_audience(*db_, {list, ListId(77)}), 1U);
    EXPECT_EQ(count_audience(*db_, {}), 0U);
    EXPECT_EQ(find_list_names(*db_, {list, ListId(77)}).size(), 1U);
    EXPECT_EQ(list_all_names(*db_).at(0).slug, "breaking");
}

TEST_P(AlertVerbs, AnswersAreRememberedByKey) {
    EXPECT_FALSE(find_idempotent(*db_, "cms", "key"));
    insert_idempotent(*db_, "cms", "key", {"hash", 201, "{}"}, now_);
    const auto answer = find_idempotent(*db_, "cms", "key");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(answer->request_hash, "hash");
    EXPECT_THROW(insert_idempotent(*db_, "cms", "key", {"h", 1, ""}, now_), DatabaseFailure);
    prune_idempotent(*db_, now_ + Seconds(1));
    EXPECT_FALSE(find_idempotent(*db_, "cms", "key"));
}

}  // namespace
}  // namespace tocsin::store
