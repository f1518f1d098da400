#include "store/restore.h"

#include <gtest/gtest.h>

#include "store/test_database.h"

namespace tocsin::store {
namespace {

class RestoreVerbs : public EachEngineVerbs {
  protected:
    void add_alert(std::int64_t id, std::string_view state) {
        db_->execute(
            "INSERT INTO alert (id, slug, kind, state, revision_id, lists, not_after_seconds, "
            "at_most_once, created_by, created_at) VALUES ($1, $2, 'alert', $3, 1, '[]', 1, 0, "
            "'', 1)",
            {id, std::to_string(id), state});
    }
    void add_partition(std::int64_t alert, std::int64_t number, std::string_view state) {
        db_->execute(
            "INSERT INTO partition (alert_id, partition, first_ordinal, recipients, state, owner, "
            "lease_until, generation, delivered, failed, expired, suppressed, unknown, domain) "
            "VALUES ($1, $2, 0, 1, $3, 'gone', 99, 3, 0, 0, 0, 0, 0, '')",
            {alert, number, state});
    }
    std::string partition(std::int64_t alert, std::int64_t number) {
        const auto row = db_->first(
            "SELECT state, owner, doubt, generation FROM partition WHERE alert_id = $1 AND "
            "partition = $2",
            {alert, number});
        return fmt::format("{} '{}' {} {}", row->text(0), row->text(1), row->integer(2),
                           row->integer(3));
    }
};
INSTANTIATE_TEST_SUITE_P(Each, RestoreVerbs, kEngines, engine_name);

TEST_P(RestoreVerbs, RunningAlertsAreStoppedInDoubt) {
    add_alert(1, "draft");
    add_alert(2, "released");
    add_alert(3, "finished");
    add_alert(4, "released");
    add_partition(2, 0, "done");
    add_partition(2, 1, "leased");
    add_partition(4, 0, "open");
    EXPECT_EQ(stop_running_alerts(*db_, now_), (std::vector<AlertId>{AlertId(2), AlertId(4)}));
    EXPECT_EQ(partition(2, 0), "done 'gone' 0 3");
    EXPECT_EQ(partition(2, 1), "open '' 1 3");
    EXPECT_EQ(partition(4, 0), "open '' 1 3");
    const auto rows = db_->query("SELECT state FROM alert ORDER BY id");
    EXPECT_EQ(rows[0].text(0), "draft");
    EXPECT_EQ(rows[1].text(0), "stopped");
    EXPECT_EQ(rows[2].text(0), "finished");
    EXPECT_EQ(rows[3].text(0), "stopped");
    EXPECT_TRUE(stop_running_alerts(*db_, now_).empty());
}

}  // namespace
}  // namespace tocsin::store
