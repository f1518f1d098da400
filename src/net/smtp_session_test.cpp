// Sessions over real sockets with a server that does as it should. No test waits for time except
// those that test a limit (then milliseconds).
#include "net/smtp_session_fixture.h"

namespace tocsin::net {
namespace {

using Reason = SessionEnd::Reason;
using SmtpSession = SmtpSessionFixture;

TEST_F(SmtpSession, DeliversByChunks) {
    ListFeed feed(io_, 100);
    const SessionEnd end = run(route(listen()), feed);
    EXPECT_EQ(end.reason, Reason::Done) << end.error.message();
    EXPECT_TRUE(feed.ready);
    EXPECT_EQ(end.messages, 100U);
    EXPECT_EQ(feed.accepted(), 100U);
    feed.expect_whole();
    ASSERT_EQ(received_.size(), 100U);
    EXPECT_EQ(received_[41], message(42).bytes);
    EXPECT_EQ(envelopes_[41].rcpt_to, std::vector<std::string>{"r42@example.com"});
    EXPECT_EQ(envelopes_[41].helo, "news.example");
}

TEST_F(SmtpSession, DeliversByDataWithAndWithoutPipelining) {
    for (const auto pipelining : {mail::SmtpServerConfig::Pipelining::Offered,
                                  mail::SmtpServerConfig::Pipelining::NotOffered}) {
        received_.clear();
        SmtpListenerOptions options;
        options.server.chunking = mail::SmtpServerConfig::Chunking::NotOffered;
        options.server.pipelining = pipelining;
        ListFeed feed(io_, 20);
        const SessionEnd end = run(route(listen(options)), feed);
        EXPECT_TRUE(end.ok()) << end.error.message();
        EXPECT_EQ(feed.accepted(), 20U);
        ASSERT_EQ(received_.size(), 20U);
        EXPECT_EQ(received_[19], message(20).bytes);
    }
}

TEST_F(SmtpSession, LargeMessagesDoNotDeadlock) {
    SmtpRoute to = route(listen());
    to.window = 8;
    ListFeed feed(io_, 16, 1'500'000);
    const SessionEnd end = run(to, feed);
    EXPECT_TRUE(end.ok()) << end.error.message();
    EXPECT_EQ(feed.accepted(), 16U);
    EXPECT_EQ(received_.at(15), message(16, 1'500'000).bytes);
}

TEST_F(SmtpSession, WaitsForWorkAndTakesItWhenItComes) {
    ListFeed feed(io_, 0, 100, ListFeed::AtTheEnd::Wait);
    std::optional<SessionEnd> end;
    start(route(listen()), feed, end);
    run_until([&] { return feed.ready; });
    EXPECT_FALSE(end);
    feed.add(message(1));
    run_until([&] { return feed.accepted() == 1; });
    feed.add(message(2));
    run_until([&] { return feed.accepted() == 2; });
    feed.end();
    run_until([&] { return end.has_value(); });
    EXPECT_TRUE(end->ok());
}

TEST_F(SmtpSession, StopEndsAfterTheFinalDotsThatAreOut) {
    ListFeed feed(io_, 1'000);
    feed.on_answer = [&feed] { feed.stopped = true; };
    const SessionEnd end = run(route(listen()), feed);
    EXPECT_TRUE(end.ok()) << end.error.message();
    EXPECT_LE(feed.given, 3U);
    EXPECT_EQ(feed.accepted(), feed.given);
    feed.expect_whole();
}

TEST_F(SmtpSession, CancellingSettlesEveryMessage) {
    ListFeed feed(io_, 1'000);
    std::optional<SessionEnd> end;
    start(route(listen()), feed, end);
    run_until([&] { return feed.accepted() >= 5; });
    cancel_.emit(asio::cancellation_type::terminal);
    run_until([&] { return end.has_value(); });
    EXPECT_EQ(end->reason, Reason::Cancelled);
    feed.expect_whole();
    EXPECT_LT(feed.given, 1'000U);
}

TEST_F(SmtpSession, CancellingAnIdleSessionEndsIt) {
    ListFeed feed(io_, 0, 100, ListFeed::AtTheEnd::Wait);
    std::optional<SessionEnd> end;
    start(route(listen()), feed, end);
    run_until([&] { return feed.ready; });
    cancel_.emit(asio::cancellation_type::terminal);
    run_until([&] { return end.has_value(); });
    EXPECT_EQ(end->reason, Reason::Cancelled);
}

TEST_F(SmtpSession, AnIdleSessionNoticesThatThePeerIsGone) {
    ListFeed feed(io_, 0, 100, ListFeed::AtTheEnd::Wait);
    std::optional<SessionEnd> end;
    start(route(listen()), feed, end);
    run_until([&] { return feed.ready; });
    listener_->stop();
    run_until([&] { return end.has_value(); });
    EXPECT_EQ(end->reason, Reason::PeerEnded);
}

TEST_F(SmtpSession, NoopKeepsAnIdleSessionAlive) {
    SmtpListenerOptions options;
    options.idle = Milliseconds(150);  // would end it
    times_.idle_noop = Milliseconds(20);
    ListFeed feed(io_, 0, 100, ListFeed::AtTheEnd::Wait);
    std::optional<SessionEnd> end;
    start(route(listen(options)), feed, end);
    run_until([&] { return feed.ready; });
    bool later = false;
    asio::steady_timer timer(io_, std::chrono::milliseconds(400));
    timer.async_wait([&](const boost::system::error_code&) { later = true; });
    run_until([&] { return later; });
    EXPECT_FALSE(end);
    feed.end();
    run_until([&] { return end.has_value(); });
    EXPECT_TRUE(end->ok());
}

}  // namespace
}  // namespace tocsin::net
