#include "delivery/lease_keeper.h"

#include <thread>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "store/temp_folder.h"

namespace tocsin::delivery {
namespace {

const AlertId kAlert(7);

class LeaseKeeping : public testing::Test {
  protected:
    LeaseKeeping() {
        store_ = std::move(store::Store::open(folder_.url(), clock_)).value();
        keeper_.emplace(*store_, clock_, "a-1", Seconds(15));
        keeper_->start(
            std::make_shared<Mailbox>(io_),
            {.lost = [this](auto keys) { lost_.insert(lost_.end(), keys->begin(), keys->end()); },
             .halt = [](const Error& error) { FAIL() << error.message(); }});
        for (std::int64_t i = 0; i < 3; ++i) {
            run([i](store::Database& db) {
                store::insert_partition(db, {.alert = kAlert,
                                             .partition = i,
                                             .first_ordinal = 0,
                                             .recipients = 10,
                                             .chunk = "",
                                             .domain = ""});
            });
        }
    }
    template <class Fn>
    void run(Fn fn) {
        CHECK(store_->run([&](store::Database& db) -> Status {
            fn(db);
            return {};
        }));
    }
    store::PartitionKey claim(const std::string& owner) {
        store::PartitionKey key;
        run([&](store::Database& db) {
            key = store::claim_partition(db, kAlert,
                                         {owner, clock_.now(), clock_.now() + Seconds(15)})
                      .value()
                      .key;
        });
        return key;
    }
    // A tick, and whatever the store answers to it.
    void tick() {
        keeper_->tick(LeaseKeeper::Work::Busy);
        run([](store::Database&) {});  // behind the renewal
        io_.restart();
        io_.poll();
    }
    void pass(Seconds time) {
        clock_.advance(time);
        tick();
    }

    store::TempFolder folder_;
    FakeClock clock_;
    boost::asio::io_context io_;
    std::unique_ptr<store::Store> store_;
    std::optional<LeaseKeeper> keeper_;
    std::vector<store::PartitionKey> lost_;
};

TEST_F(LeaseKeeping, RenewsAllInTimeAndHoldsWhileItDoes) {
    keeper_->adopted(claim("a-1"));
    keeper_->adopted(claim("a-1"));
    EXPECT_EQ(keeper_->held(), 2U);
    for (int i = 0; i < 10; ++i) {
        pass(Seconds(5));
        EXPECT_TRUE(keeper_->hold()) << i;
    }
    EXPECT_TRUE(lost_.empty());
    // Both are held by this node, whose own leases never count as run out.
    EXPECT_EQ(claim("b-2").partition, 2);
}

TEST_F(LeaseKeeping, HoldsNoMoreAfterALongSleepUntilItHasAsked) {
    const store::PartitionKey key = claim("a-1");
    keeper_->adopted(key);
    tick();
    clock_.advance(Seconds(16));
    EXPECT_FALSE(keeper_->hold());
    EXPECT_EQ(claim("b-2").partition, key.partition);
    tick();
    EXPECT_TRUE(keeper_->hold());
    ASSERT_EQ(lost_.size(), 1U);
    EXPECT_EQ(lost_[0].partition, key.partition);
    EXPECT_EQ(lost_[0].generation, key.generation);
}

TEST_F(LeaseKeeping, GivesBackWhatItHoldsWithoutKnowing) {
    keeper_->adopted(claim("a-1"));
    const store::PartitionKey stray = claim("a-1");  // the answer never came
    tick();
    pass(Seconds(5));
    run([](store::Database&) {});
    EXPECT_EQ(claim("b-2").partition, stray.partition);
    EXPECT_TRUE(lost_.empty());
}

TEST_F(LeaseKeeping, GivesBackTheOnlyOneToo) {
    const store::PartitionKey stray = claim("a-1");
    tick();
    pass(Seconds(5));
    run([](store::Database&) {});
    EXPECT_EQ(claim("b-2").partition, stray.partition);
}

TEST_F(LeaseKeeping, WhatIsDroppedIsNotLost) {
    const store::PartitionKey key = claim("a-1");
    keeper_->adopted(key);
    keeper_->adopted(claim("a-1"));
    run([&](store::Database& db) { store::finish_partition(db, key, "done", {}); });
    keeper_->dropped(key);
    keeper_->dropped({key.alert, key.partition + 1, 99});  // of another generation: stays
    EXPECT_EQ(keeper_->held(), 1U);
    tick();
    EXPECT_TRUE(lost_.empty());
}

}  // namespace
}  // namespace tocsin::delivery
