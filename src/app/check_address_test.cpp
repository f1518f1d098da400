#include "app/check_address.h"

#include <sstream>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include "base/bytes.h"

namespace tocsin::app {
namespace {

struct Answer {
    std::string address, reason, suggestion;
    bool ok = false;
};

std::vector<Answer> answers(const std::string& input) {
    std::istringstream in(input);
    std::ostringstream out;
    const std::uint64_t count = check_addresses(in, out);
    std::vector<Answer> parsed;
    std::istringstream lines(out.str());
    for (std::string line; std::getline(lines, line);) {
        EXPECT_TRUE(is_utf8(line));
        const boost::json::value object = boost::json::parse(line);
        const auto text = [&](const char* key) { return std::string(object.at(key).as_string()); };
        EXPECT_EQ(object.as_object().size(), 4U);
        parsed.push_back(
            {text("address"), text("reason"), text("suggestion"), object.at("ok").as_bool()});
    }
    EXPECT_EQ(parsed.size(), count);
    return parsed;
}

TEST(CheckAddress, OneJsonObjectALine) {
    const auto got = answers("ann@example.com\n\nann@gmial.com\nnobody");
    ASSERT_EQ(got.size(), 4U);
    EXPECT_EQ(got[0].address, "ann@example.com");
    EXPECT_TRUE(got[0].ok);
    EXPECT_EQ(got[0].reason, "");
    EXPECT_EQ(got[0].suggestion, "");
    EXPECT_FALSE(got[1].ok);
    EXPECT_EQ(got[1].reason, "the address is empty");
    EXPECT_TRUE(got[2].ok);
    EXPECT_EQ(got[2].suggestion, "ann@gmail.com");
    EXPECT_FALSE(got[3].ok);
    EXPECT_TRUE(answers("").empty());
}

TEST(CheckAddress, StrangeBytesGetAnAnswerNotAnError) {
    const auto got = answers(std::string("a\0b@example.com\n\xFF@x.com\nann@example.com\r\n", 41));
    ASSERT_EQ(got.size(), 3U);
    EXPECT_FALSE(got[0].ok);
    EXPECT_EQ(got[0].address, std::string("a\0b@example.com", 15));
    EXPECT_FALSE(got[1].ok);
    EXPECT_EQ(got[1].address, "\xEF\xBF\xBD@x.com");
    EXPECT_FALSE(got[2].ok);
    EXPECT_EQ(got[2].suggestion, "ann@example.com");
}

TEST(CheckAddress, ALineOfAnyLengthIsOneLine) {
    const auto got = answers(std::string(1'000'000, 'a') + "\nann@example.com\n");
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].reason, "the address is longer than 254 bytes");
    EXPECT_EQ(got[0].address.size(), 4096U);
    EXPECT_TRUE(got[1].ok);
}

}  // namespace
}  // namespace tocsin::app
