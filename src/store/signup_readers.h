// Verbs of readers who have signed up and not confirmed yet. Store thread only.
#pragma once

#include <string_view>

#include "base/id.h"
#include "store/database.h"

namespace tocsin::store {

// One word about the sign-up for the newsroom ("disposable"), which changes nothing for the reader.
void tag_subscriber(Database& db, SubscriberId id, std::string_view tag);

}  // namespace tocsin::store
