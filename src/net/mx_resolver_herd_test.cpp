// MxResolver with many who ask: one question a name, bounded, from any thread, cancelled, ended.
#include <thread>

#include "net/mx_resolver_fixture.h"

namespace tocsin::net {
namespace {

using Kind = SiteAnswer::Kind;
using MxResolverHerd = MxResolverFixture;

TEST_F(MxResolverHerd, AHerdAsksOnce) {
    make();
    dns_->held = true;
    int found = 0;
    for (int i = 0; i < 500; ++i) {
        asio::co_spawn(io_, resolver_->site_of("example.org"),
                       [&found](std::exception_ptr, SiteAnswer answer) {
                           found += answer.kind == Kind::Found ? 1 : 0;
                       });
    }
    poll();
    EXPECT_EQ(dns_->questions, 1);
    while (!dns_->waiting.empty()) {
        dns_->answer_one();
        poll();
    }
    EXPECT_EQ(found, 500);
    EXPECT_EQ(dns_->questions, 3);
}

TEST_F(MxResolverHerd, AtMostSoManyQuestionsAtOnce) {
    make({.lookups_max = 8});
    dns_->held = true;
    int ended = 0;
    for (int i = 0; i < 50; ++i) {
        asio::co_spawn(io_, resolver_->site_of("d" + std::to_string(i) + ".org"),
                       [&ended](std::exception_ptr, SiteAnswer) { ++ended; });
    }
    for (poll(); !dns_->waiting.empty(); poll()) {
        ASSERT_LE(dns_->waiting.size(), 8U);
        dns_->answer_one();
    }
    EXPECT_EQ(ended, 50);
    EXPECT_EQ(dns_->questions, 150);
}

TEST_F(MxResolverHerd, ACancelledWaitEndsAtOnceAndTheAnswerIsKept) {
    make();
    dns_->held = true;
    asio::cancellation_signal cancel;
    bool ended = false;
    asio::co_spawn(io_, resolver_->site_of("example.org"),
                   asio::bind_cancellation_slot(
                       cancel.slot(), [&](std::exception_ptr, SiteAnswer) { ended = true; }));
    poll();
    cancel.emit(asio::cancellation_type::terminal);
    poll();
    EXPECT_TRUE(ended);
    while (!dns_->waiting.empty()) {
        dns_->answer_one();
        poll();
    }
    EXPECT_EQ(resolver_->known_site_of("example.org")->kind, Kind::Found);
}

TEST_F(MxResolverHerd, TheEndOfTheResolverEndsTheWaits) {
    make();
    dns_->held = true;
    std::optional<SiteAnswer> answer;
    asio::co_spawn(io_, resolver_->site_of("example.org"),
                   [&answer](std::exception_ptr, SiteAnswer got) { answer = std::move(got); });
    poll();
    resolver_.reset();
    poll();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->kind, Kind::Later);
}

TEST_F(MxResolverHerd, AnswersComeBackToTheThreadThatAsked) {
    make();
    auto work = asio::make_work_guard(io_);
    std::jthread dns_thread([this] { io_.run(); });
    std::vector<std::jthread> workers;
    std::atomic<int> found = 0;
    for (int worker = 0; worker < 4; ++worker) {
        workers.emplace_back([this, &found] {
            asio::io_context own;
            const auto me = std::this_thread::get_id();
            for (int i = 0; i < 200; ++i) {
                auto on_site = [&found, me](std::exception_ptr, SiteAnswer answer) {
                    found += answer.kind == Kind::Found && me == std::this_thread::get_id() ? 1 : 0;
                };
                asio::co_spawn(own, resolver_->site_of("example.org"), on_site);
                auto abandoned = [](std::exception_ptr, SiteAnswer) {};
                asio::co_spawn(own, resolver_->site_of("d" + std::to_string(i) + ".org"),
                               abandoned);
            }
            own.run_for(std::chrono::milliseconds(1));  // some are never waited for
            asio::co_spawn(own, resolver_->site_of("example.org"),
                           [&own](std::exception_ptr, SiteAnswer) { own.stop(); });
            own.restart();
            own.run();
        });
    }
    workers.clear();
    work.reset();
    dns_thread.join();
    EXPECT_GT(found, 0);
    EXPECT_EQ(dns_->asked["example.org"], 1);
}

}  // namespace
}  // namespace tocsin::net
