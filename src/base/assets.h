// The files of web/ (templates, styles, scripts, pictures), carried inside the program so that one
// binary is the whole product. Read-only; any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace tocsin {

// The file's bytes by its path under web/ ("templates/signup.tpl"), for the program's lifetime.
std::optional<std::string_view> asset(std::string_view path);
// All paths that begin with the prefix, sorted.
std::vector<std::string_view> assets_under(std::string_view prefix);

}  // namespace tocsin
