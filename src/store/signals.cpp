#include "store/signals.h"

namespace tocsin::store {

std::int64_t purge_signals(Database& db, Time before) {
    // Never the newest: whoever has read up to it sees by it that nothing is missing. In order of
    // their numbers, whatever the clock did.
    return db.execute(
        "DELETE FROM signal WHERE seq < COALESCE("
        "(SELECT MIN(seq) FROM signal WHERE at >= $1), (SELECT MAX(seq) FROM signal))",
        {before});
}

std::int64_t newest_signal(Database& db) {
    return db.first("SELECT COALESCE(MAX(seq), 0) FROM signal")->integer(0);
}

std::vector<Signal> signals_after(Database& db, std::int64_t seq, int limit) {
    std::vector<Signal> out;
    db.for_each(
        "SELECT seq, topic, subject, detail, node_id, at FROM signal WHERE seq > $1 ORDER BY seq "
        "LIMIT $2",
        {seq, limit}, [&out](const Row& row) {
            out.push_back({row.integer(0), row.text(1), row.integer(2), row.integer(3), row.text(4),
                           row.time(5)});
        });
    return out;
}

}  // namespace tocsin::store
