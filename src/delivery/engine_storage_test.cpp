// The engine on a disk that fails: sending stops, nobody is lost, nothing is told that is not so.
#include "delivery/engine_fixture.h"
#include "store/faulty_disk.h"

namespace tocsin::delivery {
namespace {

using store::FaultyDisk;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class NewsroomOnAFaultyDisk : public Newsroom,
                              public ::testing::WithParamInterface<FaultyDisk::Fault> {};

TEST_P(NewsroomOnAFaultyDisk, StopsSendingAndGoesOnAfterARestart) {
    store_.reset();
    auto disk = std::make_unique<FaultyDisk>();
    open_store();
    const ListId list = add_list("news");
    add_readers(list, 600);
    const AlertId alert = release({.lists = {list}});
    for (const std::int64_t nth : {1, 2, 5, 13}) {
        disk->fail(nth, GetParam(), FaultyDisk::Length::Forever);
        if (try_start_engine(options(server_.port()))) {
            send(alert);
            // A late fault may come after the end.
            ASSERT_TRUE(wait_until([&] {
                return !engine_->halted().empty() || is_finished(alert);
            })) << nth;
            EXPECT_THAT(engine_->halted(), AnyOf(HasSubstr("database"), IsEmpty()));
            // What was in flight may still land; then nothing leaves any more.
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            const std::size_t sent = server_.count();
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            EXPECT_EQ(server_.count(), sent) << nth;
        }
        engine_.reset();
        store_.reset();
        disk->heal();
        open_store();
    }
    start_engine();
    ASSERT_TRUE(wait_until([&] { return status(alert).state == "finished"; }));
    expect_accounted(alert);
    const auto got = server_.by_recipient();
    EXPECT_THAT(got, SizeIs(600));
    for (const auto& [rcpt, messages] : got) {
        for (const std::string& message : messages) {
            EXPECT_EQ(message, messages.front()) << rcpt;
        }
    }
    engine_.reset();
    store_.reset();
}

INSTANTIATE_TEST_SUITE_P(Faults, NewsroomOnAFaultyDisk,
                         ::testing::Values(FaultyDisk::Fault::DiskFull,
                                           FaultyDisk::Fault::WriteError,
                                           FaultyDisk::Fault::SyncError));

}  // namespace
}  // namespace tocsin::delivery
