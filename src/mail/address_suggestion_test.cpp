// The bar is that of the mailcheck library's own correctness tests: typos corrected, real domains
// untouched, malformed input and ties left alone.
#include "mail/address_suggestion.h"

#include <gtest/gtest.h>

#include "mail/address.h"

namespace tocsin::mail {
namespace {

std::string suggested(std::string_view address) {
    return check_address(address).suggestion;
}

TEST(AddressSuggestion, CorrectsTypos) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"person@gmil.con", "person@gmail.com"},
        {"Person.Name+Tag@gmial.com", "Person.Name+Tag@gmail.com"},
        {"person@hotmial.com", "person@hotmail.com"},
        {"person@yahooo.cmo", "person@yahoo.com"},
        {"person@randomsmallcompany.cmo", "person@randomsmallcompany.com"},
        {"person@con-artists.con", "person@con-artists.com"},
        {"person@gmail.con", "person@gmail.com"},
        {"Person.Name@GMIAL.COM", "Person.Name@gmail.com"},
        {"person@gamil.com", "person@gmail.com"},
        {"person@gmal.com", "person@gmail.com"},
        {"person@gmaill.com", "person@gmail.com"},
        {"person@gmsil.com", "person@gmail.com"},
        {"person@mgail.com", "person@gmail.com"},
        {"person@yaho.com", "person@yahoo.com"},
        {"person@yhaoo.co.uk", "person@yahoo.co.uk"},
        {"person@hotmai.com", "person@hotmail.com"},
        {"person@hotmal.fr", "person@hotmail.fr"},
        {"person@outlok.com", "person@outlook.com"},
        {"person@iclod.com", "person@icloud.com"},
        {"person@protnmial.com", "person@protonmail.com"},
        {"person@company.co.ku", "person@company.co.uk"},
        {"person@company.nte", "person@company.net"},
    };
    for (const auto& [typed, meant] : cases) {
        EXPECT_EQ(suggested(typed), meant) << typed;
    }
}

TEST(AddressSuggestion, LeavesRealDomainsAlone) {
    for (const std::string_view address : {
             "person@gmail.com",
             "person@company.ai",
             "person@company.io",
             "person@company.app",
             "person@company.dev",
             "person@company.zip",
             "person@company.co",
             "person@company.design",
             "person@company.museum",
             "person@proton.me",
             "person@protonmail.com",
             "person@pm.me",
             "person@hey.com",
             "person@fastmail.com",
             "person@tuta.com",
             "person@gmail.co",
             "person@hotmail.co",
             "person@gmil.ai",
             "person@mail.example.com",
             "person@example.co.uk",
             "person@b\xC3\xBC"
             "cher.de",
             "person@xn--bcher-kva.de",
             "person@example.\xD1\x80\xD1\x84",
             "person@email.com",
             "person@mail.com",
             "person@ymail.com",
             "person@globe.com",
             "person@libera.it",
             "person@gmx.at",
             "person@cloud.com",
             "person@mail.gmial.com",
             "person@qq.com",
             "person@photon.me",
             "person@nytimes.com",
             "person@bbc.co.uk",
         }) {
        EXPECT_EQ(suggested(address), "") << address;
    }
}

TEST(AddressSuggestion, MalformedInputGivesNoSuggestion) {
    for (const std::string_view address :
         {"", "person", "@gmail.com", "person@", "person@gm", "person@gmai", "person@#gmail.com",
          "person@gmail..com", "person@-gmail.com", "person@gmail-.com", "person@[127.0.0.1]",
          "person@.com", "person@@gmial.com"}) {
        EXPECT_EQ(suggested(address), "") << address;
    }
    for (const std::string_view domain : {"", ".", "..", "com", ".com", "gmail.", "-.-"}) {
        EXPECT_FALSE(suggest_domain(domain)) << domain;
    }
}

TEST(AddressSuggestion, TiesGiveNoSuggestion) {
    // One letter from both yahoo.ca's ending and none of ours: ".cpm" is com, ".cob" could be
    // anything; "hotmail.ds" is as near to .de as to .es, and neither is offered.
    EXPECT_EQ(suggested("person@company.cpm"), "person@company.com");
    EXPECT_EQ(suggested("person@hotmail.ds"), "");
    EXPECT_EQ(suggested("person@company.co.mz.xx"), "");
}

TEST(AddressSuggestion, ASuggestionIsItsOwnLastWord) {
    for (const std::string_view domain :
         {"gmil.con", "gmial.com", "hotmial.com", "yahooo.cmo", "con-artists.con"}) {
        const auto once = suggest_domain(domain);
        ASSERT_TRUE(once) << domain;
        EXPECT_FALSE(suggest_domain(*once)) << *once;
    }
}

}  // namespace
}  // namespace tocsin::mail
