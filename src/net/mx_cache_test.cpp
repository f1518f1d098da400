#include "net/mx_cache.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace tocsin::net {
namespace {

struct Value {
    enum class Kind { Found, Later };
    Kind kind = Kind::Found;
    int number = 0;
    SteadyTime valid_until{};
};
using Cache = AnswerCache<Value>;

class MxCache : public testing::Test {
  protected:
    Cache::Role ask(const std::string& key) {
        return cache_.find(key, std::make_shared<AnswerWait<Value>>(io_.get_executor(), timer_))
            .first;
    }
    void settle(const std::string& key, int number, Seconds time) {
        cache_.settle(key, {Value::Kind::Found, number, clock_.steady() + time});
    }

    boost::asio::io_context io_;
    boost::asio::steady_timer timer_{io_};
    FakeClock clock_;
    Cache cache_{clock_, {32, Seconds(60), Seconds(5)}};
};

TEST_F(MxCache, TheFirstAsksTheOthersWait) {
    EXPECT_EQ(ask("a"), Cache::Role::Asks);
    EXPECT_EQ(ask("a"), Cache::Role::Waits);
    EXPECT_EQ(ask("b"), Cache::Role::Asks);
    settle("a", 1, Seconds(10));
    EXPECT_EQ(ask("a"), Cache::Role::Answered);
    EXPECT_EQ(cache_.find("a")->number, 1);
    clock_.advance(Seconds(10));
    EXPECT_EQ(cache_.find("a"), nullptr);
    EXPECT_EQ(ask("a"), Cache::Role::Asks);
}

TEST_F(MxCache, WhoAbandonsAQuestionLetsTheNextAsk) {
    EXPECT_EQ(ask("a"), Cache::Role::Asks);
    cache_.abandon("a");
    EXPECT_EQ(ask("a"), Cache::Role::Asks);
    cache_.close();
    EXPECT_EQ(ask("c"), Cache::Role::Answered);
}

TEST_F(MxCache, WhatExpiredGoesFirstThenAnyButNoQuestionUnderWay) {
    for (int i = 0; i < 16; ++i) {
        ask("old" + std::to_string(i));
        settle("old" + std::to_string(i), i, Seconds(1));
    }
    clock_.advance(Seconds(1));
    for (int i = 0; i < 16; ++i) {
        ask("new" + std::to_string(i));
        settle("new" + std::to_string(i), i, Seconds(100));
    }
    EXPECT_EQ(ask("one more"), Cache::Role::Asks);
    EXPECT_EQ(cache_.size(), 17U);
    for (int i = 0; i < 16; ++i) {
        EXPECT_TRUE(cache_.find("new" + std::to_string(i)));
    }
    for (int i = 0; i < 100; ++i) {
        ask("more" + std::to_string(i));
        settle("more" + std::to_string(i), i, Seconds(100));
        EXPECT_LE(cache_.size(), 32U);
    }
    EXPECT_EQ(ask("one more"), Cache::Role::Waits);
}

}  // namespace
}  // namespace tocsin::net
