// PageReader: the reader for whom a page is made, that is: the language in which it speaks.
//
// The first of these that is one of the newsroom's languages:
//   1. what the reader chose before (subscriber.locale), where a token says who they are;
//   2. ?lang= of the address, which forms carry on (action());
//   3. Accept-Language, by its weights;
//   4. the language of the list that the page is about;
//   5. the newsroom's first.
// There is no cookie. Since the answer depends on it, a page says Vary: Accept-Language.
//
// Plain values; the services must outlive it. The web's io thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/catalog.h"
#include "net/http.h"
#include "web/reader_pages.h"

namespace tocsin::web {

struct PageReader {
    const ReaderServices& services;
    std::string language;

    // Words of the catalog (mail/catalog.h) in the reader's language.
    std::string text(std::string_view key, mail::Catalog::Values values = {}) const;
    // "72 hours"
    std::string count(std::string_view key, std::int64_t number) const;
    // The path with ?lang=: what a form posts to, so that its answer, and the wording that is kept
    // as evidence, are in the language of the page.
    std::string action(std::string_view path) const;
    // "24 November 2026, 06:35 UTC"
    std::string shown_time(Time time) const;
};

// What is known beside the request; empty: nothing.
struct LanguageHints {
    std::string_view stored;  // the reader's own
    std::string_view list;    // the list's
};

PageReader reader_of(const ReaderServices& services, const net::HttpRequest& request,
                     const LanguageHints& hints = {});

// The languages that pages may speak: the newsroom's that there is a catalog of. Never empty.
std::vector<std::string> offered_languages(const ReaderServices& services);

// Of the languages the one for a tag: "de-AT" is "de", "zh" is none (empty). RFC 4647 lookup.
std::string language_for_tag(const std::vector<std::string>& languages, std::string_view tag);
// The same for Accept-Language (RFC 9110 section 12.5.4); what cannot be read is skipped.
std::string language_for_header(const std::vector<std::string>& languages,
                                std::string_view accept_language);

}  // namespace tocsin::web
