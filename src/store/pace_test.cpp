#include "store/pace.h"

#include <gtest/gtest.h>

#include "store/test_database.h"

namespace tocsin::store {
namespace {

class PaceVerbs : public EachEngineVerbs {};
INSTANTIATE_TEST_SUITE_P(Each, PaceVerbs, kEngines, engine_name);

TEST_P(PaceVerbs, ABurstAndThenASteadyRate) {
    const Pace pace{3, Milliseconds(2'000)};
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(take_pace(*db_, "network", pace, now_)) << i;
    }
    EXPECT_FALSE(take_pace(*db_, "network", pace, now_));
    EXPECT_TRUE(take_pace(*db_, "another", pace, now_));
    EXPECT_FALSE(take_pace(*db_, "network", pace, now_ + Milliseconds(1'999)));
    EXPECT_TRUE(take_pace(*db_, "network", pace, now_ + Milliseconds(2'000)));
    EXPECT_FALSE(take_pace(*db_, "network", pace, now_ + Milliseconds(2'000)));
    // Rested for long, it is full again and not more.
    const Time later = now_ + Seconds(3600);
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(take_pace(*db_, "network", pace, later)) << i;
    }
    EXPECT_FALSE(take_pace(*db_, "network", pace, later));
}

TEST_P(PaceVerbs, TriesAreKeptUntilTheyAreForgotten) {
    EXPECT_EQ(find_tries(*db_, "ann", now_).failures, 0);
    write_tries(*db_, "ann", Tries{6, now_ + Seconds(4)}, now_ + Seconds(60));
    EXPECT_EQ(find_tries(*db_, "ann", now_).failures, 6);
    EXPECT_EQ(find_tries(*db_, "ann", now_).free_at, now_ + Seconds(4));
    EXPECT_EQ(find_tries(*db_, "ann", now_ + Seconds(60)).failures, 0);
    forget_tries(*db_, "ann");
    EXPECT_EQ(find_tries(*db_, "ann", now_).failures, 0);
}

TEST_P(PaceVerbs, WhatSaysNothingAnyMoreIsForgotten) {
    EXPECT_TRUE(take_pace(*db_, "network", Pace{2, Milliseconds(1'000)}, now_));
    write_tries(*db_, "ann", Tries{1, now_}, now_ + Seconds(60));
    EXPECT_EQ(tidy_pace(*db_, now_), 0);
    EXPECT_EQ(tidy_pace(*db_, now_ + Milliseconds(1'000)), 1);
    EXPECT_EQ(tidy_pace(*db_, now_ + Seconds(60)), 1);
}

}  // namespace
}  // namespace tocsin::store
