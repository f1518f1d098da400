#include "web/feeds.h"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace tocsin::web {

namespace json = boost::json;

namespace {

// Character data and attribute values alike. Control characters that XML 1.0 cannot carry go.
std::string xml(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') {
                    out.push_back(c);
                }
        }
    }
    return out;
}

// Of one feed: its words, and the newspaper.
struct Feed {
    const mail::Catalog& catalog;
    const FeedInfo& info;

    std::string text(std::string_view key, mail::Catalog::Values values = {}) const {
        return catalog.text(info.language, key, values);
    }
    std::string kind(model::AlertKind kind) const {
        return kind_label(catalog, info.language, kind);
    }
};

std::string title_of(const Feed& feed, const FeedItem& item) {
    const std::string kind = feed.kind(item.kind);
    return kind.empty() ? item.headline : kind + ": " + item.headline;
}

// The item as HTML: notes first, so that nobody reads the original without its correction.
std::string html_of(const Feed& feed, const FeedItem& item) {
    std::string out;
    for (const FeedNote& note : item.notes) {
        out += fmt::format("<p><strong>{}:</strong> <a href=\"{}\">{}</a></p>\n",
                           xml(feed.kind(note.kind)), xml(note.url), xml(note.headline));
    }
    out += fmt::format("<p>{}</p>\n", xml(item.summary));
    for (const std::string& paragraph : item.paragraphs) {
        out += fmt::format("<p>{}</p>\n", xml(paragraph));
    }
    if (!item.story_url.empty()) {
        out += fmt::format("<p><a href=\"{}\">{}</a></p>\n", xml(item.story_url),
                           xml(feed.text("alert.read")));
    }
    return out;
}

std::string atom_entry(const Feed& feed, const FeedItem& item) {
    std::string out = "  <entry>\n";
    out += fmt::format("    <id>{}</id>\n", xml(item.url));
    out += fmt::format("    <title>{}</title>\n", xml(title_of(feed, item)));
    out += fmt::format("    <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n",
                       xml(item.url));
    if (!item.story_url.empty()) {
        out += fmt::format("    <link rel=\"related\" href=\"{}\"/>\n", xml(item.story_url));
    }
    out += fmt::format("    <published>{}</published>\n", rfc3339(item.released));
    out += fmt::format("    <updated>{}</updated>\n", rfc3339(item.updated()));
    const std::string kind = feed.kind(item.kind);
    if (!kind.empty()) {
        out += fmt::format("    <category term=\"{}\"/>\n", xml(kind));
    }
    out += fmt::format("    <summary>{}</summary>\n", xml(item.summary));
    out += fmt::format("    <content type=\"html\">{}</content>\n", xml(html_of(feed, item)));
    out += "  </entry>\n";
    return out;
}

}  // namespace

Time FeedItem::updated() const {
    Time latest = released;
    for (const FeedNote& note : notes) {
        latest = std::max(latest, note.at);
    }
    return latest;
}

std::string atom_feed(const mail::Catalog& catalog, const FeedInfo& info,
                      const std::vector<FeedItem>& items) {
    const Feed feed{catalog, info};
    Time updated{};
    for (const FeedItem& item : items) {
        updated = std::max(updated, item.updated());
    }
    std::string out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";
    out += fmt::format("<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n",
                       xml(info.language));
    out += fmt::format("  <id>{}/feed.atom</id>\n", xml(info.public_url));
    out += fmt::format("  <title>{}</title>\n",
                       xml(feed.text("layout.feed", {{"SITE", info.site_name}})));
    out += fmt::format("  <updated>{}</updated>\n", rfc3339(updated));
    out += fmt::format(
        "  <link rel=\"self\" type=\"application/atom+xml\" "
        "href=\"{0}/feed.atom\"/>\n"
        "  <link rel=\"alternate\" type=\"text/html\" href=\"{0}/alerts\"/>\n",
        xml(info.public_url));
    out += fmt::format("  <author><name>{}</name></author>\n", xml(info.site_name));
    out += "  <generator>Tocsin</generator>\n";
    for (const FeedItem& item : items) {
        out += atom_entry(feed, item);
    }
    out += "</feed>\n";
    return out;
}

std::string json_feed(const mail::Catalog& catalog, const FeedInfo& info,
                      const std::vector<FeedItem>& items) {
    const Feed words{catalog, info};
    json::object feed;
    feed["version"] = "https://jsonfeed.org/version/1.1";
    feed["title"] = words.text("layout.feed", {{"SITE", info.site_name}});
    feed["home_page_url"] = info.public_url + "/alerts";
    feed["feed_url"] = info.public_url + "/feed.json";
    feed["language"] = info.language;
    json::object author;
    author["name"] = info.site_name;
    feed["authors"] = json::array{author};
    json::array list;
    for (const FeedItem& item : items) {
        json::object entry;
        entry["id"] = item.url;
        entry["url"] = item.url;
        entry["title"] = title_of(words, item);
        entry["summary"] = item.summary;
        entry["content_html"] = html_of(words, item);
        if (!item.story_url.empty()) {
            entry["external_url"] = item.story_url;
        }
        entry["date_published"] = rfc3339(item.released);
        entry["date_modified"] = rfc3339(item.updated());
        const std::string kind = words.kind(item.kind);
        if (!kind.empty()) {
            entry["tags"] = json::array{json::value(kind)};
        }
        list.push_back(std::move(entry));
    }
    feed["items"] = std::move(list);
    return json::serialize(feed) + "\n";
}

std::string kind_label(const mail::Catalog& catalog, std::string_view language,
                       model::AlertKind kind) {
    switch (kind) {
        case model::AlertKind::Alert:
            return "";
        case model::AlertKind::Update:
            return catalog.text(language, "kind.update");
        case model::AlertKind::Correction:
            return catalog.text(language, "kind.correction");
        case model::AlertKind::Retraction:
            return catalog.text(language, "kind.retraction");
    }
    return "";
}

std::vector<FeedItem> feed_items(const std::vector<store::FullAlert>& alerts,
                                 std::string_view public_url) {
    std::vector<FeedItem> items;
    for (const store::FullAlert& full : alerts) {
        FeedItem item;
        item.url = std::string(public_url) + "/alerts/" + full.alert.slug;
        item.kind = full.alert.kind;
        item.headline = full.content.headline;
        item.summary = full.content.summary;
        for (const std::string_view paragraph : model::paragraphs(full.content.body)) {
            item.paragraphs.emplace_back(paragraph);
        }
        item.story_url = full.content.url;
        item.released = full.alert.released_at.value_or(full.alert.created_at);
        // Newest first: walked backwards, the notes come oldest first.
        for (auto other = alerts.rbegin(); other != alerts.rend(); ++other) {
            if (other->alert.of.valid() && other->alert.of == full.alert.id) {
                FeedNote note;
                note.kind = other->alert.kind;
                note.headline = other->content.headline;
                note.url = std::string(public_url) + "/alerts/" + other->alert.slug;
                note.at = other->alert.released_at.value_or(other->alert.created_at);
                item.notes.push_back(std::move(note));
            }
        }
        items.push_back(std::move(item));
    }
    return items;
}

}  // namespace tocsin::web
