#include "store/reader_record.h"

#include <fmt/format.h>

namespace tocsin::store {

namespace {

// alert, list, time
std::string_view columns_of(Recorded what) {
    switch (what) {
        case Recorded::Muted:
            return "story_id, 0, muted_at FROM muted_story";
        case Recorded::Held:
            return "alert_id, list_id, due_at FROM held_alert";
        case Recorded::InDigest:
            return "alert_id, list_id, sent_at FROM digest_story";
        case Recorded::Counted:
            return "alert_id, 0, day FROM reader_day";
    }
    return "";
}

}  // namespace

std::string tag_of(Database& db, SubscriberId subscriber) {
    const auto row = db.first("SELECT tag FROM subscriber WHERE id = $1", {subscriber});
    return row ? row->text(0) : std::string();
}

std::vector<RecordedAlert> recorded_alerts(Database& db, SubscriberId subscriber, Recorded what) {
    const std::string sql = fmt::format(
        "SELECT {} WHERE subscriber_id = $1 ORDER BY 3 DESC, 1 DESC LIMIT $2", columns_of(what));
    std::vector<RecordedAlert> out;
    for (const Row& row : db.query(sql, {subscriber, kRecordedMax})) {
        const Time at =
            what == Recorded::Counted ? Time(std::chrono::days(row.integer(2))) : row.time(2);
        out.push_back({AlertId(row.integer(0)), ListId(row.integer(1)), at});
    }
    return out;
}

std::vector<RecordedMail> recorded_mails(Database& db, std::string_view address) {
    std::vector<RecordedMail> out;
    for (const Row& row : db.query("SELECT id, state, created_at, done_at FROM outbox WHERE "
                                   "rcpt_to = $1 ORDER BY id DESC LIMIT $2",
                                   {address, kRecordedMax})) {
        out.push_back({OutboxId(row.integer(0)), row.text(1), row.time(2), row.maybe_time(3)});
    }
    return out;
}

}  // namespace tocsin::store
