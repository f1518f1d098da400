#include "web/feeds.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

namespace tocsin::web {
namespace {

// The file under tests/golden/web/; UPDATE_GOLDEN=1 writes it anew.
void expect_golden(const std::string& name, const std::string& text) {
    const std::string path = std::string(TOCSIN_SOURCE_DIR) + "/tests/golden/web/" + name;
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::ofstream(path, std::ios::binary) << text;
    }
    std::ifstream in(path, std::ios::binary);
    const std::string kept((std::istreambuf_iterator<char>(in)), {});
    EXPECT_EQ(text, kept) << path;
}

store::FullAlert alert(std::int64_t id, model::AlertKind kind, std::int64_t of,
                       const std::string& headline, std::int64_t released_ms) {
    store::FullAlert full;
    full.alert.id = AlertId(id);
    full.alert.slug = "alert-" + std::to_string(id);
    full.alert.kind = kind;
    full.alert.of = AlertId(of);
    full.alert.released_at = from_ms(released_ms);
    full.content.kind = kind;
    full.content.headline = headline;
    full.content.summary = "What is known about \"" + headline + "\" & what is not.";
    return full;
}

constexpr std::int64_t kStart = 1'795'505'400'000;

std::vector<store::FullAlert> sample() {
    // Newest first, as store::list_released gives them.
    std::vector<store::FullAlert> alerts = {
        alert(3, model::AlertKind::Correction, 1, "The count was 148 to 151", kStart + 1'800'000),
        alert(2, model::AlertKind::Update, 1, "A successor is named", kStart + 900'000),
        alert(1, model::AlertKind::Alert, 0, "Prime minister <resigns>", kStart),
    };
    alerts[2].content.body = "First paragraph.\n\nSecond, with caf\xC3\xA9 & more.";
    alerts[2].content.url = "https://news.example/pm?a=1&b=2";
    return alerts;
}

mail::Catalog catalog() {
    return *mail::Catalog::load();
}

FeedInfo info() {
    FeedInfo out;
    out.site_name = "The Harbour Post";
    out.public_url = "https://alerts.example";
    out.language = "en";
    return out;
}

TEST(Feeds, AtomAsGolden) {
    expect_golden("feed.atom",
                  atom_feed(catalog(), info(), feed_items(sample(), "https://alerts.example")));
}

TEST(Feeds, JsonAsGolden) {
    expect_golden("feed.json",
                  json_feed(catalog(), info(), feed_items(sample(), "https://alerts.example")));
}

TEST(Feeds, TheOriginalCarriesItsCorrectionAndCountsAsChanged) {
    const auto items = feed_items(sample(), "https://alerts.example");
    ASSERT_EQ(items.size(), 3u);
    const FeedItem& original = items[2];
    ASSERT_EQ(original.notes.size(), 2u);
    EXPECT_EQ(original.notes[0].kind, model::AlertKind::Update);  // oldest first
    EXPECT_EQ(original.notes[1].kind, model::AlertKind::Correction);
    EXPECT_EQ(original.updated(), from_ms(kStart + 1'800'000));
    EXPECT_EQ(original.released, from_ms(kStart));
    const auto feed = boost::json::parse(json_feed(catalog(), info(), items));
    const std::string html(feed.at("items").as_array()[2].at("content_html").as_string().c_str());
    EXPECT_EQ(html.find("<p><strong>Update:</strong>"), 0u);
    EXPECT_NE(html.find("Correction:"), std::string::npos);
}

TEST(Feeds, NothingThatXmlCannotCarry) {
    auto alerts = sample();
    alerts[0].content.headline =
        "a\x01\x0B"
        "b]]><x>";
    const std::string atom =
        atom_feed(catalog(), info(), feed_items(alerts, "https://alerts.example"));
    EXPECT_NE(atom.find("Correction: ab]]&gt;&lt;x&gt;"), std::string::npos);
}

TEST(Feeds, EmptyIsStillAFeed) {
    const std::string atom = atom_feed(catalog(), info(), {});
    EXPECT_NE(atom.find("<updated>1970-01-01T00:00:00"), std::string::npos);
    EXPECT_TRUE(atom.ends_with("</feed>\n"));
    EXPECT_TRUE(
        boost::json::parse(json_feed(catalog(), info(), {})).at("items").as_array().empty());
}

}  // namespace
}  // namespace tocsin::web
