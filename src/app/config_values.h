// The checks of values that several keys of the configuration share: lines of text, web addresses,
// names, numbers, files. Internal to config*.cpp.
//
// Each checks and stores; the error says what is wrong with the value, without the key's name.
#pragma once

#include <cstdint>
#include <string>

#include "app/config_keys.h"

namespace tocsin::app {

inline constexpr std::size_t kNameBytesMax = 100;
inline constexpr std::size_t kLineBytesMax = 300;

std::string resolved(const Config& config, const std::string& path);
Status check_line(const std::string& text, std::size_t bytes_max);
Status set_time_zone(Config& config, const KeyValue& value);
Status set_line(std::string& out, const KeyValue& value, std::size_t bytes_max);
Status set_origin(std::string& out, const KeyValue& value);
Status set_url(std::string& out, const KeyValue& value);
Status set_domain(std::string& out, const KeyValue& value);
Status set_selector(std::string& out, const KeyValue& value);
Status set_endpoint(Endpoint& out, const KeyValue& value);
Status set_number(std::uint32_t& out, const KeyValue& value, std::uint32_t least,
                  std::uint32_t most);
Status set_from(Config& config, const KeyValue& value);
Status set_languages(Config& config, const KeyValue& value);
Status set_store_url(Config& config, const KeyValue& value);
Status set_proxies(Config& config, const KeyValue& value);
Status set_level(Config& config, const KeyValue& value);

}  // namespace tocsin::app
