// The checks of the keys about how consent is recorded, proved and forgotten: [consent]. Internal
// to config*.cpp.
//
// Each checks and stores; the error says what is wrong with the value, without the key's name.
#pragma once

#include "app/config_keys.h"

namespace tocsin::app {

Status set_controller(Config& config, const KeyValue& value);
Status set_checkpoint_hours(Config& config, const KeyValue& value);
Status set_checkpoint_to(Config& config, const KeyValue& value);
Status set_checkpoint_folder(Config& config, const KeyValue& value);
Status set_keep_ip_days(Config& config, const KeyValue& value);
Status set_keep_unconfirmed_days(Config& config, const KeyValue& value);

}  // namespace tocsin::app
