// How many slips of the hand lie between two words: for "did you mean ...?".
//
// A slip is a letter too many, too few, another one, or two neighbours that changed places (optimal
// string alignment). Time and memory grow with the product of the lengths: for short words. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace tocsin {

std::size_t slips_between(std::string_view a, std::string_view b);

}  // namespace tocsin
