// For tests: does the work that a challenge asks for, as web/static/pow.js does in browsers.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/bytes.h"
#include "base/crypto.h"

namespace tocsin::web {

inline std::string solve_challenge(std::string_view challenge) {
    namespace json = boost::json;
    const json::value document = json::parse(challenge);
    const json::value& parameters = document.at("parameters");
    const auto text = [&](const char* name) {
        return std::string(parameters.at(name).as_string());
    };
    const std::string start = *hex_decode(text("salt")) + *hex_decode(text("nonce"));
    const std::string prefix = text("keyPrefix");
    for (std::uint32_t counter = 0;; ++counter) {
        std::string key = start;
        for (int shift = 24; shift >= 0; shift -= 8) {
            key.push_back(static_cast<char>(counter >> shift & 0xffU));
        }
        for (std::int64_t i = 0; i < parameters.at("cost").as_int64(); ++i) {
            key = sha256(key);
        }
        if (const std::string hex = hex_encode(key); hex.starts_with(prefix)) {
            json::object payload;
            payload["challenge"] = document;
            payload["solution"] = {{"counter", counter}, {"derivedKey", hex}};
            return base64_encode(json::serialize(payload));
        }
    }
}

}  // namespace tocsin::web
