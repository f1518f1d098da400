// Sessions with a server that says exactly what the test tells it to.
#include "net/smtp_scripted_server.h"
#include "net/smtp_session_fixture.h"

namespace tocsin::net {
namespace {

using Kind = SmtpOutcome::Kind;
using Reason = SessionEnd::Reason;
using SmtpSessionScript = SmtpSessionFixture;

const Step kGreeting = {"", "220 mx\r\n"};
const Step kEhlo = {"EHLO news.example\r\n", "250-mx\r\n250 PIPELINING\r\n"};
const Step kEnvelope = {"DATA\r\n", "250 ok\r\n250 ok\r\n354 go\r\n"};

TEST_F(SmtpSessionScript, DisconnectAfterFinalDot) {
    ScriptedServer server(io_, {kGreeting, kEhlo, kEnvelope, {"\r\n.\r\n", ""}});
    ListFeed feed(io_, 2);
    const SessionEnd end = run(route(server.port()), feed);
    EXPECT_EQ(end.reason, Reason::PeerEnded);
    EXPECT_EQ(feed.outcomes[1].kind, Kind::Unknown);
    EXPECT_EQ(feed.outcomes[2].kind, Kind::NotSent);
    feed.expect_whole();
}

TEST_F(SmtpSessionScript, DisconnectBeforeData) {
    ScriptedServer server(io_, {kGreeting, kEhlo, {"DATA\r\n", "250 ok\r\n"}});
    ListFeed feed(io_, 2);
    run(route(server.port()), feed);
    EXPECT_EQ(feed.count(Kind::NotSent), 2U);
    feed.expect_whole();
}

TEST_F(SmtpSessionScript, DisconnectInTheMiddleOfALargeBody) {
    ScriptedServer server(io_, {kGreeting, kEhlo, kEnvelope, {"lazy dog", ""}});
    ListFeed feed(io_, 1, 2'000'000);
    run(route(server.port()), feed);
    EXPECT_EQ(feed.count(Kind::NotSent), 1U);
}

TEST_F(SmtpSessionScript, MidSession421) {
    ScriptedServer server(
        io_, {kGreeting, kEhlo, kEnvelope, {"\r\n.\r\n", "250 ok\r\n421 4.7.0 slow down\r\n"}},
        ScriptedServer::Then::Hang);
    ListFeed feed(io_, 5);
    const SessionEnd end = run(route(server.port()), feed);
    EXPECT_EQ(end.reason, Reason::PeerEnded);
    ASSERT_TRUE(end.reply);
    EXPECT_EQ(end.reply->enhanced, "4.7.0");
    EXPECT_EQ(feed.outcomes[1].reply.code, 250);
    EXPECT_EQ(feed.outcomes[2].reply.code, 421);
    feed.expect_whole();
}

TEST_F(SmtpSessionScript, GreetingRefused) {
    ScriptedServer server(io_, {{"", "554 5.7.1 not you\r\n"}, {"QUIT\r\n", "221 bye\r\n"}});
    ListFeed feed(io_, 1);
    const SessionEnd end = run(route(server.port()), feed);
    EXPECT_EQ(end.reason, Reason::Refused);
    EXPECT_NE(end.error.message().find("not you"), std::string::npos);
    EXPECT_EQ(feed.given, 0U);
}

TEST_F(SmtpSessionScript, SilenceAfterTheFinalDotTimesOutAsUnknown) {
    times_.final_dot = Milliseconds(50);
    ScriptedServer server(io_, {kGreeting, kEhlo, kEnvelope}, ScriptedServer::Then::Hang);
    ListFeed feed(io_, 1);
    const SessionEnd end = run(route(server.port()), feed);
    EXPECT_EQ(end.reason, Reason::TimedOut);
    EXPECT_EQ(end.error.kind(), ErrorKind::Timeout);
    EXPECT_EQ(feed.outcomes[1].kind, Kind::Unknown);
}

TEST_F(SmtpSessionScript, SilenceInsteadOfAGreetingTimesOut) {
    times_.greeting = Milliseconds(50);
    ScriptedServer server(io_, {}, ScriptedServer::Then::Hang);
    ListFeed feed(io_, 1);
    EXPECT_EQ(run(route(server.port()), feed).reason, Reason::TimedOut);
}

TEST_F(SmtpSessionScript, SilenceInsteadOfAHandshakeTimesOut) {
    times_.connect = Milliseconds(50);
    ScriptedServer server(io_, {}, ScriptedServer::Then::Hang);
    ListFeed feed(io_, 1);
    const SessionEnd end = run(route(server.port(), SmtpRoute::Tls::Implicit), feed);
    EXPECT_EQ(end.reason, Reason::TlsFailed);
    EXPECT_EQ(end.fault, SessionEnd::Fault::Passing);
    EXPECT_NE(end.error.message().find("in time"), std::string::npos) << end.error.message();
}

TEST_F(SmtpSessionScript, AnswersInjectedBeforeTlsAreNotBelieved) {
    // All that is needed for a "delivery" is said in the clear behind the 220.
    ScriptedServer server(
        io_,
        {kGreeting,
         {"EHLO news.example\r\n", "250-mx\r\n250 STARTTLS\r\n"},
         {"STARTTLS\r\n", "220 go\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n"}});
    ListFeed feed(io_, 1);
    const SessionEnd end = run(route(server.port(), SmtpRoute::Tls::Required), feed);
    EXPECT_EQ(end.reason, Reason::TlsFailed);
    EXPECT_EQ(feed.given, 0U);
}

}  // namespace
}  // namespace tocsin::net
