#include "base/slips.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

TEST(Slips, CountsWhatHandsDo) {
    EXPECT_EQ(slips_between("gmail", "gmail"), 0U);
    EXPECT_EQ(slips_between("gmail", "gmal"), 1U);
    EXPECT_EQ(slips_between("gmail", "gmaill"), 1U);
    EXPECT_EQ(slips_between("gmail", "gnail"), 1U);
    EXPECT_EQ(slips_between("gmail", "gmial"), 1U);  // changed places: one slip, not two
    EXPECT_EQ(slips_between("gmail", "mgial"), 2U);
    EXPECT_EQ(slips_between("", "abc"), 3U);
    EXPECT_EQ(slips_between("abc", ""), 3U);
    EXPECT_EQ(slips_between("", ""), 0U);
}

}  // namespace
}  // namespace tocsin
