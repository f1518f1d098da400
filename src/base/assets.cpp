#include "base/assets.h"

namespace tocsin {

namespace {

struct Entry {
    const char* name;
    const char* begin;
    const char* end;
};

extern "C" const Entry tocsin_assets[];  // ends with an entry of nulls; made by embed_assets.cmake

}  // namespace

std::optional<std::string_view> asset(std::string_view path) {
    for (const Entry* entry = tocsin_assets; entry->name != nullptr; ++entry) {
        if (path == entry->name) {
            return std::string_view(entry->begin,
                                    static_cast<std::size_t>(entry->end - entry->begin));
        }
    }
    return std::nullopt;
}

std::vector<std::string_view> assets_under(std::string_view prefix) {
    std::vector<std::string_view> out;
    for (const Entry* entry = tocsin_assets; entry->name != nullptr; ++entry) {
        if (std::string_view(entry->name).starts_with(prefix)) {
            out.emplace_back(entry->name);
        }
    }
    return out;
}

}  // namespace tocsin
