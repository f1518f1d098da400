#include "store/restore.h"

#include "model/alert.h"

namespace tocsin::store {

std::vector<AlertId> stop_running_alerts(Database& db, Time now) {
    std::vector<AlertId> stopped;
    db.for_each("SELECT id FROM alert WHERE state = $1 ORDER BY id",
                {model::to_string(model::AlertState::Released)},
                [&stopped](const Row& row) { stopped.emplace_back(row.integer(0)); });
    for (const AlertId alert : stopped) {
        db.execute("UPDATE alert SET state = $2, stopped_at = $3 WHERE id = $1",
                   {alert, model::to_string(model::AlertState::Stopped), now});
    }
    // Of alerts that were stopped already and not yet closed, too. No lease outlives a backup.
    db.execute(
        "UPDATE partition SET doubt = 1, state = 'open', owner = '', lease_until = 0 "
        "WHERE state <> 'done'");
    return stopped;
}

}  // namespace tocsin::store
