// The ordinary course of transactions, and refusals of single messages.
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

}  // namespace
}  // namespace tocsin::mail
