#include "net/http.h"

#include <algorithm>

#include "base/bytes.h"

namespace tocsin::net {

void HttpHeaders::set(std::string_view name, std::string value) {
    std::erase_if(fields_, [&](const auto& field) { return ascii_iequals(field.first, name); });
    add(name, std::move(value));
}

void HttpHeaders::add(std::string_view name, std::string value) {
    fields_.emplace_back(std::string(name), std::move(value));
}

std::string_view HttpHeaders::get(std::string_view name) const {
    for (const auto& [field, value] : fields_) {
        if (ascii_iequals(field, name)) {
            return value;
        }
    }
    return {};
}

bool HttpHeaders::has(std::string_view name) const {
    return std::any_of(fields_.begin(), fields_.end(),
                       [&](const auto& field) { return ascii_iequals(field.first, name); });
}

}  // namespace tocsin::net
