#include "store/pace.h"

#include <gtest/gtest.h>

#include "store/test_database.h"

namespace tocsin::store {
namespace {

class PaceVerbs : public EachEngineVerbs {};
INSTANTIATE_TEST_SUITE_P(Each, PaceVerbs, kEngines, engine_name);

TEST_P(PaceVerbs, BucketsAreReadAndWrittenTogether) {
    EXPECT_TRUE(find_in_use_until(*db_, {}).empty());
    write_in_use_until(*db_, {});
    write_in_use_until(*db_, {{"a", now_ + Seconds(1)}, {"b", now_ + Seconds(2)}});
    write_in_use_until(*db_, {{"b", now_ + Seconds(3)}, {"c", now_ + Seconds(4)}});
    const std::vector<Time> expected = {now_ + Seconds(4), Time(), now_ + Seconds(1),
                                        now_ + Seconds(3)};
    EXPECT_EQ(find_in_use_until(*db_, {"c", "none", "a", "b"}), expected);
}

TEST_P(PaceVerbs, WhatMayBeUsedOnceIsUsedOnce) {
    EXPECT_TRUE(use_once(*db_, "proof", now_ + Seconds(600)));
    EXPECT_FALSE(use_once(*db_, "proof", now_ + Seconds(600)));
    EXPECT_TRUE(use_once(*db_, "another", now_ + Seconds(600)));
    EXPECT_EQ(tidy_pace(*db_, now_ + Seconds(599)), 0);
    EXPECT_EQ(tidy_pace(*db_, now_ + Seconds(600)), 2);
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
    write_in_use_until(*db_, {{"network", now_ + Milliseconds(1'000)}});
    write_tries(*db_, "ann", Tries{1, now_}, now_ + Seconds(60));
    EXPECT_EQ(tidy_pace(*db_, now_), 0);
    EXPECT_EQ(tidy_pace(*db_, now_ + Milliseconds(1'000)), 1);
    EXPECT_EQ(tidy_pace(*db_, now_ + Seconds(60)), 1);
}

}  // namespace
}  // namespace tocsin::store
