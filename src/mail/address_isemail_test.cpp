// The 443 addresses of Dominic Sayers' isemail test sets, as data: VALID and DNSWARN are accepted,
// everything else refused. The only deviation is test@io, refused because it has no dot.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "mail/address.h"

namespace tocsin::mail {
namespace {

struct Case {
    std::string id;
    std::string address;
    std::string category;
};

std::filesystem::path data_folder() {
    const char* shared = std::getenv("TOCSIN_SHARED");
    const std::filesystem::path root =
        shared != nullptr ? std::filesystem::path(shared)
                          : std::filesystem::path(TOCSIN_SOURCE_DIR) / ".." / "shared";
    return root / "data" / "addresses";
}

void append_utf8(std::string& out, unsigned long point) {
    if (point < 0x80) {
        out += static_cast<char>(point);
    } else if (point < 0x800) {
        out += static_cast<char>(0xC0 | (point >> 6));
        out += static_cast<char>(0x80 | (point & 0x3F));
    } else {
        out += static_cast<char>(0xE0 | (point >> 12));
        out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
        out += static_cast<char>(0x80 | (point & 0x3F));
    }
}

// U+2400 + n stands for control character n, which XML cannot hold.
void append_point(std::string& out, unsigned long point) {
    append_utf8(out, point >= 0x2400 && point < 0x2420 ? point - 0x2400 : point);
}

std::string unescape(std::string_view xml) {
    static const std::map<std::string, char, std::less<>> kNamed = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    std::string out;
    for (std::size_t i = 0; i < xml.size(); ++i) {
        const std::size_t end = xml.find(';', i);
        if (xml[i] != '&' || end == std::string_view::npos) {
            out += xml[i];
            continue;
        }
        const std::string name(xml.substr(i + 1, end - i - 1));
        if (name.starts_with("#x")) {
            append_point(out, std::stoul(name.substr(2), nullptr, 16));
        } else if (name.starts_with("#")) {
            append_point(out, std::stoul(name.substr(1)));
        } else {
            out += kNamed.at(name);
        }
        i = end;
    }
    return out;
}

std::string element(std::string_view test, const std::string& name) {
    const std::string open = "<" + name + ">";
    const std::size_t start = test.find(open);
    const std::size_t end = test.find("</" + name + ">");
    if (start == std::string_view::npos || end == std::string_view::npos) {
        return {};  // <address/>
    }
    return unescape(test.substr(start + open.size(), end - start - open.size()));
}

std::vector<Case> read_cases(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    std::ostringstream text;
    text << file.rdbuf();
    const std::string xml = text.str();
    std::vector<Case> cases;
    for (std::size_t at = xml.find("<test id="); at != std::string::npos;) {
        const std::size_t next = xml.find("<test id=", at + 1);
        const std::string_view test = std::string_view(xml).substr(at, next - at);
        const std::size_t quote = test.find('"');
        cases.push_back({std::string(test.substr(quote + 1, test.find('"', quote + 1) - quote - 1)),
                         element(test, "address"), element(test, "category")});
        at = next;
    }
    return cases;
}

struct Expected {
    std::size_t cases;
    std::size_t accepted;
};

void classify(const std::string& file, const Expected& expected) {
    if (!std::filesystem::exists(data_folder())) {
        GTEST_SKIP() << "no folder " << data_folder() << ": set TOCSIN_SHARED to the one that has "
                     << "data/addresses";
    }
    const std::vector<Case> cases = read_cases(data_folder() / file);
    EXPECT_EQ(cases.size(), expected.cases);
    std::size_t accepted = 0;
    for (const Case& test : cases) {
        const Result<Address> address = Address::parse(test.address);
        const bool wanted =
            (test.category == "ISEMAIL_VALID_CATEGORY" || test.category == "ISEMAIL_DNSWARN") &&
            test.address != "test@io";
        EXPECT_EQ(address.has_value(), wanted)
            << file << " #" << test.id << ": " << test.address << ": "
            << (address ? "accepted" : address.error().message());
        accepted += address ? 1 : 0;
    }
    EXPECT_EQ(accepted, expected.accepted);
}

TEST(AddressIsemail, NewTestSet) {
    classify("isemail-tests.xml", {164, 21});
}

TEST(AddressIsemail, OriginalTestSet) {
    classify("isemail-tests-original.xml", {279, 42});
}

}  // namespace
}  // namespace tocsin::mail
