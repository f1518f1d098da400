// An alert on a disk that fails at its nth operation and stays so, for every n until the alert gets
// through untouched: each time sending stops, and after the repair everyone has the alert.
#include "delivery/engine_fixture.h"
#include "store/faulty_disk.h"

namespace tocsin::delivery {
namespace {

using store::FaultyDisk;
using ::testing::SizeIs;

constexpr std::size_t kReaders = 5;

class NewsroomAtEveryFault : public Newsroom {
  protected:
    // False: the alert ended before the disk's nth operation.
    bool fails_at(std::int64_t nth, FaultyDisk::Fault fault, const Order& order) {
        const AlertId alert = release(order);
        const std::size_t sent_before = server_.count();
        disk_.fail(nth, fault, FaultyDisk::Length::Forever);
        const Status started = try_start_engine(options(server_.port()));
        if (started) {
            EXPECT_TRUE(
                wait_until([&] { return !engine_->halted().empty() || is_finished(alert); }));
        }
        engine_.reset();  // its last words are written here
        const bool failed = store_->failed() || !started;
        restart_on_a_good_disk();
        EXPECT_TRUE(wait_until([&] { return status(alert).state == "finished"; }));
        expect_accounted(alert);
        EXPECT_EQ(status(alert).counts.delivered, kReaders);
        expect_copies(sent_before, failed);
        engine_.reset();
        return failed;
    }

    void restart_on_a_good_disk() {
        store_.reset();
        disk_.heal();
        open_store();
        start_engine();
    }

    // Everyone has it; a second copy only where the disk failed, and then the same bytes.
    void expect_copies(std::size_t sent_before, bool failed) {
        std::map<std::string, std::set<std::string>> copies;
        const auto all = server_.deliveries();
        for (std::size_t i = sent_before; i < all.size(); ++i) {
            copies[all[i].rcpt].insert(all[i].message);
        }
        EXPECT_THAT(copies, SizeIs(kReaders));
        for (const auto& [rcpt, messages] : copies) {
            EXPECT_THAT(messages, SizeIs(1)) << rcpt;
        }
        EXPECT_LE(all.size() - sent_before, failed ? 2 * kReaders : kReaders);
    }

    void SetUp() override {
        if (folder_.url().starts_with("postgresql:")) {
            GTEST_SKIP() << "about SQLite's file and disk";
        }
    }

    void at_every(FaultyDisk::Fault odd, FaultyDisk::Fault even) {
        const Order order{.lists = {add_list("news")}};
        add_readers(order.lists.front(), kReaders);
        std::int64_t nth = 1;
        while (fails_at(nth, nth % 2 == 1 ? odd : even, order) && !HasFailure()) {
            ++nth;
        }
        EXPECT_GT(nth, 3) << "no operation failed";
        std::printf("failed at each of %lld operations\n", static_cast<long long>(nth - 1));
    }

    // A store that goes through this disk: the fixture's own was opened without it.
    NewsroomAtEveryFault() {
        store_.reset();
        open_store();
    }
    ~NewsroomAtEveryFault() override {
        engine_.reset();
        store_.reset();
    }

    FaultyDisk disk_;
};

TEST_F(NewsroomAtEveryFault, LosesNobodyWhicheverWriteFails) {
    at_every(FaultyDisk::Fault::WriteError, FaultyDisk::Fault::DiskFull);
}

TEST_F(NewsroomAtEveryFault, LosesNobodyWhicheverSyncFails) {
    at_every(FaultyDisk::Fault::SyncError, FaultyDisk::Fault::SyncError);
}

}  // namespace
}  // namespace tocsin::delivery
