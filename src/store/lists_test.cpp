#include "store/lists.h"

#include <gtest/gtest.h>

#include "store/subscribers.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

class Lists : public EachEngineVerbs {};
INSTANTIATE_TEST_SUITE_P(Each, Lists, kEngines, engine_name);

TEST_P(Lists, AreMadeOnceAndFound) {
    const auto made = insert_list(*db_, "breaking", "Breaking news", "All of it", now_);
    ASSERT_TRUE(made);
    EXPECT_EQ(insert_list(*db_, "breaking", "Again", "", now_).error().kind(), ErrorKind::Conflict);
    ASSERT_TRUE(insert_list(*db_, "sport", "Sport", "", now_));
    EXPECT_EQ(find_list(*db_, "breaking")->id, made->id);
    EXPECT_EQ(find_list(*db_, made->id)->description, "All of it");
    EXPECT_FALSE(find_list(*db_, "Breaking"));
    EXPECT_EQ(require_list(*db_, "none").error().kind(), ErrorKind::NotFound);
    ASSERT_EQ(all_lists(*db_).size(), 2U);
    EXPECT_EQ(all_lists(*db_)[1].slug, "sport");
}

TEST_P(Lists, CountTheirSubscriptionsByState) {
    for (std::int64_t id = 1; id <= 6; ++id) {
        set_pending(*db_, SubscriberId(id), ListId(1), now_);
    }
    for (std::int64_t id = 1; id <= 3; ++id) {
        set_active(*db_, SubscriberId(id), ListId(1), now_);
    }
    set_left(*db_, SubscriberId(1), ListId(1), now_);
    const ListCounts counts = count_list(*db_, ListId(1));
    EXPECT_EQ(counts.active, 2);
    EXPECT_EQ(counts.pending, 3);
    EXPECT_EQ(counts.left, 1);
}

}  // namespace
}  // namespace tocsin::store
