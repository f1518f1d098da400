// The checks of the keys about several machines: [node], and what is between them and the database.
// Internal to config*.cpp.
//
// Each checks and stores; the error says what is wrong with the value, without the key's name.
#pragma once

#include "app/config_keys.h"

namespace tocsin::app {

Status set_pooler(Config& config, const KeyValue& value);
Status set_role(Config& config, const KeyValue& value);
Status set_node_name(Config& config, const KeyValue& value);

}  // namespace tocsin::app
