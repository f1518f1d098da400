#include "net/dns_rdata.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "net/dns_rdata_play.h"

namespace tocsin::net {
namespace {

using model::MxTarget;
using namespace std::string_literals;

TEST(DnsRdata, Mx) {
    EXPECT_EQ(parse_mx_rdata("\0\x0a\2Mx\7example\3net\0"s), (MxTarget{10, "Mx.example.net"}));
    EXPECT_EQ(parse_mx_rdata("\xff\xfe\1a\0"s), (MxTarget{65'534, "a"}));
    EXPECT_EQ(parse_mx_rdata("\0\0\0"s), (MxTarget{0, "."}));
}

TEST(DnsRdata, MxThatIsCutOrHasMore) {
    const std::string whole = "\0\x0a\2mx\7example\3net\0"s;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(parse_mx_rdata(whole.substr(0, length))) << length;
    }
    EXPECT_FALSE(parse_mx_rdata(whole + "x"));
    EXPECT_FALSE(parse_mx_rdata(whole + "\0"s));
}

TEST(DnsRdata, MxWithCompressionOrLongLabels) {
    EXPECT_FALSE(parse_mx_rdata("\0\x0a\xc0\x0c"s));
    EXPECT_FALSE(parse_mx_rdata("\0\x0a"s + "\x40" + std::string(64, 'a') + "\0"s));
    std::string name;
    for (int i = 0; i < 127; ++i) {
        name += "\1a";
    }
    EXPECT_TRUE(parse_mx_rdata("\0\x0a"s + name + "\0"s));  // 255 bytes
    EXPECT_FALSE(parse_mx_rdata("\0\x0a"s + name + "\1a\0"s));
}

TEST(DnsRdata, MxWithBytesThatNoHostHas) {
    for (const std::string& label :
         {"a.b"s, "a b"s, "a\0b"s, "a\nb"s, "a\\b"s, "a\x80"s, "\x7f"s}) {
        EXPECT_FALSE(parse_mx_rdata("\0\x0a"s + static_cast<char>(label.size()) + label + "\0"s))
            << label;
    }
}

TEST(DnsRdata, Addresses) {
    EXPECT_EQ(parse_address_rdata("\xc0\0\2\1"s)->to_string(), "192.0.2.1");
    EXPECT_EQ(parse_address_rdata("\x20\1\x0d\xb8"s + std::string(11, '\0') + "\1")->to_string(),
              "2001:db8::1");
    for (const std::size_t bytes : {0U, 3U, 5U, 15U, 17U}) {
        EXPECT_FALSE(parse_address_rdata(std::string(bytes, 'x')));
    }
}

TEST(DnsRdata, Corpus) {
    std::size_t count = 0;
    const std::filesystem::path folder = std::string(TOCSIN_SOURCE_DIR) + "/fuzz/corpus/dns_rdata";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        SCOPED_TRACE(entry.path().string());
        std::ifstream file(entry.path(), std::ios::binary);
        play_dns_rdata(std::string(std::istreambuf_iterator<char>(file), {}));
        ++count;
    }
    EXPECT_GT(count, 0U);
}

}  // namespace
}  // namespace tocsin::net
