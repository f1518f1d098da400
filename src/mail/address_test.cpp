#include "mail/address.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace tocsin::mail {
namespace {

std::string reason(std::string_view text) {
    const Result<Address> address = Address::parse(text);
    return address ? "accepted" : address.error().message();
}

bool accepts(std::string_view text) {
    return static_cast<bool>(Address::parse(text));
}

TEST(Address, KeepsTheLocalPartAndLowersTheDomain) {
    const auto address = Address::parse("Ann.O'Neil+news@Example.COM");
    ASSERT_TRUE(address);
    EXPECT_EQ(address->local(), "Ann.O'Neil+news");
    EXPECT_EQ(address->domain(), "example.com");
    EXPECT_EQ(address->text(), "Ann.O'Neil+news@example.com");
    EXPECT_EQ(address->key(), "ann.o'neil+news@example.com");
    EXPECT_FALSE(address->needs_smtputf8());
}

TEST(Address, SaysWhyItRefuses) {
    EXPECT_EQ(reason(""), "the address is empty");
    EXPECT_EQ(reason("ann"), "there is no @ in the address");
    EXPECT_EQ(reason("ann@b@example.com"), "there is more than one @ in the address");
    EXPECT_EQ(reason("@example.com"), "there is nothing before the @");
    EXPECT_EQ(reason("ann@"), "the domain is missing");
    EXPECT_EQ(reason("ann b@example.com"), "the part before the @ has a space");
    EXPECT_EQ(reason("\"ann\"@example.com"), "the part before the @ may not have the character \"");
    EXPECT_EQ(reason(".ann@example.com"), "the part before the @ begins or ends with a dot");
    EXPECT_EQ(reason("ann.@example.com"), "the part before the @ begins or ends with a dot");
    EXPECT_EQ(reason("a..nn@example.com"), "the part before the @ has two dots together");
    EXPECT_EQ(reason("ann@io"), "the domain has no dot, as in example.com");
    EXPECT_EQ(reason("ann@example..com"), "the domain has an empty part (a dot too many)");
    EXPECT_EQ(reason("ann@example.com."), "the domain has an empty part (a dot too many)");
    EXPECT_EQ(reason("ann@10.0.0.1"), "the domain ends in a number: an IP address is not a domain");
    EXPECT_EQ(reason("ann@[10.0.0.1]"), "an address literal ([...]) is not a domain");
    EXPECT_EQ(reason("ann@-a.com"), "a part of the domain begins or ends with a hyphen");
    EXPECT_EQ(reason("ann@a_b.com"), "the domain may have only letters, digits, hyphens and dots");
    EXPECT_EQ(reason("ann\x80@example.com"), "the address is not UTF-8 text");
}

TEST(Address, NothingCarriesALineBreakOrNul) {
    for (const char control : std::string("\r\n\t\0\x7f\x1b", 6)) {
        const std::string c(1, control);
        EXPECT_FALSE(accepts("an" + c + "n@example.com"));
        EXPECT_FALSE(accepts("ann@exa" + c + "mple.com"));
        EXPECT_FALSE(accepts("ann@b\xC3\xBC" + c + "cher.de"));
        EXPECT_FALSE(accepts("ann@example.com" + c));
        EXPECT_FALSE(accepts(c + "ann@example.com"));
    }
}

TEST(Address, LimitsHoldAtTheLastByte) {
    EXPECT_TRUE(accepts(std::string(64, 'a') + "@example.com"));
    EXPECT_FALSE(accepts(std::string(65, 'a') + "@example.com"));
    EXPECT_TRUE(accepts("a@" + std::string(63, 'b') + ".com"));
    EXPECT_FALSE(accepts("a@" + std::string(64, 'b') + ".com"));

    const std::string label = std::string(61, 'b') + ".";
    const std::string domain = label + label + label + "com";  // 189 bytes
    const std::string local(64, 'a');
    ASSERT_EQ(local.size() + 1 + domain.size(), 254U);
    EXPECT_TRUE(accepts(local + "@" + domain));
    EXPECT_FALSE(accepts(local + "@b" + domain));
    EXPECT_EQ(reason(std::string(100'000, 'a')), "the address is longer than 254 bytes");
}

TEST(Address, TricksThatSplitTheAtomAreRefused) {
    EXPECT_FALSE(accepts("\"x@gmail.com x\"@internal.example"));
    EXPECT_FALSE(accepts("user@good.com(x)evil.com"));
    EXPECT_FALSE(accepts("<ann@example.com>"));
    EXPECT_FALSE(accepts("ann@example.com,bob@example.com"));
    EXPECT_FALSE(accepts("=?utf-8?q?ann=40evil.com=3e?=@example.com"));
    EXPECT_TRUE(accepts("a=?b@example.com"));  // not an encoded word without its end
    EXPECT_FALSE(
        accepts("ann\xEF\xBC\xA0"
                "evil.com@example.com"));  // fullwidth @
    EXPECT_FALSE(
        accepts("ann\xE2\x84\x80"
                "b@example.com"));  // one-character a/c
    EXPECT_FALSE(accepts("ann@ex\xE2\x84\x80mple.com"));
    EXPECT_FALSE(accepts("ann@evil.com\xEF\xBC\xA0gmail.com"));
}

TEST(Address, UnicodeDomainsBecomeALabelsOnce) {
    const auto domain = [](std::string_view text) -> std::string {
        const auto address = Address::parse(text);
        return address ? address->domain() : "refused: " + address.error().message();
    };
    EXPECT_EQ(domain("a@B\xC3\xBC"
                     "cher.de"),
              "xn--bcher-kva.de");
    EXPECT_EQ(domain("a@Bu\xCC\x88"
                     "cher.de"),
              "xn--bcher-kva.de");  // decomposed
    EXPECT_EQ(domain("a@XN--BCHER-KVA.de"), "xn--bcher-kva.de");
    EXPECT_EQ(domain("a@fa\xC3\x9F.de"), "xn--fa-hia.de");  // non-transitional: not fass.de
    EXPECT_EQ(domain("a@example.\xD1\x80\xD1\x84"), "example.xn--p1ai");
    EXPECT_EQ(domain("a@ex\xE3\x80\x82"
                     "com"),
              "ex.com");  // ideographic full stop
    EXPECT_EQ(domain("a@\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.0.0.\xEF\xBC\x91"),
              "refused: the domain ends in a number: an IP address is not a domain");
}

TEST(Address, InvalidInternationalNamesAreRefused) {
    for (const std::string_view domain : {
             "xn--0.com",            // not Punycode
             "xn--a.com",            // decodes to a control
             "xn--abc-.com",         // decodes to ASCII
             "xn--.com",             // nothing
             "xn--i-7iq.com",        // a heart
             "xn--ab--c-ab.com",     // hyphens in third place when decoded
             "ab--c.com",            // reserved by IDNA2008
             "I\xE2\x99\xA5NY.com",  // a heart
             "a\xE2\x80\x8D"
             "b.com",  // zero-width joiner out of context
             "\xD7\x90\xD7\x91"
             "a.com",  // right to left and left to right in one label
             "a\xE2\x80\xAE"
             "b.com",  // bidi override
         }) {
        EXPECT_FALSE(accepts("ann@" + std::string(domain))) << domain;
    }
}

TEST(Address, UnicodeLocalPartsAreKeptAndMarked) {
    const std::string composed = "Fran\xC3\xA7ois@example.com";
    const std::string decomposed = "Franc\xCC\xA7ois@example.com";
    const auto a = Address::parse(composed);
    const auto b = Address::parse(decomposed);
    ASSERT_TRUE(a && b);
    EXPECT_TRUE(a->needs_smtputf8());
    EXPECT_EQ(a->text(), composed);
    EXPECT_EQ(b->text(), decomposed);
    EXPECT_EQ(a->key(), "fran\xC3\xA7ois@example.com");
    EXPECT_EQ(b->key(), a->key());
    EXPECT_TRUE(
        accepts("\xE7\x94\xA8\xE6\x88\xB7@\xE4\xBE\x8B\xE5\xAD\x90.\xE5\xB9\xBF\xE5\x91\x8A"));
    // 64 bytes, not 64 characters.
    EXPECT_FALSE(accepts(std::string("\xC3\xA7") + std::string(63, 'a') + "@example.com"));
}

TEST(Address, WhatCannotBeSeenIsRefusedInLocalParts) {
    for (const std::string_view hidden : {
             "\xC2\x85",     "\xC2\xA0",     "\xC2\xAD",     "\xE2\x80\x8B",     "\xE2\x80\x8D",
             "\xE2\x80\xAE", "\xE2\x81\xA0", "\xE2\x81\xA6", "\xEF\xBB\xBF",     "\xE3\x85\xA4",
             "\xE2\xA0\x80", "\xEF\xB8\x8F", "\xEE\x80\x80", "\xF3\xA0\x81\x81", "\xEF\xBF\xBF",
             "\xE2\x90\x8D", "\xE2\x80\xA8", "\xE3\x80\x80", "\xCD\xB8",
         }) {
        EXPECT_FALSE(accepts("an" + std::string(hidden) + "n@example.com")) << hidden;
    }
    EXPECT_FALSE(
        accepts("\xCC\x81"
                "ann@example.com"));  // begins with a combining mark
}

TEST(Address, ReservedDomainsAreToldApartFromValidOnes) {
    for (const std::string_view domain :
         {"test", "a.test", "example.com", "www.example.org", "x.invalid", "x.local", "abc.onion",
          "home.arpa", "localhost", "desk.internal"}) {
        EXPECT_TRUE(is_reserved_domain(domain)) << domain;
    }
    for (const std::string_view domain :
         {"gmail.com", "contest.com", "myexample.com", "example.co.uk", "test.com", "local.news"}) {
        EXPECT_FALSE(is_reserved_domain(domain)) << domain;
    }
    EXPECT_TRUE(accepts("ann@paper.test"));
}

TEST(AddressCheck, SuggestsTheWholeAddress) {
    const AddressCheck typo = check_address("Ann.Lee+News@gmial.com");
    EXPECT_TRUE(typo.ok);
    EXPECT_EQ(typo.reason, "");
    EXPECT_EQ(typo.suggestion, "Ann.Lee+News@gmail.com");
    EXPECT_EQ(check_address("ann@gmail.com").suggestion, "");
    EXPECT_EQ(check_address("Fran\xC3\xA7ois@gmial.com").suggestion, "Fran\xC3\xA7ois@gmail.com");
}

TEST(AddressCheck, SlipsOfTheHandAreCorrected) {
    for (const std::string_view slip : {" ann@gmail.com", "ann@gmail.com\n", "ann@gmail,com",
                                        "ann@gmail.com.", "ann@gmail.com,", " ann@gmial,con "}) {
        const AddressCheck check = check_address(slip);
        EXPECT_FALSE(check.ok) << slip;
        EXPECT_NE(check.reason, "");
        EXPECT_EQ(check.suggestion, "ann@gmail.com") << slip;
    }
    EXPECT_EQ(check_address("ann lee@gmail.com").suggestion, "");
    EXPECT_EQ(check_address("ann@").suggestion, "");
}

TEST(Address, TheFuzzCorpusReplays) {
    const std::filesystem::path folder = TOCSIN_SOURCE_DIR "/fuzz/corpus/address";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(file)), {});
        const AddressCheck check = check_address(text);
        EXPECT_EQ(check.ok, check.reason.empty()) << entry.path();
        if (const auto address = Address::parse(text)) {
            EXPECT_TRUE(accepts(address->text())) << entry.path();
        }
    }
}

}  // namespace
}  // namespace tocsin::mail
