// The version, as --version, the mail headers and the API tell it.
#pragma once

namespace tocsin::app {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace tocsin::app
