#include "model/toml_section.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/slips.h"

namespace tocsin::model {

Error invalid_line(std::string sentence) {
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    std::replace_if(sentence.begin(), sentence.end(), is_control, '?');
    return invalid(std::move(sentence));
}

Result<toml::table> parse_toml(std::string_view text, std::string_view file) {
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        return invalid_line(fmt::format("{}:{}: this is not TOML: {}", file,
                                        error.source().begin.line,
                                        std::string(error.description())));
    }
}

std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known) {
    constexpr std::size_t kTypedBytesMax = 64;
    constexpr std::size_t kSlipsMax = 2;
    if (typed.size() > kTypedBytesMax) {
        return {};
    }
    for (std::size_t slips = 1; slips <= kSlipsMax; ++slips) {
        for (const std::string_view word : known) {
            if (word.size() > slips && slips_between(typed, word) <= slips) {
                return fmt::format(" (did you mean {}?)", word);
            }
        }
    }
    return {};
}

Error TomlSection::wrong(std::string_view key, std::string_view what) const {
    const toml::node* node = table_.get(key);
    const auto line = (node != nullptr ? node->source() : table_.source()).begin.line;
    return invalid_line(fmt::format("{}:{}: {} {} {}", file_, line, label_, key, what));
}

Error TomlSection::wrong(std::string_view what) const {
    return invalid_line(
        fmt::format("{}:{}: {} {}", file_, table_.source().begin.line, label_, what));
}

Status TomlSection::only(std::span<const std::string_view> keys) const {
    for (const auto& [key, node] : table_) {
        if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) {
            const std::string meant = did_you_mean(key.str(), keys);
            return wrong(
                key.str(),
                "is not a known key" +
                    (meant.empty() ? fmt::format(": {} are", fmt::join(keys, ", ")) : meant));
        }
    }
    return {};
}

Result<std::optional<std::string>> TomlSection::text(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) {
        return std::optional<std::string>();
    }
    if (!node->is_string()) {
        return wrong(key, "must be a text in quotes");
    }
    return std::optional(node->as_string()->get());
}

Result<std::optional<std::int64_t>> TomlSection::whole(std::string_view key, std::int64_t least,
                                                       std::int64_t most) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) {
        return std::optional<std::int64_t>();
    }
    const std::int64_t value = node->is_integer() ? node->as_integer()->get() : least - 1;
    if (value < least || value > most) {
        return wrong(key, fmt::format("must be a whole number from {} to {}", least, most));
    }
    return std::optional(value);
}

Result<std::optional<double>> TomlSection::number(std::string_view key, double least,
                                                  double most) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) {
        return std::optional<double>();
    }
    const double value = node->value<double>().value_or(-1);
    const bool in_range = value >= least && value <= most;  // false of a NaN
    if (!node->is_number() || !(value == 0 || in_range)) {
        return wrong(key,
                     fmt::format("must be a number from {} to {}, or 0 for no limit", least, most));
    }
    return std::optional(value);
}

Result<std::optional<std::vector<std::string>>> TomlSection::texts(std::string_view key,
                                                                   std::size_t count_max) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) {
        return std::optional<std::vector<std::string>>();
    }
    std::vector<std::string> out;
    if (node->is_string()) {
        out.push_back(node->as_string()->get());
    } else if (const toml::array* array = node->as_array(); array != nullptr) {
        for (const toml::node& item : *array) {
            if (!item.is_string()) {
                return wrong(key, "must be a list of texts in quotes");
            }
            out.push_back(item.as_string()->get());
        }
    } else {
        return wrong(key, "must be a list of texts in quotes");
    }
    if (out.empty() || out.size() > count_max) {
        return wrong(key, fmt::format("must have from 1 to {} entries", count_max));
    }
    return std::optional(std::move(out));
}

}  // namespace tocsin::model
