// The clock of an alert as a few lines of text, for `tocsin alert status` and the demo. Pure.
#pragma once

#include <string>

#include <boost/json/value.hpp>

namespace tocsin::app {

// `status` is the JSON of GET /api/v1/alerts/{id}. Ends with a newline.
std::string alert_clock_text(const boost::json::value& status);

}  // namespace tocsin::app
