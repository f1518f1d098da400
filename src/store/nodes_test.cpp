#include "store/nodes.h"

#include <gtest/gtest.h>

#include "store/delivery.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

const AlertId kAlert(7);

class NodeVerbs : public EachEngineVerbs {
  protected:
    NodeRow node(const std::string& id) const {
        return {.id = id,
                .name = id.substr(0, id.find('-')),
                .place = "/" + id,
                .role = "all",
                .version = "1.2.3",
                .schema_version = 8,
                .started_at = now_,
                .seen_at = now_,
                .skew_ms = -3,
                .rate = 7,
                .connections = 2,
                .trouble = ""};
    }
    void partition(std::int64_t number) {
        insert_partition(*db_, {.alert = kAlert,
                                .partition = number,
                                .first_ordinal = 0,
                                .recipients = 10,
                                .chunk = "chunk",
                                .domain = ""});
    }
    ClaimedPartition claim(const std::string& owner) {
        auto claimed = claim_partition(*db_, kAlert, {owner, now_, now_ + Seconds(30)});
        EXPECT_TRUE(claimed);
        return claimed.value_or(ClaimedPartition());
    }
    void alert() {
        db_->execute(
            "INSERT INTO alert (id, slug, kind, state, revision_id, lists, not_after_seconds, "
            "at_most_once, created_by, created_at) "
            "VALUES (7, 's', 'alert', 'released', 1, '[]', 1, 0, 'x', 1)");
    }
};
INSTANTIATE_TEST_SUITE_P(Each, NodeVerbs, kEngines, engine_name);

TEST_P(NodeVerbs, AreShownWithWhatTheyHold) {
    write_node(*db_, node("b-2"));
    write_node(*db_, node("a-1"));
    change_node_routes(*db_, "a-1", {.added = {"Google", "Yahoo"}, .removed = {}});
    change_node_routes(*db_, "a-1", {.added = {"Google", "mx.example"}, .removed = {"Yahoo"}});
    partition(0);
    partition(1);
    claim("a-1");
    claim("a-1");
    now_ += kNodeSilence;
    NodeRow seen = node("b-2");
    seen.started_at = from_ms(0);  // stays as it was
    seen.rate = 11;
    seen.trouble = "the disk is full";
    write_node(*db_, seen);
    const auto nodes = load_nodes(*db_, now_);
    ASSERT_EQ(nodes.size(), 2U);
    EXPECT_EQ(nodes[0].row.id, "a-1");
    EXPECT_FALSE(nodes[0].alive);
    EXPECT_EQ(nodes[0].partitions, 2U);
    EXPECT_EQ(nodes[0].routes, (std::vector<std::string>{"Google", "mx.example"}));
    EXPECT_EQ(nodes[0].row.skew_ms, -3);
    EXPECT_TRUE(nodes[1].alive);
    EXPECT_EQ(nodes[1].row.rate, 11);
    EXPECT_EQ(nodes[1].row.trouble, "the disk is full");
    EXPECT_EQ(nodes[1].row.started_at, now_ - kNodeSilence);
    EXPECT_EQ(nodes[1].partitions, 0U);
    remove_node(*db_, "b-2");
    ASSERT_EQ(load_nodes(*db_, now_).size(), 1U);
    EXPECT_EQ(load_nodes(*db_, now_)[0].alive, GetParam() == Engine::Sqlite);  // it is who asks
    tidy_nodes(*db_, now_ + kNodeForgotten);
    EXPECT_TRUE(load_nodes(*db_, now_).empty());
}

TEST_P(NodeVerbs, LimitsAreSharedAmongTheLivingThatSendThere) {
    for (const char* id : {"a-1", "b-2", "c-3"}) {
        write_node(*db_, node(id));
        change_node_routes(*db_, id, {.added = {"Google"}, .removed = {}});
    }
    change_node_routes(*db_, "b-2", {.added = {"Yahoo"}, .removed = {}});
    const auto shares = load_shares(*db_, "b-2", now_);
    EXPECT_EQ(shares.size(), 3U);
    EXPECT_EQ(shares.at(""), (NodeShare{.nodes = 3, .rank = 1}));
    EXPECT_EQ(shares.at("Google"), (NodeShare{.nodes = 3, .rank = 1}));
    EXPECT_EQ(shares.at("Yahoo"), (NodeShare{.nodes = 1, .rank = 0}));
    now_ += kNodeSilence;
    write_node(*db_, node("c-3"));
    // b is late itself, and counts in its own eyes.
    EXPECT_EQ(load_shares(*db_, "b-2", now_).at("Google"), (NodeShare{.nodes = 2, .rank = 0}));
    EXPECT_EQ(load_shares(*db_, "c-3", now_).at("Google"), (NodeShare{.nodes = 1, .rank = 0}));
    tidy_nodes(*db_, now_);
    EXPECT_EQ(load_shares(*db_, "b-2", now_).size(), 1U);
}

TEST_P(NodeVerbs, WhoStartsAtTheSamePlaceTakesOverAtOnce) {
    NodeRow before = node("a-1");
    write_node(*db_, before);
    write_node(*db_, node("b-2"));
    partition(0);
    partition(1);
    claim("a-1");
    claim("b-2");
    NodeRow after = node("a-9");
    after.place = before.place;
    EXPECT_EQ(predecessor_seen_at(*db_, after), now_);
    EXPECT_FALSE(predecessor_seen_at(*db_, before));
    replace_node(*db_, after);
    write_node(*db_, after);
    const auto nodes = load_nodes(*db_, now_);
    ASSERT_EQ(nodes.size(), 2U);
    EXPECT_EQ(nodes[0].row.id, "a-9");
    const ClaimedPartition taken = claim("a-9");
    EXPECT_EQ(taken.key.partition, 0);
    EXPECT_TRUE(taken.in_doubt);  // mail of it may have been on the wire
    EXPECT_FALSE(claim_partition(*db_, kAlert, {"a-9", now_, now_}));
}

TEST_P(NodeVerbs, AStoppedAlertIsSettledWhenEveryHolderSaysSo) {
    alert();
    for (const char* id : {"a-1", "b-2"}) {
        write_node(*db_, node(id));
    }
    partition(0);
    partition(1);
    partition(2);
    claim("a-1");
    claim("b-2");
    const ClaimedPartition last = claim("b-2");
    write_alert_progress(*db_, kAlert, "a-1", now_, true, "one");
    EXPECT_FALSE(is_settled(*db_, kAlert, now_));
    write_alert_progress(*db_, kAlert, "b-2", now_, false, "two");
    EXPECT_FALSE(is_settled(*db_, kAlert, now_));
    write_alert_progress(*db_, kAlert, "b-2", now_, true, "three");
    EXPECT_TRUE(is_settled(*db_, kAlert, now_));
    const auto rows = load_alert_progress(*db_, kAlert, now_);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].node, "b-2");
    EXPECT_EQ(rows[1].progress, "three");
    EXPECT_TRUE(rows[1].settled);
    EXPECT_TRUE(rows[1].alive);
    // What a dead node says does not count, until its partitions are taken over.
    now_ += kNodeSilence;
    write_node(*db_, node("a-1"));
    EXPECT_FALSE(is_settled(*db_, kAlert, now_));
    EXPECT_FALSE(load_alert_progress(*db_, kAlert, now_)[1].alive);
    release_lease(*db_, last.key);
    EXPECT_FALSE(is_settled(*db_, kAlert, now_));  // an open one has yet to be closed
    for (int i = 0; i < 2; ++i) {
        now_ += Seconds(31);
        write_node(*db_, node("a-1"));
        EXPECT_EQ(finish_partition(*db_, claim("a-1").key, "x", {}), Fence::Held);
    }
    EXPECT_TRUE(is_settled(*db_, kAlert, now_));
    db_->execute("UPDATE alert SET finished_at = 1");
    tidy_nodes(*db_, now_);
    EXPECT_TRUE(load_alert_progress(*db_, kAlert, now_).empty());
    write_alert_progress(*db_, kAlert, "a-1", now_, true, "late");
    EXPECT_TRUE(load_alert_progress(*db_, kAlert, now_).empty());
}

TEST_P(NodeVerbs, WhatTheDeadHeldIsInDoubt) {
    now_ = database_now(*db_, now_);
    write_node(*db_, node("a-1"));
    for (std::int64_t i = 0; i < 4; ++i) {
        partition(i);
    }
    claim("a-1");
    claim("dead-2");
    const ClaimedPartition third = claim("dead-2");
    const std::set<std::int64_t> dead = {1, 2};  // SQLite's only process holds what is held
    EXPECT_EQ(load_doubtful_partitions(*db_, kAlert),
              GetParam() == Engine::Sqlite ? std::set<std::int64_t>() : dead);
    EXPECT_EQ(finish_partition(*db_, third.key, "x", {}), Fence::Held);
    abandon_leases(*db_, "dead-2");
    EXPECT_EQ(load_doubtful_partitions(*db_, kAlert), (std::set<std::int64_t>{1}));
    claim("a-1");  // taken over: in doubt it stays, until it is done
    EXPECT_EQ(load_doubtful_partitions(*db_, kAlert), (std::set<std::int64_t>{1}));
}

TEST_P(NodeVerbs, TheDatabaseHasAClockOfItsOwnOnPostgres) {
    const Time now = database_now(*db_, now_);
    if (GetParam() == Engine::Sqlite) {
        EXPECT_EQ(now, now_);
    } else {
        EXPECT_GT(now, from_ms(1'700'000'000'001));
    }
}

}  // namespace
}  // namespace tocsin::store
