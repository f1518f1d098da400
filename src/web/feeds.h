// What has been sent, as feeds: Atom (RFC 4287) and JSON Feed 1.1. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mail/catalog.h"
#include "store/alerts.h"

namespace tocsin::web {

// A later correction, retraction or update, to be said where the original is shown.
struct FeedNote {
    model::AlertKind kind = model::AlertKind::Alert;
    std::string headline;  // of the later alert
    std::string url;
    Time at{};
};

struct FeedItem {
    std::string url;  // of the alert's own page: also its id, for good
    model::AlertKind kind = model::AlertKind::Alert;
    std::string headline;
    std::string summary;
    std::vector<std::string> paragraphs;
    std::string story_url;  // may be empty
    Time released{};
    std::vector<FeedNote> notes;  // oldest first

    // When the item last changed: its own release or its last note.
    Time updated() const;
};

struct FeedInfo {
    std::string site_name;
    std::string public_url;  // no slash at the end
    std::string language;
};

// Words in the feed's own language: a feed is one for all.
std::string atom_feed(const mail::Catalog& catalog, const FeedInfo& info,
                      const std::vector<FeedItem>& items);
std::string json_feed(const mail::Catalog& catalog, const FeedInfo& info,
                      const std::vector<FeedItem>& items);

// From what store::list_released gives; notes come from the followers among them.
std::vector<FeedItem> feed_items(const std::vector<store::FullAlert>& alerts,
                                 std::string_view public_url);

// "Correction" for a correction; empty for an alert.
std::string kind_label(const mail::Catalog& catalog, std::string_view language,
                       model::AlertKind kind);

}  // namespace tocsin::web
