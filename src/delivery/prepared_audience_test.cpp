#include "delivery/prepared_audience.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "delivery/prepared_audience_fixture.h"

namespace tocsin::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using Need = PreparedAudiences::Need;

TEST_F(PreparedAudience, WhatDidNotChangeIsWrittenAsItWasRead) {
    const ListId news = add_list("news");
    add_readers(news, 30, "a.example");
    const auto preparation = prepare({news});
    ASSERT_TRUE(preparation->ready());
    expect_equal_freeze({news});
}

TEST_F(PreparedAudience, WhoLeftIsOutAndWhoJoinedIsIn) {
    const ListId news = add_list("news");
    const auto readers = add_readers(news, 30, "b.example");
    const auto preparation = prepare({news});
    change([&](store::Database& db) {
        store::set_left(db, readers[3], news, clock_.now());
        store::delete_subscriber(db, readers[4]);
        store::set_left(db, readers[5], news, clock_.now());
        store::set_active(db, readers[5], news, clock_.now());
        store::set_active(db, add_reader(db, "a.example"), news, clock_.now());
        store::set_pending(db, add_reader(db, "a.example"), news, clock_.now());
    });
    ASSERT_TRUE(preparation->ready());
    expect_equal_freeze({news});
    ASSERT_TRUE(run([&](store::Database& db) -> Status {
        TRY_AS(const std::uint64_t all, prepared_->freeze(db, request({news})));
        EXPECT_EQ(all, 29U);
        return {};
    }));
}

TEST_F(PreparedAudience, ALargeDomainKeepsItsPartition) {
    const ListId news = add_list("news");
    add_readers(news, 10, "a.example");
    const auto readers = add_readers(news, 2'100, "b.example");
    prepare({news});
    change([&](store::Database& db) {
        for (std::size_t i = 0; i < 600; ++i) {
            store::set_left(db, readers[i * 3], news, clock_.now());
        }
    });
    expect_equal_freeze({news});
    ASSERT_TRUE(run([&](store::Database& db) -> Status {
        TRY(prepared_->freeze(db, request({news})));
        const auto rows = db.query("SELECT recipients, domain FROM partition ORDER BY partition");
        EXPECT_THAT(rows, SizeIs(2));
        EXPECT_EQ(rows[1].integer(0), 1'500);
        EXPECT_EQ(rows[1].text(1), "b.example");
        return {};
    }));
}

TEST_F(PreparedAudience, KnowsItsLargestDomains) {
    const ListId news = add_list("news");
    add_readers(news, 2'000, "a.example");
    add_readers(news, 2'100, "b.example");
    add_readers(news, 1'000, "c.example");
    prepare({news});
    const std::shared_ptr<Preparation> preparation = begin({news});
    EXPECT_THAT(preparation->large_domains(9), ElementsAre("b.example", "a.example"));
    EXPECT_THAT(preparation->large_domains(1), ElementsAre("b.example"));
}

TEST_F(PreparedAudience, EverybodyGoneIsAnError) {
    const ListId news = add_list("news");
    const auto readers = add_readers(news, 20, "a.example");
    prepare({news});
    change([&](store::Database& db) {
        for (const SubscriberId reader : readers) {
            store::set_left(db, reader, news, clock_.now());
        }
    });
    const auto frozen =
        run([&](store::Database& db) { return prepared_->freeze(db, request({news})); });
    ASSERT_FALSE(frozen);
    EXPECT_EQ(frozen.error().message(),
              "nobody would get this: list news has no active subscriber");
}

TEST_F(PreparedAudience, ARolledBackChangeIsNoChange) {
    const ListId news = add_list("news");
    const auto readers = add_readers(news, 20, "a.example");
    const auto preparation = prepare({news});
    const auto undone = run([&](store::Database& db) -> Status {
        store::set_left(db, readers[0], news, clock_.now());
        return invalid("not this time");
    });
    EXPECT_FALSE(undone);
    EXPECT_EQ(count("audience_change"), 1);
    expect_equal_freeze({news});
}

TEST_F(PreparedAudience, NothingIsNotedWhileNothingIsPrepared) {
    const ListId news = add_list("news");
    add_readers(news, 20, "a.example");
    EXPECT_EQ(count("audience_change"), 0);
}

TEST_F(PreparedAudience, TooManyChangesMeanAFullFreeze) {
    const ListId news = add_list("news");
    add_readers(news, 10, "a.example");
    const auto ready = prepare({news});
    const ListId other = add_list("other");
    add_readers(other, 1, "a.example");
    const auto reading = begin({other});  // the newer one: the log ends later
    const auto last =
        add_readers(other, static_cast<int>(limits::kAudienceChangesMax) + 5, "b.example");
    change([&](store::Database& db) { store::set_active(db, last.back(), news, clock_.now()); });
    EXPECT_LE(count("audience_change"), static_cast<std::int64_t>(limits::kAudienceChangesMax) + 3);
    EXPECT_TRUE(advance(*reading));  // given up
    EXPECT_FALSE(reading->ready());
    expect_equal_freeze({news});
    expect_equal_freeze({other});
    // Asked again, it is made anew, and the log is short again.
    EXPECT_NE(prepare({news}), ready);
    EXPECT_NE(prepare({other}), reading);
    EXPECT_EQ(count("audience_watch"), 2);
    EXPECT_EQ(count("audience_change"), 2);
    expect_equal_freeze({news});
}

TEST_F(PreparedAudience, ARestartForgets) {
    const ListId news = add_list("news");
    add_readers(news, 20, "a.example");
    prepare({news});
    open();
    EXPECT_EQ(count("audience_watch"), 0);
    EXPECT_EQ(count("audience_change"), 0);
    expect_equal_freeze({news});
}

TEST_F(PreparedAudience, TheOldestGivesWay) {
    std::vector<ListId> lists;
    for (std::size_t i = 0; i <= limits::kAudiencesPrepared; ++i) {
        lists.push_back(add_list("list" + std::to_string(i)));
        add_readers(lists.back(), 10, "a.example");
        prepare({lists.back()});
    }
    EXPECT_EQ(count("audience_watch"), static_cast<std::int64_t>(limits::kAudiencesPrepared));
    for (const ListId list : lists) {
        add_readers(list, 1, "b.example");
        expect_equal_freeze({list});
    }
}

TEST_F(PreparedAudience, OneIsSharedByAllWhoAskForTheSameLists) {
    const ListId news = add_list("news");
    const ListId sport = add_list("sport");
    add_readers(news, 40, "a.example");
    const auto first = begin({news, sport});
    const auto second = begin({sport, news, sport}, Need::Now);
    EXPECT_EQ(first, second);
    EXPECT_FALSE(advance(*first));
    EXPECT_TRUE(advance(*second, Need::Now));
    EXPECT_TRUE(advance(*first));
    expect_equal_freeze({sport, news});
}

TEST_F(PreparedAudience, FewReadersAreNotPrepared) {
    PreparedAudiences prepared(*store_, clock_, {.recipients_min = 21, .step = 7});
    const ListId news = add_list("news");
    add_readers(news, 20, "a.example");
    const auto begun = [&] {
        return run([&](store::Database& db) -> Result<bool> {
                   return prepared.begin(db, request({news}), Need::Ahead) != nullptr;
               })
            .value();
    };
    EXPECT_FALSE(begun());
    add_readers(news, 1, "a.example");
    EXPECT_TRUE(begun());
}

TEST_F(PreparedAudience, PreparesAsACoroutine) {
    const ListId news = add_list("news");
    add_readers(news, 100, "a.example");
    boost::asio::io_context io;
    int ready = 0;
    const auto report = [&ready](const std::exception_ptr& failure, const Status& done) {
        EXPECT_FALSE(failure);
        EXPECT_TRUE(done);
        ++ready;
    };
    boost::asio::co_spawn(io, prepared_->prepare(request({news}), Need::Ahead), report);
    boost::asio::co_spawn(io, prepared_->prepare(request({news}), Need::Now), report);
    boost::asio::co_spawn(io, prepared_->prepare(request({}), Need::Now), report);
    io.run();
    EXPECT_EQ(ready, 3);
    EXPECT_TRUE(begin({news})->ready());
    expect_equal_freeze({news});
}

}  // namespace
}  // namespace tocsin::delivery
