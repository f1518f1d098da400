#include "store/delivery.h"

#include <gtest/gtest.h>

#include "store/alerts.h"
#include "store/lists.h"
#include "store/subscribers.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

const AlertId kAlert(7);

class DeliveryVerbs : public EachEngineVerbs {
  protected:
    void partition(std::int64_t number, const std::string& domain = "") {
        insert_partition(*db_, {.alert = kAlert,
                                .partition = number,
                                .first_ordinal = static_cast<std::uint64_t>(number) * 10,
                                .recipients = 10,
                                .chunk = std::string("chunk\0", 6) + std::to_string(number),
                                .domain = domain});
    }
    Fence append(const PartitionKey& key, std::int64_t seq, const std::string& records) {
        return append_outcomes(*db_, {{key, seq, records}}).at(0);
    }
    LeaseTerms terms(const std::string& owner) const { return {owner, now_, now_ + Seconds(30)}; }
};
INSTANTIATE_TEST_SUITE_P(Each, DeliveryVerbs, kEngines, engine_name);

TEST_P(DeliveryVerbs, EachPartitionIsHeldByOne) {
    partition(0);
    partition(1, "gmail.example");
    partition(2, "web.example");
    const auto first = claim_partition(*db_, kAlert, terms("a"));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->key.partition, 0);
    EXPECT_EQ(first->key.generation, 1);
    EXPECT_EQ(first->chunk, std::string("chunk\0", 6) + "0");
    EXPECT_EQ(first->next_seq, 1);
    const auto second = claim_partition(*db_, kAlert, terms("b"), {"gmail.example", "x.example"});
    ASSERT_TRUE(second);
    EXPECT_EQ(second->key.partition, 2);
    EXPECT_EQ(second->domain, "web.example");
    EXPECT_EQ(claim_partition(*db_, kAlert, terms("a"))->key.partition, 1);
    EXPECT_FALSE(claim_partition(*db_, kAlert, terms("a")));
    EXPECT_EQ(renew_leases(*db_, terms("a")).size(), 2U);
    release_leases(*db_, "b");
    EXPECT_EQ(claim_partition(*db_, kAlert, terms("a"))->key.generation, 2);
    release_all_leases(*db_);
    EXPECT_TRUE(renew_leases(*db_, terms("a")).empty());
}

TEST_P(DeliveryVerbs, AStaleGenerationCommitsNothing) {
    partition(0);
    const PartitionKey stale = claim_partition(*db_, kAlert, terms("a"))->key;
    EXPECT_EQ(append(stale, 1, "first"), Fence::Held);
    now_ += Seconds(31);
    const auto taken = claim_partition(*db_, kAlert, terms("b"));
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->batches, std::vector<std::string>{"first"});
    EXPECT_EQ(taken->next_seq, 2);
    EXPECT_EQ(append(stale, 2, "late"), Fence::Lost);
    EXPECT_EQ(finish_partition(*db_, stale, "late", {}), Fence::Lost);
    EXPECT_EQ(append(taken->key, 2, "second"), Fence::Held);
    EXPECT_EQ(load_batches(*db_, kAlert, 0).size(), 2U);
    EXPECT_EQ(finish_partition(*db_, taken->key, "bitmap", {.delivered = 9, .failed = 1}),
              Fence::Held);
    EXPECT_TRUE(load_batches(*db_, kAlert, 0).empty());
    const auto row = find_partition(*db_, kAlert, 0);
    ASSERT_TRUE(row);
    EXPECT_TRUE(row->done);
    EXPECT_EQ(row->outcomes, "bitmap");
    EXPECT_EQ(row->counts.delivered, 9U);
    EXPECT_FALSE(find_partition(*db_, kAlert, 1));
    EXPECT_EQ(load_chunk(*db_, kAlert, 1), "");
}

TEST_P(DeliveryVerbs, ManyBatchesAreOneStatementAndMayBeRepeated) {
    std::vector<OutcomeBatchRow> batches;
    for (std::int64_t i = 0; i < 20; ++i) {
        partition(i);
        const PartitionKey key = claim_partition(*db_, kAlert, terms(i == 7 ? "b" : "a"))->key;
        batches.push_back({key, 1, std::string("records\0", 8) + std::to_string(i)});
    }
    now_ += Seconds(31);
    const auto taken = claim_partition(*db_, kAlert, terms("a"));
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->key.partition, 7);
    for (int time = 0; time < 2; ++time) {
        const std::vector<Fence> fences = append_outcomes(*db_, batches);
        ASSERT_EQ(fences.size(), 20U);
        for (std::size_t i = 0; i < fences.size(); ++i) {
            EXPECT_EQ(fences[i], i == 7 ? Fence::Lost : Fence::Held) << i;
        }
    }
    EXPECT_EQ(load_batches(*db_, kAlert, 19), std::vector{std::string("records\0", 8) + "19"});
    EXPECT_TRUE(load_batches(*db_, kAlert, 7).empty());
}

TEST_P(DeliveryVerbs, WhatWasNeverBegunWithIsGivenBack) {
    partition(0);
    const PartitionKey key = claim_partition(*db_, kAlert, terms("a"))->key;
    release_lease(*db_, {key.alert, key.partition, key.generation + 1});
    EXPECT_FALSE(claim_partition(*db_, kAlert, terms("b")));
    release_lease(*db_, key);
    const auto again = claim_partition(*db_, kAlert, terms("b"));
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->in_doubt);
    EXPECT_TRUE(has_unfinished_partitions(*db_, kAlert));
    EXPECT_EQ(finish_partition(*db_, again->key, "bitmap", {}), Fence::Held);
    EXPECT_FALSE(has_unfinished_partitions(*db_, kAlert));
}

TEST_P(DeliveryVerbs, SumsAreExact) {
    EXPECT_EQ(sum_partitions(*db_, kAlert).audience, 0U);
    partition(0);
    partition(1);
    db_->execute("UPDATE partition SET recipients = $1 WHERE partition = 1", {3'000'000'000'000LL});
    const PartitionKey held = claim_partition(*db_, kAlert, terms("a"))->key;
    finish_partition(*db_, held, "bitmap", {.delivered = 4, .expired = 1, .unknown = 5});
    const PartitionSums sums = sum_partitions(*db_, kAlert);
    EXPECT_EQ(sums.partitions, 2U);
    EXPECT_EQ(sums.done, 1U);
    EXPECT_EQ(sums.audience, 3'000'000'000'010U);
    EXPECT_EQ(sums.counts.delivered, 4U);
    EXPECT_EQ(sums.counts.unknown, 5U);
}

TEST_P(DeliveryVerbs, RecipientsAreThoseWhoAreStillSubscribed) {
    std::vector<SubscriberId> ids;
    for (const char* name : {"a", "b", "c"}) {
        const std::string address = std::string(name) + "@x.example";
        ids.push_back(*insert_subscriber(*db_, {.address = address,
                                                .address_key = address,
                                                .domain = "x.example",
                                                .smtputf8 = false,
                                                .subject = address,
                                                .salt = "s",
                                                .locale = "en",
                                                .created_at = now_}));
    }
    set_active(*db_, ids[0], ListId(1), now_);
    set_active(*db_, ids[0], ListId(2), now_);
    set_pending(*db_, ids[1], ListId(1), now_);
    const auto active = load_recipients(*db_, ids, {ListId(1), ListId(2)});
    ASSERT_EQ(active.size(), 1U);
    EXPECT_EQ(active[0].address, "a@x.example");
    EXPECT_EQ(active[0].subject, "a@x.example");
    EXPECT_EQ(active[0].active, (std::vector{ListId(1), ListId(2)}));
    EXPECT_EQ(load_subscribers(*db_, ids).size(), 3U);
    EXPECT_EQ(missing_lists(*db_, {ListId(1)}), std::vector{ListId(1)});
}

TEST_P(DeliveryVerbs, AnOrderIsUnfinishedUntilItsClockIsWritten) {
    NewRevision revision;
    revision.content.headline = "Fire";
    revision.content.lists = {ListId(1)};
    revision.content = model::normalized(revision.content);
    revision.created_by = "ann";
    revision.at = now_;
    const AlertId id = insert_alert(*db_, revision);
    EXPECT_EQ(find_delivery_order(*db_, id).error().kind(), ErrorKind::Conflict);
    EXPECT_EQ(find_delivery_order(*db_, AlertId(99)).error().kind(), ErrorKind::NotFound);
    set_released(*db_, id, {"compiled", now_, now_ + Seconds(60)});
    EXPECT_EQ(find_delivery_order(*db_, id)->compiled, "compiled");
    EXPECT_EQ(unfinished_alerts(*db_), (std::vector<UnfinishedAlert>{{id, false}}));
    EXPECT_FALSE(find_clock(*db_, id));
    ClockRow clock;
    clock.audience = 10;
    clock.first_ms = 5;
    finish_delivery(*db_, id, now_, clock);
    clock.audience = 11;
    finish_delivery(*db_, id, now_ + Seconds(1), clock);
    EXPECT_TRUE(unfinished_alerts(*db_).empty());
    EXPECT_EQ(find_clock(*db_, id)->audience, 10U);
    EXPECT_EQ(find_clock(*db_, id)->first_ms, 5);
    EXPECT_EQ(find_clock(*db_, id)->p50_ms, std::nullopt);
    EXPECT_EQ(find_alert(*db_, id)->state, model::AlertState::Finished);
}

}  // namespace
}  // namespace tocsin::store
