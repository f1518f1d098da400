#include <algorithm>

#include "audience/audience.h"
#include "base/bytes.h"
#include "mail/catalog.h"

namespace tocsin::audience {

namespace {

constexpr std::size_t kSlugBytesMax = 64;
constexpr std::size_t kListNameBytesMax = 200;
constexpr std::size_t kListDescriptionBytesMax = 1'000;

bool is_slug(std::string_view text) {
    return !text.empty() && text.size() <= kSlugBytesMax && text.front() != '-' &&
           text.back() != '-' && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
           });
}

// One line of text: it becomes part of mail headers.
bool is_line(std::string_view text, std::size_t bytes_max) {
    return text.size() <= bytes_max && is_utf8(text) &&
           std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// A language of ours, as its tag's first part says it: "pt-BR" is written in "pt".
Result<std::string> checked_language(const mail::Catalog& catalog, std::string_view tag) {
    std::string language = ascii_lower(trim(tag).substr(0, trim(tag).find('-')));
    if (!language.empty() && !catalog.has(language)) {
        return invalid(
            fmt::format("a list's language is one of {}", fmt::join(catalog.languages(), ", ")));
    }
    return language;
}

ListInfo without_counts(store::ListRow list) {
    ListInfo info;
    info.id = list.id;
    info.slug = std::move(list.slug);
    info.name = std::move(list.name);
    info.description = std::move(list.description);
    info.language = std::move(list.language);
    info.created_at = list.created_at;
    return info;
}

ListInfo info_of(store::Database& db, store::ListRow list) {
    const store::ListCounts counts = store::count_list(db, list.id);
    ListInfo info = without_counts(std::move(list));
    info.active = counts.active;
    info.pending = counts.pending;
    info.left = counts.left;
    return info;
}

}  // namespace

Task<Result<ListInfo>> Audience::create_list(NewList list) {
    if (!is_slug(list.slug)) {
        co_return invalid(
            "a list's short name is 1 to 64 of a-z, 0-9 and -, with no - at either end");
    }
    list.name = trim(list.name);
    if (list.name.empty() || !is_line(list.name, kListNameBytesMax)) {
        co_return invalid("a list's name is one line of 1 to 200 bytes");
    }
    if (!is_line(list.description, kListDescriptionBytesMax)) {
        co_return invalid("a list's description is one line of at most 1000 bytes");
    }
    CO_TRY_AS(list.language, checked_language(templates_.catalog(), list.language));
    auto commit = [list = std::move(list),
                   now = clock_.now()](store::Database& db) -> Result<ListInfo> {
        TRY_AS(store::ListRow row,
               store::insert_list(db, list.slug, list.name, list.description, now, list.language));
        return info_of(db, std::move(row));
    };
    co_return co_await store_.write(std::move(commit));
}

Task<Result<ListInfo>> Audience::set_list_language(std::string slug, std::string language) {
    CO_TRY_AS(language, checked_language(templates_.catalog(), language));
    auto commit = [slug = std::move(slug),
                   language = std::move(language)](store::Database& db) -> Result<ListInfo> {
        TRY(store::set_list_language(db, slug, language));
        TRY_AS(store::ListRow row, store::require_list(db, slug));
        return info_of(db, std::move(row));
    };
    co_return co_await store_.write(std::move(commit));
}

Task<Result<ListInfo>> Audience::show_list(std::string slug) {
    auto look = [slug = std::move(slug)](store::Database& db) -> Result<ListInfo> {
        TRY_AS(store::ListRow row, store::require_list(db, slug));
        return info_of(db, std::move(row));
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<std::vector<ListInfo>>> Audience::show_lists() {
    auto look = [](store::Database& db) -> Result<std::vector<ListInfo>> {
        std::vector<ListInfo> out;
        for (store::ListRow& row : store::all_lists(db)) {
            out.push_back(info_of(db, std::move(row)));
        }
        return out;
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<std::vector<ListInfo>>> Audience::offered_lists() {
    auto look = [](store::Database& db) -> Result<std::vector<ListInfo>> {
        std::vector<ListInfo> out;
        for (store::ListRow& row : store::all_lists(db)) {
            out.push_back(without_counts(std::move(row)));
        }
        return out;
    };
    co_return co_await store_.read(std::move(look));
}

}  // namespace tocsin::audience
