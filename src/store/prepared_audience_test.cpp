#include "store/prepared_audience.h"

#include <gtest/gtest.h>

#include "store/delivery.h"
#include "store/subscribers.h"
#include "store/test_database.h"

namespace tocsin::store {
namespace {

class PreparedAudience : public EachEngineVerbs {};
INSTANTIATE_TEST_SUITE_P(Each, PreparedAudience, kEngines, engine_name);

SubscriberId add(Database& db, const std::string& local, const std::string& domain) {
    const std::string address = local + "@" + domain;
    return insert_subscriber(db, {.address = address,
                                  .address_key = address,
                                  .domain = domain,
                                  .smtputf8 = false,
                                  .subject = address,
                                  .salt = "s",
                                  .locale = "en",
                                  .created_at = {}})
        .value();
}

TEST_P(PreparedAudience, AWatchSeesWhoChangedSinceItWasOpened) {
    const SubscriberId before = add(*db_, "before", "a.example");
    set_active(*db_, before, ListId(1), now_);
    const AudienceWatch watch = open_audience_watch(*db_, "a-1", now_);
    EXPECT_EQ(count_audience_changes(*db_, watch), 0);
    const SubscriberId later = add(*db_, "later", "a.example");
    set_active(*db_, later, ListId(1), now_);
    set_left(*db_, later, ListId(1), now_);
    const AudienceWatch second = open_audience_watch(*db_, "a-1", now_);
    set_left(*db_, before, ListId(1), now_);
    EXPECT_EQ(audience_changes(*db_, watch), (std::vector{before, later}));
    EXPECT_EQ(audience_changes(*db_, second), (std::vector{before}));
    close_audience_watch(*db_, watch);
    EXPECT_EQ(audience_changes(*db_, watch), std::nullopt);
    EXPECT_EQ(audience_changes(*db_, second), (std::vector{before}));
    close_audience_watch(*db_, second);
    note_audience_change(*db_, before);  // nobody watches: nothing is noted
    EXPECT_EQ(db_->first("SELECT COUNT(*) FROM audience_change")->integer(0), 0);
    close_lost_audience_watches(*db_, now_);
}

TEST_P(PreparedAudience, IsReadInStepsInTheOrderOfBytes) {
    // Languages order these differently: capitals, hyphens and dots by other rules than bytes.
    const std::vector<std::string> domains = {"a-b.example", "a.example", "ab.example",
                                              "b.example",   "z.example", "xn--a.example"};
    for (const std::string& domain : domains) {
        for (int i = 0; i < 3; ++i) {
            const SubscriberId id = add(*db_, std::to_string(i), domain);
            if (i != 1) {
                set_active(*db_, id, ListId(1), now_);
                set_active(*db_, id, ListId(2), now_);
            }
        }
    }
    EXPECT_TRUE(has_active(*db_, {ListId(1), ListId(2)}, 24));
    EXPECT_FALSE(has_active(*db_, {ListId(1), ListId(2)}, 25));
    std::vector<std::string> seen;
    std::vector<std::string> whole;
    const auto note = [](std::vector<std::string>& out) {
        return [&out](const ActiveRow& row) {
            out.push_back(
                fmt::format("{} {} {}", row.domain, row.subscriber.value(), row.list.value()));
        };
    };
    AudiencePlace place;
    while (!place.at_end) {
        for_each_active_after(*db_, {ListId(1), ListId(2)}, place, 4, note(seen));
    }
    for_each_active(*db_, {ListId(1), ListId(2)}, note(whole));
    EXPECT_EQ(seen.size(), 24U);
    EXPECT_EQ(seen, whole);
    std::vector<std::string> order;
    for (const std::string& line : seen) {
        order.push_back(line.substr(0, line.find(' ')));
    }
    EXPECT_TRUE(std::ranges::is_sorted(order));
}

}  // namespace
}  // namespace tocsin::store
