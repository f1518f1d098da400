// The checks of the [delivery] keys that are more than a number. Internal to config*.cpp.
//
// Each checks and stores; the error says what is wrong with the value, without the key's name.
#pragma once

#include "app/config_keys.h"

namespace tocsin::app {

Status set_relay(Config& config, const KeyValue& value);
Status set_dns(Config& config, const KeyValue& value);
Status set_source_addresses(Config& config, const KeyValue& value);
Status set_private_addresses(Config& config, const KeyValue& value);

}  // namespace tocsin::app
