// TomlSection: one section of a TOML file that people write, read strictly.
//
// What is not there is nullopt; what is of the wrong type or out of range is an error of one line
// that names file, line, section and key: `shaping.toml:12: [[site]] connections must be ...`.
//
// Internal to model's parsers (it includes toml++). Refers to the table and the file's name. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "base/result.h"

namespace tocsin::model {

// toml++ throws; this does not.
Result<toml::table> parse_toml(std::string_view text, std::string_view file);

class TomlSection {
  public:
    // `label` as people write it: "[default]", "[[site]]".
    TomlSection(std::string_view file, std::string_view label, const toml::table& table)
        : file_(file), label_(label), table_(table) {}

    bool has(std::string_view key) const { return table_.contains(key); }
    Status only(std::span<const std::string_view> keys) const;
    Result<std::optional<std::string>> text(std::string_view key) const;
    Result<std::optional<std::int64_t>> whole(std::string_view key, std::int64_t least,
                                              std::int64_t most) const;
    // Zero, or in the range.
    Result<std::optional<double>> number(std::string_view key, double least, double most) const;
    // A list of texts, or one text.
    Result<std::optional<std::vector<std::string>>> texts(std::string_view key,
                                                          std::size_t count_max) const;

    Error wrong(std::string_view key, std::string_view what) const;
    // About the section as a whole.
    Error wrong(std::string_view what) const;

  private:
    std::string_view file_;
    std::string_view label_;
    const toml::table& table_;
};

// Invalid with the sentence, whatever the file had in it: control characters become "?".
Error invalid_line(std::string sentence);

// The word of the list that was probably meant: " (did you mean x?)", or nothing.
std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known);

}  // namespace tocsin::model
