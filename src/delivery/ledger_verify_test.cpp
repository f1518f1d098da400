// The invariant, where it is broken on purpose: an alert whose sums are wrong does not end, and the
// proof of a ledger names what is damaged, at every byte.
#include "delivery/engine_fixture.h"
#include "delivery/run_record.h"
#include "store/delivery.h"

namespace tocsin::delivery {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DamagedLedger : public Newsroom {
  protected:
    AlertId finished_alert(int readers) {
        const ListId list = add_list("news");
        add_readers(list, readers);
        server_.script([](const std::string& rcpt, int) {
            return rcpt.starts_with("reader3@") ? reply(550, "5.1.1", "no such user")
                                                : reply(250, "2.0.0", "ok");
        });
        start_engine();
        const AlertId alert = release({.lists = {list}});
        send(alert);
        CHECK(finished(alert));
        engine_.reset();
        return alert;
    }

    void damage(const std::string& sql) {
        store_
            ->run([&](store::Database& db) -> Status {
                db.execute(sql, {});
                return {};
            })
            .value();
    }

    std::string outcomes(AlertId alert) {
        return store_
            ->run([&](store::Database& db) -> Result<std::string> {
                return store::find_partition(db, alert, 0)->outcomes.value();
            })
            .value();
    }
    void set_outcomes(const std::string& bytes) {
        store_
            ->run([&](store::Database& db) -> Status {
                db.execute("UPDATE partition SET outcomes = $1", {store::Blob{bytes}});
                return {};
            })
            .value();
    }
};

TEST_F(DamagedLedger, AnyFlippedBitAndAnyMissingByteIsSeen) {
    const AlertId alert = finished_alert(20);
    expect_accounted(alert);
    const std::string whole = outcomes(alert);
    for (std::size_t at = 0; at < whole.size(); ++at) {
        std::string flipped = whole;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
        set_outcomes(flipped);
        EXPECT_THAT(check(alert).problems, Contains(HasSubstr("partition 0"))) << "byte " << at;
        set_outcomes(whole.substr(0, at));
        EXPECT_THAT(check(alert).problems, Not(IsEmpty())) << "cut at " << at;
    }
    set_outcomes(whole);
    expect_accounted(alert);
}

TEST_F(DamagedLedger, AnAlertWhoseSumsAreWrongDoesNotEnd) {
    const AlertId alert = finished_alert(20);
    damage("UPDATE partition SET delivered = delivered - 1");
    damage("UPDATE alert SET finished_at = NULL, state = 'released'");
    damage("DELETE FROM alert_clock");
    const auto ended = store_->run([&](store::Database& db) -> Result<FinishedRun> {
        return finish_run(db, alert, clock_.now(), 0, model::LatencySummary());
    });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().kind(), ErrorKind::Corrupt);
    EXPECT_THAT(ended.error().message(), HasSubstr("20 recipients, but 19 outcomes"));
    EXPECT_THAT(ended.error().message(), HasSubstr("tocsin alert verify"));
    EXPECT_THAT(check(alert).problems, Contains(HasSubstr("do not add up")));
    EXPECT_EQ(status(alert).state, "released");
}

TEST_F(DamagedLedger, AMissingPartitionAndAMissingClockAreSeen) {
    const AlertId alert = finished_alert(20);
    damage("UPDATE alert_clock SET audience = 30");  // as if ten were in a partition that is gone
    EXPECT_THAT(check(alert).problems, Contains(HasSubstr("another number of recipients")));
    damage("DELETE FROM alert_clock");
    EXPECT_THAT(check(alert).problems, Contains(HasSubstr("its clock is missing")));
}

}  // namespace
}  // namespace tocsin::delivery
