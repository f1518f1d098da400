// The invented stories of the development newspaper. Constants; a story's paragraphs are in
// web/newspaper/{slug}.txt.
#pragma once

#include <span>
#include <string_view>

namespace tocsin::web {

struct NewspaperStory {
    std::string_view slug;
    std::string_view section;
    std::string_view headline;
    std::string_view standfirst;
    std::string_view byline;
    std::string_view picture;  // under static/newspaper/
    std::string_view picture_alt;
    std::string_view caption;
};

std::span<const NewspaperStory> newspaper_stories();

}  // namespace tocsin::web
