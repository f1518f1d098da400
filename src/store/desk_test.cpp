#include "store/desk.h"

#include <gtest/gtest.h>

#include "store/test_database.h"

namespace tocsin::store {
namespace {

class Desk : public EachEngineVerbs {};
INSTANTIATE_TEST_SUITE_P(Each, Desk, kEngines, engine_name);

TEST_P(Desk, PeopleAreMadeChangedAndLockedOut) {
    const UserId ann = create_desk_user(*db_, "ann", model::Role::Editor, now_).value();
    EXPECT_EQ(create_desk_user(*db_, "ann", model::Role::Writer, now_).error().kind(),
              ErrorKind::Conflict);
    ASSERT_TRUE(create_desk_user(*db_, "Zoe", model::Role::Writer, now_));
    set_desk_password(*db_, ann, "$argon2id$");
    set_desk_role(*db_, ann, model::Role::Administrator);
    EXPECT_EQ(find_desk_user(*db_, ann)->password_hash, "$argon2id$");
    EXPECT_EQ(find_desk_user(*db_, "ann")->role, model::Role::Administrator);
    EXPECT_FALSE(find_desk_user(*db_, "Ann"));
    EXPECT_EQ(list_desk_users(*db_)[0].name, "Zoe");  // by bytes: capitals come first
    insert_desk_session(*db_, "session", ann, now_, now_ + Seconds(60));
    set_desk_disabled(*db_, ann, true);
    EXPECT_FALSE(find_desk_session(*db_, "session", now_));
    EXPECT_TRUE(find_desk_user(*db_, ann)->disabled);
}

TEST_P(Desk, ALinkIsUsedOnceAndInTime) {
    const UserId ann = create_desk_user(*db_, "ann", model::Role::Editor, now_).value();
    insert_desk_link(*db_, "link", ann, now_ + Seconds(60));
    insert_desk_link(*db_, "old", ann, now_);
    EXPECT_EQ(peek_desk_link(*db_, "link", now_)->id, ann);
    EXPECT_EQ(use_desk_link(*db_, "link", now_)->id, ann);
    EXPECT_EQ(use_desk_link(*db_, "link", now_).error().kind(), ErrorKind::NotFound);
    EXPECT_EQ(use_desk_link(*db_, "old", now_).error().kind(), ErrorKind::Expired);
    prune_desk_sessions(*db_, now_);
    EXPECT_EQ(use_desk_link(*db_, "old", now_).error().kind(), ErrorKind::NotFound);
}

TEST_P(Desk, SessionsEnd) {
    const UserId ann = create_desk_user(*db_, "ann", model::Role::Editor, now_).value();
    insert_desk_session(*db_, "one", ann, now_, now_ + Seconds(60));
    insert_desk_session(*db_, "two", ann, now_, now_ + Seconds(60));
    touch_desk_session(*db_, "one", now_ + Seconds(5));
    const auto session = find_desk_session(*db_, "one", now_);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->user.name, "ann");
    EXPECT_EQ(session->last_seen_at, now_ + Seconds(5));
    EXPECT_FALSE(find_desk_session(*db_, "one", now_ + Seconds(60)));
    delete_desk_session(*db_, "one");
    EXPECT_FALSE(find_desk_session(*db_, "one", now_));
    delete_desk_sessions_of(*db_, ann);
    EXPECT_FALSE(find_desk_session(*db_, "two", now_));
}

TEST_P(Desk, TokensAreFoundByTheirHash) {
    ApiToken token;
    token.name = "cms";
    token.scopes = "read";
    token.created_at = now_;
    const std::int64_t id = insert_api_token(*db_, token, "hash");
    token.expires_at = now_ + Seconds(9);
    insert_api_token(*db_, token, "hash 2");
    EXPECT_EQ(find_api_token(*db_, "hash")->expires_at, std::nullopt);
    EXPECT_EQ(find_api_token(*db_, "hash 2")->expires_at, now_ + Seconds(9));
    EXPECT_EQ(list_api_tokens(*db_).size(), 2U);
    EXPECT_TRUE(delete_api_token(*db_, id));
    EXPECT_FALSE(delete_api_token(*db_, id));
    EXPECT_FALSE(find_api_token(*db_, "hash"));
}

TEST_P(Desk, TheAuditLogIsReadBackwards) {
    for (int i = 1; i <= 5; ++i) {
        insert_audit(*db_, {0, now_, "ann", "approve", std::to_string(i), ""});
    }
    const auto newest = list_audit(*db_, 0, 2);
    ASSERT_EQ(newest.size(), 2U);
    EXPECT_EQ(newest[0].subject, "5");
    const auto earlier = list_audit(*db_, newest[1].id, 10);
    ASSERT_EQ(earlier.size(), 3U);
    EXPECT_EQ(earlier[0].subject, "3");
}

}  // namespace
}  // namespace tocsin::store
