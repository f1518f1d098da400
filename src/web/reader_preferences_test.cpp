// The preferences page: lists, purposes, the reader's own terms, muted stories, data.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "store/alerts.h"
#include "web/reader_pages_fixture.h"

namespace tocsin::web {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(ReaderPagesTest, PreferencesChooseListsAndTheOtherPurpose) {
    subscribe("ann@readers.example");
    const std::string path = "/p/" + manage_token("ann@readers.example");
    const auto saved =
        post(path, "do=save&list=" + std::to_string(sport_.value()) + "&marketing=yes");
    EXPECT_EQ(saved.status, 200);
    EXPECT_THAT(saved.body, HasSubstr("Saved."));
    EXPECT_EQ(state("ann@readers.example"), "left");
    EXPECT_EQ(state("ann@readers.example", "sport"), "active");
    EXPECT_TRUE(marketing("ann@readers.example"));
    const auto left = post(path, "do=leave");
    EXPECT_THAT(left.body, HasSubstr("You have left everything"));
    EXPECT_EQ(state("ann@readers.example", "sport"), "left");
    EXPECT_FALSE(marketing("ann@readers.example"));
    EXPECT_EQ(post(path, "do=else").status, 400);
    EXPECT_EQ(post(path, "%").status, 400);
}

TEST_F(ReaderPagesTest, ReadersSetTheirOwnTerms) {
    subscribe("ann@readers.example");
    const std::string path = "/p/" + manage_token("ann@readers.example");
    const std::string list = std::to_string(news_.value());
    const auto saved = post(path, "do=save&list=" + list + "&frequency_" + list +
                                      "=digest&daily_max=3&digest_at=18%3A30&quiet=yes&quiet_from="
                                      "23%3A00&quiet_to=06%3A30&zone=Europe%2FBerlin");
    EXPECT_EQ(saved.status, 200);
    EXPECT_THAT(saved.body, HasSubstr("<option value=\"digest\" selected>"));
    EXPECT_THAT(saved.body, HasSubstr("<option value=\"18:30\" selected>"));
    EXPECT_THAT(saved.body, HasSubstr("<option value=\"Europe/Berlin\" selected>"));
    EXPECT_THAT(get(path).body, HasSubstr("<option value=\"06:30\" selected>"));
    for (const char* bad : {"&zone=Europe%2FAtlantis", "&zone=UTC&daily_max=9999",
                            "&zone=UTC&quiet=yes&quiet_from=06%3A00&quiet_to=06%3A00",
                            "&zone=UTC&quiet=yes&quiet_from=x&quiet_to=06%3A00"}) {
        const auto refused = post(path, "do=save" + std::string(bad));
        EXPECT_EQ(refused.status, 422) << bad;
        EXPECT_THAT(refused.body, HasSubstr("Nothing was saved.")) << bad;
        EXPECT_EQ(state("ann@readers.example"), "active") << bad;
    }
}

// A newsroom's lists and a reader's muted stories are many more fields than other forms have.
TEST_F(ReaderPagesTest, PreferencesAreSavedHoweverManyListsAndMutedStories) {
    subscribe("ann@readers.example");
    const std::string path = "/p/" + manage_token("ann@readers.example");
    std::string form = "do=save&daily_max=3&digest_at=07%3A00&zone=UTC";
    for (std::size_t list = 1; list <= limits::kListsMax; ++list) {
        form += fmt::format("&list={}&frequency_{}=digest", sport_.value(), list);
    }
    for (int story = 1; story <= 100; ++story) {
        form += fmt::format("&muted={}", story);
    }
    EXPECT_THAT(post(path, form).body, HasSubstr("Saved."));
    EXPECT_EQ(state("ann@readers.example"), "left");
    EXPECT_EQ(state("ann@readers.example", "sport"), "active");
    EXPECT_EQ(count("SELECT count(*) FROM consent_event WHERE type = 'changed'"), 1);
    for (int other = 0; other < 1000; ++other) {
        form += "&a=";
    }
    EXPECT_EQ(post(path, form).status, 400);
}

TEST_F(ReaderPagesTest, AStoryIsMutedByAButton) {
    subscribe("ann@readers.example");
    const std::string plain = "/p/" + manage_token("ann@readers.example") + "/mute";
    EXPECT_GE(get(plain).status, 400);  // names no story
    AlertId alert;
    const auto made = store_->run([&](store::Database& db) -> Status {
        model::AlertContent content;
        content.headline = "Fire <b>in the harbour";
        content.lists = {news_};
        content.nonce = std::string(32, '0');
        alert = store::insert_alert(db, {content, "ann", clock_.now()});
        return {};
    });
    ASSERT_TRUE(made);
    const auto opened = mail::open_token(keys_, mail::TokenPurpose::Manage,
                                         manage_token("ann@readers.example"), clock_.now());
    ASSERT_TRUE(opened);
    mail::Token token = *opened;
    token.ref = static_cast<std::uint64_t>(alert.value());
    const std::string path = "/p/" + mail::seal_token(keys_, token);
    EXPECT_THAT(get(path + "/mute").body, HasSubstr("Fire &lt;b&gt;in the harbour"));
    EXPECT_THAT(get(path).body, Not(HasSubstr("Fire")));  // looking mutes nothing
    EXPECT_THAT(post(path + "/mute", "").body, HasSubstr("This story is muted"));
    EXPECT_THAT(get(path).body, HasSubstr("Fire &lt;b&gt;in the harbour"));
    post(path, "do=save&zone=UTC&list=" + std::to_string(news_.value()));
    EXPECT_THAT(get(path).body, Not(HasSubstr("Fire")));
}

TEST_F(ReaderPagesTest, ReadersTakeTheirDataAndErase) {
    subscribe("ann@readers.example");
    const std::string path = "/p/" + manage_token("ann@readers.example");
    const auto file = post(path + "/export", "");
    EXPECT_EQ(file.status, 200);
    EXPECT_THAT(std::string(file.headers.get("content-disposition")), HasSubstr("attachment"));
    EXPECT_EQ(boost::json::parse(file.body).at("address").as_string(), "ann@readers.example");
    EXPECT_EQ(post(path + "/erase", "").status, 422);
    EXPECT_TRUE(known("ann@readers.example"));
    EXPECT_EQ(post(path + "/erase", "sure=yes").status, 200);
    EXPECT_FALSE(known("ann@readers.example"));
    EXPECT_GE(get(path).status, 400);
}

TEST_F(ReaderPagesTest, ThePreferencesLinkComesByMailForReadersOnly) {
    subscribe("ann@readers.example");
    const std::size_t before = outbox().size();
    const auto known_reader = post("/preferences", "email=ann%40readers.example");
    EXPECT_EQ(outbox().size(), before + 1);
    const auto stranger = post("/preferences", "email=eve%40readers.example");
    EXPECT_EQ(outbox().size(), before + 1);
    EXPECT_EQ(known_reader.status, stranger.status);
    EXPECT_EQ(post("/preferences", "email=nonsense").status, 422);
}

}  // namespace
}  // namespace tocsin::web
