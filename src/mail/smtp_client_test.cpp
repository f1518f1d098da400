#include "mail/smtp_client.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "mail/smtp_client_script.h"

namespace tocsin::mail {
namespace {

using Script = SmtpClientScript;
using Stage = SmtpOutcome::Stage;
using Config = SmtpClientConfig;

const std::vector<std::string> kNothing = {};
const std::vector<std::string> kPipelining = {"PIPELINING"};
const std::vector<std::string> kChunking = {"PIPELINING", "CHUNKING"};

std::string body(std::uint64_t tag) {
    return Script::message(tag).bytes;
}
std::string commands(std::uint64_t tag) {
    const OutgoingMessage message = Script::message(tag);
    return "MAIL FROM:<" + message.mail_from + ">\r\nRCPT TO:<" + message.rcpt_to + ">\r\n";
}

// --- the ordinary course ---

TEST(SmtpClient, OneCommandAtATimeWithoutPipelining) {
    Script s;
    EXPECT_EQ(s.wrote(), "");
    EXPECT_FALSE(s.client.wants_message());
    EXPECT_EQ(s.say("220 mx.example ESMTP\r\n"), "EHLO news.example\r\n");
    EXPECT_EQ(s.say("250 mx.example\r\n"), "");
    ASSERT_TRUE(s.client.wants_message());
    EXPECT_EQ(s.offer(1), "MAIL FROM:<b+1@news.example>\r\n");
    EXPECT_FALSE(s.client.wants_message());
    EXPECT_EQ(s.say("250 ok\r\n"), "RCPT TO:<r1@example.com>\r\n");
    EXPECT_EQ(s.say("250 ok\r\n"), "DATA\r\n");
    EXPECT_EQ(s.say("354 go\r\n"), body(1) + ".\r\n");
    EXPECT_EQ(s.outcome(1), "");
    EXPECT_EQ(s.say("250 2.0.0 queued as 7\r\n"), "");
    EXPECT_EQ(s.outcome(1), "Replied 250");
    EXPECT_EQ(s.outcomes[1].reply.enhanced, "2.0.0");
    EXPECT_EQ(s.outcomes[1].reply.text, "queued as 7");
    EXPECT_EQ(s.outcomes[1].stage, Stage::FinalDot);
    EXPECT_EQ(s.spent_count[1], 1);
    s.client.finish();
    EXPECT_EQ(s.wrote(), "QUIT\r\n");
    s.client.receive("221 bye\r\n");
    EXPECT_EQ(s.client.step(), SmtpClient::Step::Close);
    EXPECT_EQ(s.client.end(), SmtpClient::End::Done);
}

TEST(SmtpClient, PipelinesTheNextTransactionBehindTheFinalDot) {
    Script s;
    s.open(kPipelining);
    EXPECT_EQ(s.offer(1), commands(1) + "DATA\r\n");
    ASSERT_TRUE(s.client.wants_message());
    EXPECT_EQ(s.offer(2), "");  // waits for the dot of the first
    EXPECT_FALSE(s.client.wants_message());
    EXPECT_EQ(s.say("250 ok\r\n250 ok\r\n354 go\r\n"),
              body(1) + ".\r\n" + commands(2) + "DATA\r\n");
    EXPECT_EQ(s.client.waiting_for(), SmtpClient::Wait::FinalDot);
    EXPECT_EQ(s.say("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"), body(2) + ".\r\n");
    EXPECT_EQ(s.outcome(1), "Replied 250");
    EXPECT_EQ(s.outcome(2), "");
    s.say("250 ok\r\n");
    EXPECT_EQ(s.outcome(2), "Replied 250");
}

TEST(SmtpClient, SendsWholeMessagesInOneChunkUpToTheWindow) {
    Config config = Script::plain();
    config.window = 3;
    Script s(config);
    s.open(kChunking);
    const std::string size = std::to_string(body(1).size());
    EXPECT_EQ(s.offer(1), commands(1) + "BDAT " + size + " LAST\r\n" + body(1));
    EXPECT_EQ(s.offer(2), "RSET\r\n" + commands(2) + "BDAT " + size + " LAST\r\n" + body(2));
    s.offer(3);
    EXPECT_FALSE(s.client.wants_message());
    s.say("250 ok\r\n250 ok\r\n250 queued\r\n");
    EXPECT_EQ(s.outcome(1), "Replied 250");
    EXPECT_EQ(s.outcome(2), "");
    s.say("250 ok\r\n250 ok\r\n250 ok\r\n250 queued\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n");
    EXPECT_EQ(s.outcome(3), "Replied 250");
    EXPECT_EQ(s.offer(4), commands(4) + "BDAT " + size + " LAST\r\n" + body(4));  // no RSET
}

TEST(SmtpClient, UsesSizeAndEightBitWhereOffered) {
    Script s;
    s.open({"PIPELINING", "SIZE 1000", "8BITMIME"});
    OutgoingMessage message = Script::message(1);
    message.bytes = "Subject: x\r\n\r\n\xc3\xa9\r\n";
    s.client.offer(message);
    EXPECT_TRUE(s.wrote().starts_with(
        "MAIL FROM:<b+1@news.example> SIZE=18 BODY=8BITMIME\r\nRCPT TO:<r1@example.com>\r\n"));
}

TEST(SmtpClient, KeepsAnIdleConnectionAliveWithNoop) {
    Script s;
    s.open(kPipelining);
    s.client.noop();
    EXPECT_EQ(s.wrote(), "NOOP\r\n");
    EXPECT_FALSE(s.client.idle());
    s.say("250 ok\r\n");
    EXPECT_TRUE(s.client.idle());
}

TEST(SmtpClient, TakesRepliesByteByByte) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    std::string out;
    for (const char c : std::string_view("250-a\r\n250 ok\r\n250 ok\r\n354 go\r\n")) {
        out += s.say(std::string_view(&c, 1));
    }
    EXPECT_EQ(out, body(1) + ".\r\n");
    for (const char c : std::string_view("250-2.0.0 one\r\n250 2.0.0 two\r\n")) {
        EXPECT_EQ(s.outcome(1), "");
        s.say(std::string_view(&c, 1));
    }
    EXPECT_EQ(s.outcomes[1].reply.text, "one\ntwo");
}

// --- refusals of one message ---

TEST(SmtpClient, SenderRefused) {
    Script s;
    s.open(kNothing);
    s.offer(1);
    EXPECT_EQ(s.say("550 5.7.1 no\r\n"), "");
    EXPECT_EQ(s.outcome(1), "Replied 550");
    EXPECT_EQ(s.outcomes[1].stage, Stage::Mail);
    EXPECT_EQ(s.offer(2), "RSET\r\n");
    EXPECT_EQ(s.say("250 ok\r\n"), "MAIL FROM:<b+2@news.example>\r\n");
}

TEST(SmtpClient, SenderRefusedInPipeline) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.offer(2);
    EXPECT_EQ(s.say("550 5.7.1 no\r\n503 no\r\n503 no\r\n"), "RSET\r\n" + commands(2) + "DATA\r\n");
    EXPECT_EQ(s.outcomes[1].reply.enhanced, "5.7.1");
    s.say("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
    s.say("250 ok\r\n");
    EXPECT_EQ(s.outcome(2), "Replied 250");
}

TEST(SmtpClient, RcptRejectedInPipeline) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.offer(2);
    s.say("250 ok\r\n550 5.1.1 nobody\r\n");
    EXPECT_EQ(s.outcome(1), "Replied 550");
    EXPECT_EQ(s.outcomes[1].stage, Stage::Rcpt);
    EXPECT_EQ(s.say("554 5.5.1 no valid recipients\r\n"), "RSET\r\n" + commands(2) + "DATA\r\n");
    EXPECT_EQ(s.outcome_count[1], 1);
}

TEST(SmtpClient, RcptRejectedInPipelineButDataAcceptedSendsALoneDot) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.offer(2);
    EXPECT_EQ(s.say("250 ok\r\n450 4.2.1 later\r\n354 go\r\n"), ".\r\n" + commands(2) + "DATA\r\n");
    EXPECT_EQ(s.outcome(1), "Replied 450");
    EXPECT_EQ(s.say("554 no recipients\r\n250 ok\r\n250 ok\r\n354 go\r\n"), body(2) + ".\r\n");
    s.say("250 ok\r\n");
    EXPECT_EQ(s.outcome(2), "Replied 250");
    EXPECT_EQ(s.outcome_count[1], 1);
}

TEST(SmtpClient, RcptRejectedWithChunkingLeavesTheNextMessageAlone) {
    Script s;
    s.open(kChunking);
    s.offer(1);
    s.offer(2);
    s.say("250 ok\r\n550 5.1.1 nobody\r\n503 no recipients\r\n");
    s.say("250 reset\r\n250 ok\r\n250 ok\r\n250 queued\r\n");
    EXPECT_EQ(s.outcome(1), "Replied 550");
    EXPECT_EQ(s.outcome(2), "Replied 250");
}

TEST(SmtpClient, DataRefused) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    EXPECT_EQ(s.say("250 ok\r\n250 ok\r\n454 4.7.0 busy\r\n"), "");
    EXPECT_EQ(s.outcome(1), "Replied 454");
    EXPECT_EQ(s.outcomes[1].stage, Stage::Data);
    EXPECT_EQ(s.offer(2), "RSET\r\n" + commands(2) + "DATA\r\n");
}

TEST(SmtpClient, RefusedAfterTheFinalDot) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.say("250 ok\r\n250 ok\r\n354 go\r\n");
    s.say("552 5.2.2 full\r\n");
    EXPECT_EQ(s.outcome(1), "Replied 552");
    EXPECT_EQ(s.outcomes[1].stage, Stage::FinalDot);
    EXPECT_EQ(s.offer(2), commands(2) + "DATA\r\n");
}

TEST(SmtpClient, Smtputf8UnsupportedFailsThatMessageOnly) {
    Script s;
    s.open(kPipelining);
    OutgoingMessage message = Script::message(1);
    message.smtputf8 = true;
    message.rcpt_to = "j\xc3\xbcrgen@example.com";
    s.client.offer(message);
    EXPECT_EQ(s.wrote(), "");
    EXPECT_EQ(s.outcomes[1].reply.code, 550);
    EXPECT_EQ(s.outcomes[1].reply.enhanced, "5.6.7");
    EXPECT_EQ(s.offer(2), commands(2) + "DATA\r\n");
}

TEST(SmtpClient, Smtputf8OnlyWhereTheMessageNeedsIt) {
    Script s;
    s.open({"SMTPUTF8"});
    EXPECT_EQ(s.offer(1), "MAIL FROM:<b+1@news.example>\r\n");
    s.say("550 no\r\n");
    OutgoingMessage message = Script::message(2);
    message.smtputf8 = true;
    s.client.offer(message);
    s.wrote();
    EXPECT_EQ(s.say("250 reset\r\n"), "MAIL FROM:<b+2@news.example> SMTPUTF8\r\n");
}

TEST(SmtpClient, AboveThePeersSizeIsRefusedUnsent) {
    Script s;
    s.open({"SIZE 20"});
    EXPECT_EQ(s.offer(1), "");
    EXPECT_EQ(s.outcomes[1].reply.code, 552);
    EXPECT_EQ(s.outcomes[1].reply.enhanced, "5.3.4");
}

TEST(SmtpClient, MessagesThatCouldSmuggleAreRefusedUnsent) {
    const std::vector<std::string> bad = {"",
                                          "x",
                                          "a\r\n.\r\nb\r\n",
                                          ".a\r\n",
                                          "a\nb\r\n",
                                          "a\rb\r\n",
                                          "a\r\n.b\r\n",
                                          "a\r\n\n",
                                          "a\r\r\n",
                                          "\na\r\n",
                                          "a\n.\r\n",
                                          "a\r.\r\n",
                                          std::string("a\0\r\n", 4),
                                          "a\r\nb\r",
                                          std::string("\0a\r\n", 4)};
    Script s;
    s.open(kPipelining);
    std::uint64_t tag = 1;
    for (const std::string& bytes : bad) {
        OutgoingMessage message = Script::message(tag);
        message.bytes = bytes;
        s.client.offer(message);
        EXPECT_EQ(s.wrote(), "") << tag;
        EXPECT_EQ(s.outcomes[tag++].reply.enhanced, "5.6.0") << hex_encode(bytes);
    }
}

TEST(SmtpClient, AddressesThatCouldInjectCommandsAreRefusedUnsent) {
    Script s;
    s.open(kPipelining);
    std::uint64_t tag = 1;
    for (const char* address : {"a@b>\r\nRSET", "a b@c", "a@b> SIZE=1", "", "<a@b"}) {
        OutgoingMessage message = Script::message(tag);
        message.rcpt_to = address;
        s.client.offer(message);
        EXPECT_EQ(s.wrote(), "");
        EXPECT_EQ(s.outcomes[tag++].reply.enhanced, "5.1.3") << address;
    }
}

// --- connections that end ---

TEST(SmtpClient, DisconnectBeforeAnythingIsWritten) {
    Script s;
    s.open(kPipelining);
    s.client.offer(Script::message(1));
    s.client.closed(0, "lost");
    EXPECT_EQ(s.outcome(1), "NotSent");
    EXPECT_EQ(s.spent_count[1], 1);
}

TEST(SmtpClient, DisconnectAfterFinalDot) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.offer(2);
    s.say("250 ok\r\n250 ok\r\n354 go\r\n");
    s.client.peer_closed();
    EXPECT_EQ(s.client.step(), SmtpClient::Step::Close);
    EXPECT_EQ(s.outcome(1), "");
    s.client.closed(0, "");
    EXPECT_EQ(s.outcome(1), "Unknown");
    EXPECT_EQ(s.outcomes[1].stage, Stage::FinalDot);
    EXPECT_EQ(s.outcome(2), "NotSent");
    EXPECT_EQ(s.client.end(), SmtpClient::End::PeerEnded);
}

// The dot is the line; one byte less is not a message.
TEST(SmtpClient, EveryCutOfTheBodyIsNotSentUntilTheDotIsComplete) {
    const std::size_t total = body(1).size() + 3;
    for (std::size_t cut = 0; cut <= total; ++cut) {
        Script s;
        s.open(kPipelining);
        s.offer(1);
        s.client.receive("250 ok\r\n250 ok\r\n354 go\r\n");
        ASSERT_EQ(s.take().size(), total);
        s.client.closed(cut, "lost");
        EXPECT_EQ(s.outcome(1), cut < total ? "NotSent" : "Unknown") << cut;
        EXPECT_EQ(s.outcome_count[1], 1);
    }
}

TEST(SmtpClient, EveryCutOfTwoChunksKnowsWhichIsComplete) {
    Script whole;
    whole.open(kChunking);
    whole.client.offer(Script::message(1));
    whole.client.advance();
    const std::size_t first = whole.take().size();
    for (std::size_t cut = 0; cut <= 2 * first + 6; ++cut) {
        Script s;
        s.open(kChunking);
        s.client.offer(Script::message(1));
        s.client.offer(Script::message(2));
        const std::size_t total = s.take().size();
        ASSERT_EQ(total, 2 * first + 6);  // RSET
        s.client.closed(cut, "lost");
        EXPECT_EQ(s.outcome(1), cut < first ? "NotSent" : "Unknown") << cut;
        EXPECT_EQ(s.outcome(2), cut < total ? "NotSent" : "Unknown") << cut;
    }
}

TEST(SmtpClient, MidSession421AnswersItsCommandAndEndsTheSession) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.offer(2);
    s.say("250 ok\r\n250 ok\r\n354 go\r\n");
    s.say("250 ok\r\n421 4.7.0 too many messages\r\n");
    EXPECT_EQ(s.outcome(1), "Replied 250");
    EXPECT_EQ(s.outcome(2), "Replied 421");
    EXPECT_EQ(s.client.step(), SmtpClient::Step::Close);
    s.client.closed(0, "");
    EXPECT_EQ(s.client.end(), SmtpClient::End::PeerEnded);
    EXPECT_EQ(s.client.end_reply()->code, 421);
    EXPECT_EQ(s.outcome_count[2], 1);
}

TEST(SmtpClient, A421ForTheFirstOfTwoLeavesTheSecondUnknown) {
    Script s;
    s.open(kChunking);
    s.offer(1);
    s.offer(2);
    s.say("421 bye\r\n");
    s.client.closed(0, "");
    EXPECT_EQ(s.outcome(1), "Replied 421");
    EXPECT_EQ(s.outcome(2), "Unknown");
}

TEST(SmtpClient, IdleSessionEndedBy421) {
    Script s;
    s.open(kPipelining);
    s.say("421 4.4.2 idle too long\r\n");
    EXPECT_EQ(s.client.end(), SmtpClient::End::PeerEnded);
}

TEST(SmtpClient, GarbageEndsTheSession) {
    for (const char* garbage :
         {"hello\r\n", "999 x\r\n", "150 x\r\n", "250 ok\n", "250\tok\r\n", "25 ok\r\n",
          "250-a\r\n251 b\r\n", "250 a\rb\r\n", "\r\n", "250_ok\r\n"}) {
        Script s;
        s.open(kPipelining);
        s.offer(1);
        s.say(garbage);
        s.client.closed(0, "");
        EXPECT_EQ(s.client.end(), SmtpClient::End::Protocol) << garbage;
        EXPECT_EQ(s.outcome(1), "NotSent") << garbage;
    }
}

TEST(SmtpClient, GarbageAfterTheFinalDotIsUnknown) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.say("250 ok\r\n250 ok\r\n354 go\r\n");
    s.say("\x01\x02\x03\r\n");
    s.client.closed(0, "");
    EXPECT_EQ(s.outcome(1), "Unknown");
}

TEST(SmtpClient, SuccessSaidBeforeTheDotWasSentIsNotBelieved) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.client.receive("250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n");
    s.client.closed(0, "");
    EXPECT_EQ(s.outcome(1), "NotSent");
    EXPECT_EQ(s.client.end(), SmtpClient::End::Protocol);
}

TEST(SmtpClient, RefusalInTheMiddleOfTheBodyIsBelieved) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.client.receive("250 ok\r\n250 ok\r\n354 go\r\n552 5.3.4 too big\r\n");
    EXPECT_EQ(s.outcome(1), "Replied 552");
    EXPECT_EQ(s.client.step(), SmtpClient::Step::Close);
}

TEST(SmtpClient, WrongReplyToDataEndsTheSession) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.say("250 ok\r\n250 ok\r\n250 ok\r\n");
    s.client.closed(0, "");
    EXPECT_EQ(s.outcome(1), "NotSent");
    EXPECT_EQ(s.client.end(), SmtpClient::End::Protocol);
}

TEST(SmtpClient, MessagesGoBackOnlyWhenNoWriteNeedsThem) {
    Script s;
    s.open(kChunking);
    s.client.offer(Script::message(1));
    s.take();
    s.client.receive("250 ok\r\n250 ok\r\n552 no\r\n");
    EXPECT_EQ(s.outcome(1), "Replied 552");
    EXPECT_EQ(s.spent_count[1], 0);
    s.client.output_written();
    EXPECT_EQ(s.spent_count[1], 1);
}

// --- stopping ---

TEST(SmtpClient, FinishWaitsForTheFinalDot) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.client.finish();
    EXPECT_EQ(s.wrote(), "");
    EXPECT_FALSE(s.client.wants_message());
    s.say("250 ok\r\n250 ok\r\n354 go\r\n");
    EXPECT_EQ(s.say("250 ok\r\n"), "QUIT\r\n");
    s.client.peer_closed();  // some never answer QUIT
    EXPECT_EQ(s.client.end(), SmtpClient::End::Done);
}

TEST(SmtpClient, WithdrawnBeforeItsTransactionIsNotSent) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.offer(2);
    s.withdrawn.insert(2);
    EXPECT_EQ(s.say("250 ok\r\n250 ok\r\n354 go\r\n"), body(1) + ".\r\n");
    EXPECT_EQ(s.outcome(2), "NotSent");
    s.say("250 ok\r\n");
    EXPECT_EQ(s.outcome(1), "Replied 250");
    EXPECT_EQ(s.offer(3), commands(3) + "DATA\r\n");
}

TEST(SmtpClient, WithdrawnAfterDataClosesInsteadOfSending) {
    Script s;
    s.open(kPipelining);
    s.offer(1);
    s.withdrawn.insert(1);
    EXPECT_EQ(s.say("250 ok\r\n250 ok\r\n354 go\r\n"), "");
    EXPECT_EQ(s.outcome(1), "NotSent");
    EXPECT_EQ(s.client.step(), SmtpClient::Step::Close);
    EXPECT_EQ(s.client.end(), SmtpClient::End::Withdrawn);
}

// --- opening: greeting, EHLO, TLS, AUTH ---

Config with_tls(Config::StartTls starttls) {
    Config config = Script::plain();
    config.starttls = starttls;
    return config;
}
Config with_auth() {
    Config config = with_tls(Config::StartTls::Required);
    config.auth = Config::Auth::OverVerifiedTls;
    config.user = "ann";
    config.password = "secret";
    return config;
}

TEST(SmtpClient, GreetingRefused) {
    Script s;
    EXPECT_EQ(s.say("554 5.7.1 go away\r\n"), "QUIT\r\n");
    s.say("221 bye\r\n");
    EXPECT_EQ(s.client.end(), SmtpClient::End::Refused);
    EXPECT_EQ(s.client.end_reply()->enhanced, "5.7.1");
}

TEST(SmtpClient, GreetedWith421) {
    Script s;
    s.say("421 4.3.2 closed\r\n");
    EXPECT_EQ(s.client.end(), SmtpClient::End::Refused);
    EXPECT_EQ(s.client.step(), SmtpClient::Step::Close);
}

TEST(SmtpClient, FallsBackToHelo) {
    Script s;
    s.say("220 mx\r\n");
    EXPECT_EQ(s.say("502 what\r\n"), "HELO news.example\r\n");
    s.say("250 mx\r\n");
    EXPECT_EQ(s.offer(1), "MAIL FROM:<b+1@news.example>\r\n");
}

TEST(SmtpClient, TlsRequiredButStripped) {
    Script s(with_tls(Config::StartTls::Required));
    s.say("220 mx\r\n");
    EXPECT_EQ(s.say("250-mx\r\n250 PIPELINING\r\n"), "QUIT\r\n");
    EXPECT_FALSE(s.client.wants_message());
    EXPECT_EQ(s.client.end(), SmtpClient::End::TlsNotOffered);
}

TEST(SmtpClient, TlsRequiredAndOnlyHelo) {
    Script s(with_tls(Config::StartTls::Required));
    s.say("220 mx\r\n");
    s.say("502 what\r\n");
    EXPECT_EQ(s.say("250 mx\r\n"), "QUIT\r\n");
    EXPECT_EQ(s.client.end(), SmtpClient::End::TlsNotOffered);
}

TEST(SmtpClient, TlsRequiredButRefused) {
    Script s(with_tls(Config::StartTls::Required));
    s.say("220 mx\r\n");
    EXPECT_EQ(s.say("250-mx\r\n250 STARTTLS\r\n"), "STARTTLS\r\n");
    EXPECT_EQ(s.say("454 4.7.0 no TLS today\r\n"), "QUIT\r\n");
    EXPECT_EQ(s.client.end(), SmtpClient::End::TlsRefused);
}

TEST(SmtpClient, OpportunisticTlsGoesOnWithout) {
    Script s(with_tls(Config::StartTls::IfOffered));
    s.say("220 mx\r\n");
    s.say("250-mx\r\n250 STARTTLS\r\n");
    s.say("454 4.7.0 no TLS today\r\n");
    EXPECT_TRUE(s.client.ready());
}

TEST(SmtpClient, StartTlsForgetsAllThatWasSaidInTheClear) {
    Script s(with_tls(Config::StartTls::Required));
    s.say("220 mx\r\n");
    s.say("250-mx\r\n250-PIPELINING\r\n250-CHUNKING\r\n250 STARTTLS\r\n");
    // An attacker's answers behind the 220 would be taken for the server's.
    EXPECT_EQ(s.say("220 go\r\n250-evil\r\n250-CHUNKING\r\n250 AUTH PLAIN\r\n250 half"), "");
    ASSERT_EQ(s.client.step(), SmtpClient::Step::UpgradeTls);
    s.client.tls_established();
    EXPECT_EQ(s.wrote(), "EHLO news.example\r\n");
    EXPECT_FALSE(s.client.wants_message());
    s.say("250 mx\r\n");
    EXPECT_TRUE(s.client.ready());
    EXPECT_FALSE(s.client.capabilities().chunking);
    EXPECT_FALSE(s.client.capabilities().pipelining);
}

void open_tls(Script& s) {
    s.say("220 mx\r\n");
    s.say("250-mx\r\n250 STARTTLS\r\n");
    s.say("220 go\r\n");
    s.client.tls_established();
    s.wrote();
}

TEST(SmtpClient, AuthPlainOverTls) {
    Script s(with_auth());
    open_tls(s);
    EXPECT_EQ(s.say("250-mx\r\n250 AUTH LOGIN PLAIN\r\n"),
              "AUTH PLAIN " + base64_encode(std::string("\0ann\0secret", 11)) + "\r\n");
    EXPECT_FALSE(s.client.ready());
    s.say("235 2.7.0 welcome\r\n");
    EXPECT_TRUE(s.client.ready());
}

TEST(SmtpClient, AuthLoginWhereThereIsNoPlain) {
    Script s(with_auth());
    open_tls(s);
    EXPECT_EQ(s.say("250-mx\r\n250 AUTH LOGIN\r\n"), "AUTH LOGIN\r\n");
    EXPECT_EQ(s.say("334 VXNlcm5hbWU6\r\n"), base64_encode("ann") + "\r\n");
    EXPECT_EQ(s.say("334 UGFzc3dvcmQ6\r\n"), base64_encode("secret") + "\r\n");
    s.say("235 ok\r\n");
    EXPECT_TRUE(s.client.ready());
}

TEST(SmtpClient, AuthRefused) {
    Script s(with_auth());
    open_tls(s);
    s.say("250-mx\r\n250 AUTH PLAIN\r\n");
    EXPECT_EQ(s.say("535 5.7.8 wrong\r\n"), "QUIT\r\n");
    s.say("221 bye\r\n");
    EXPECT_EQ(s.client.end(), SmtpClient::End::AuthRefused);
    EXPECT_EQ(s.client.end_reply()->code, 535);
}

TEST(SmtpClient, AuthNotOffered) {
    Script s(with_auth());
    open_tls(s);
    s.say("250-mx\r\n250 AUTH GSSAPI\r\n");
    EXPECT_EQ(s.client.end(), SmtpClient::End::AuthNotOffered);
}

TEST(SmtpClient, NoPasswordInTheClearOrOverUnverifiedTls) {
    Config clear = with_auth();
    clear.starttls = Config::StartTls::Never;
    Script s(clear);
    s.say("220 mx\r\n");
    EXPECT_EQ(s.say("250-mx\r\n250 AUTH PLAIN\r\n"), "QUIT\r\n");
    EXPECT_EQ(s.client.end(), SmtpClient::End::AuthNotSafe);

    Config unverified = with_auth();
    unverified.certificate = Config::Certificate::NotVerified;
    Script t(unverified);
    open_tls(t);
    EXPECT_EQ(t.say("250-mx\r\n250 AUTH PLAIN\r\n"), "QUIT\r\n");
    EXPECT_EQ(t.client.end(), SmtpClient::End::AuthNotSafe);
}

TEST(SmtpClient, LoopbackMayBeAllowedToAuthInTheClear) {
    Config config = with_auth();
    config.starttls = Config::StartTls::Never;
    config.auth = Config::Auth::Always;
    Script s(config);
    s.say("220 mx\r\n");
    EXPECT_TRUE(s.say("250-mx\r\n250 AUTH PLAIN\r\n").starts_with("AUTH PLAIN "));
}

TEST(SmtpClient, ImplicitTlsSendsNoStartTls) {
    Config config = with_tls(Config::StartTls::Required);
    config.channel = Config::Channel::Tls;
    Script s(config);
    s.open({"STARTTLS", "PIPELINING"});
    EXPECT_TRUE(s.client.ready());
}

}  // namespace
}  // namespace tocsin::mail
