// The checks of the keys of the sign-up box's guards: [signup]. Internal to config*.cpp.
//
// Each checks and stores; the error says what is wrong with the value, without the key's name.
#pragma once

#include "app/config_keys.h"

namespace tocsin::app {

Status set_signup_service(Config& config, const KeyValue& value);
Status set_signup_domain(Config& config, const KeyValue& value);
Status set_signup_address(Config& config, const KeyValue& value);
Status set_signup_network(Config& config, const KeyValue& value);
Status set_signup_fill(Config& config, const KeyValue& value);
Status set_signup_answer(Config& config, const KeyValue& value);
Status set_signup_proof(Config& config, const KeyValue& value);
Status set_signup_disposable(Config& config, const KeyValue& value);

}  // namespace tocsin::app
