#include "store/subscribers.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "store/consent_retention.h"
#include "store/lists.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

SubscriberId add(Database& db, const std::string& address) {
    const std::string digest = sha256(address);
    return insert_subscriber(db, {.address = address,
                                  .address_key = address,
                                  .domain = "a.example",
                                  .smtputf8 = false,
                                  .subject = digest.substr(0, 16),
                                  .salt = digest,
                                  .locale = "en",
                                  .created_at = {}})
        .value();
}

class Subscribers : public EachEngineVerbs {};
INSTANTIATE_TEST_SUITE_P(Each, Subscribers, kEngines, engine_name);

// Or the next reader would be in the ledgers and corrections of what the erased one got.
TEST_P(Subscribers, TheIdOfAnErasedReaderIsNeverAnothers) {
    add(*db_, "first@a.example");
    const SubscriberId newest = add(*db_, "newest@a.example");
    delete_subscriber(*db_, newest);
    EXPECT_GT(add(*db_, "next@a.example"), newest);
}

TEST_P(Subscribers, AreFoundByKeySubjectAndId) {
    const SubscriberId id = add(*db_, "b@a.example");
    EXPECT_EQ(find_subscriber_by_key(*db_, "b@a.example")->id, id);
    EXPECT_EQ(find_subscriber_by_subject(*db_, sha256("b@a.example").substr(0, 16))->id, id);
    const auto found = find_subscriber(*db_, id);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->address, "b@a.example");
    EXPECT_EQ(found->salt, sha256("b@a.example"));
    EXPECT_FALSE(found->smtputf8);
    EXPECT_EQ(found->locale, "en");
    EXPECT_FALSE(find_subscriber_by_key(*db_, "B@a.example"));
    EXPECT_FALSE(insert_subscriber(*db_, {.address = "B@a.example",
                                          .address_key = "b@a.example",
                                          .domain = "a.example",
                                          .smtputf8 = false,
                                          .subject = "0123456789abcdef",
                                          .salt = "s",
                                          .locale = "en",
                                          .created_at = now_}));
}

TEST_P(Subscribers, SubscriptionsGoThroughTheirStates) {
    const SubscriberId id = add(*db_, "b@a.example");
    const ListId list(1);
    EXPECT_EQ(subscription_state(*db_, id, list), std::nullopt);
    set_pending(*db_, id, list, now_);
    EXPECT_EQ(subscription_state(*db_, id, list), model::SubscriptionState::Pending);
    set_active(*db_, id, list, now_ + Seconds(1));
    set_active(*db_, id, ListId(2), now_ + Seconds(2));
    set_left(*db_, id, list, now_ + Seconds(3));
    set_left(*db_, id, list, now_ + Seconds(4));  // once only
    const auto all = subscriptions_of(*db_, id);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].state, model::SubscriptionState::Left);
    EXPECT_EQ(all[0].requested_at, now_);
    EXPECT_EQ(all[0].confirmed_at, now_ + Seconds(1));
    EXPECT_EQ(all[0].left_at, now_ + Seconds(3));
    EXPECT_EQ(all[1].state, model::SubscriptionState::Active);
    set_pending(*db_, id, list, now_ + Seconds(5));
    EXPECT_EQ(subscriptions_of(*db_, id)[0].left_at, std::nullopt);
}

TEST_P(Subscribers, PurposesAreGrantedAndTakenBack) {
    const SubscriberId id = add(*db_, "b@a.example");
    EXPECT_FALSE(has_purpose(*db_, id, "marketing"));
    set_purpose(*db_, id, "marketing", Grant::Give, now_);
    set_purpose(*db_, id, "Archive", Grant::Give, now_);
    EXPECT_TRUE(has_purpose(*db_, id, "marketing"));
    set_purpose(*db_, id, "marketing", Grant::TakeBack, now_ + Seconds(1));
    EXPECT_FALSE(has_purpose(*db_, id, "marketing"));
    const auto all = purposes_of(*db_, id);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].purpose, "Archive");  // by bytes: capitals come first
    EXPECT_EQ(all[1].changed_at, now_ + Seconds(1));
}

TEST_P(Subscribers, MembersComeInPages) {
    std::vector<SubscriberId> ids;
    for (int i = 0; i < 5; ++i) {
        ids.push_back(add(*db_, fmt::format("r{}@a.example", i)));
        set_active(*db_, ids.back(), ListId(1), now_);
    }
    set_left(*db_, ids[1], ListId(1), now_ + Seconds(1));
    set_purpose(*db_, ids[2], "marketing", Grant::Give, now_);
    const auto page = list_members(*db_, ListId(1), ids[0], 3);
    ASSERT_EQ(page.size(), 3U);
    EXPECT_EQ(page[0].address, "r1@a.example");
    EXPECT_EQ(page[0].state, "left");
    EXPECT_EQ(page[0].left_at, now_ + Seconds(1));
    EXPECT_TRUE(page[1].marketing);
    EXPECT_FALSE(page[2].marketing);
    EXPECT_EQ(list_members(*db_, ListId(1), ids[3], 3).size(), 1U);
    EXPECT_TRUE(list_members(*db_, ListId(2), SubscriberId(), 3).empty());
}

TEST_P(Subscribers, OnlyThoseWhoNeverConfirmedAnythingAreUnconfirmed) {
    const ListId news = insert_list(*db_, "news", "News", "", now_)->id;
    const ListId sport = insert_list(*db_, "sport", "Sport", "", now_)->id;
    const SubscriberId never = add(*db_, "never@a.example");
    const SubscriberId once = add(*db_, "once@a.example");
    const SubscriberId late = add(*db_, "late@a.example");
    set_pending(*db_, never, news, now_);
    set_pending(*db_, once, news, now_);
    set_active(*db_, once, sport, now_);
    set_pending(*db_, late, news, now_ + Seconds(10));
    const auto found = unconfirmed_readers(*db_, now_ + Seconds(5), 100);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].id, never);
}

}  // namespace
}  // namespace tocsin::store
