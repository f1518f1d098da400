// Lanes: whose mail goes first when a connection is free.
//
// Within a lane alerts go in the order of their release; a lane is served only while those before
// it have nothing ready.
#pragma once

#include <cstddef>
#include <string_view>

#include "model/alert.h"

namespace tocsin::model {

enum class Lane { Transactional = 0, Correction = 1, Alert = 2, Digest = 3 };
inline constexpr std::size_t kLanes = 4;

// A reader waits for a confirmation; a wrong alert does harm until its correction arrives.
constexpr Lane lane_of(AlertKind kind) {
    switch (kind) {
        case AlertKind::Correction:
        case AlertKind::Retraction:
            return Lane::Correction;
        case AlertKind::Alert:
        case AlertKind::Update:
            break;
    }
    return Lane::Alert;
}

constexpr std::string_view to_string(Lane lane) {
    switch (lane) {
        case Lane::Transactional:
            return "transactional";
        case Lane::Correction:
            return "correction";
        case Lane::Alert:
            return "alert";
        case Lane::Digest:
            return "digest";
    }
    return "";
}

}  // namespace tocsin::model
