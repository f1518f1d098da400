// Verbs for a database that comes from a backup: what it may not simply go on with.
//
// Store thread only (see database.h).
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "store/database.h"

namespace tocsin::store {

// Alerts that were being sent when the backup was made are stopped. Who got mail after that moment
// is written nowhere: their recipients without an outcome end as unknown, so that nobody gets the
// alert twice, and a correction reaches all of them. Returns which.
std::vector<AlertId> stop_running_alerts(Database& db, Time now);

}  // namespace tocsin::store
