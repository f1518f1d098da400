// Verbs of readers who have signed up and not confirmed yet. Store thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/id.h"
#include "store/database.h"

namespace tocsin::store {

// One word about the sign-up for the newsroom ("disposable"), which changes nothing for the reader.
void tag_subscriber(Database& db, SubscriberId id, std::string_view tag);

// Forgets up to `limit` readers of a mail domain who have confirmed nothing, and the mails that
// wait for them: the domain takes none. Returns how many.
std::int64_t drop_unconfirmed(Database& db, const std::string& domain, int limit);

}  // namespace tocsin::store
