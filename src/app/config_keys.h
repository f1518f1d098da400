// The table of configuration keys. Internal to config*.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "base/result.h"

namespace tocsin::app {

inline constexpr std::size_t kSocketPathBytesMax = 107;  // of sockaddr_un, without its end

enum class KeyKind { Text, Number, Flag, List };

struct KeyValue {
    std::string text;
    std::int64_t number = 0;
    bool flag = false;
    std::vector<std::string> list;
};

struct ConfigKey {
    enum class Presence {
        Required,
        Default,  // `initial` holds where nothing is set
        Example,  // unset means none, or what follows from other keys; `initial` shows the form
    };

    std::string_view section;
    std::string_view name;
    KeyKind kind;
    Presence presence;
    std::string_view initial;  // as TOML
    std::string_view help;     // one or two lines
    // Checks and stores; the error says what is wrong with the value, without the key's name.
    Status (*apply)(Config&, const KeyValue&);

    std::string dotted() const { return std::string(section) + "." + std::string(name); }
    std::string environment_name() const;  // TOCSIN_SECTION_KEY
};

// In the order of the file: keys of one section together.
std::span<const ConfigKey> config_keys();
// One line a section, for the commented file.
std::string_view section_help(std::string_view section);

}  // namespace tocsin::app
