// How sessions end, and what that means for each message.
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "mail/smtp_client.h"
#include "mail/smtp_client_script.h"

namespace tocsin::mail {
namespace {

using Script = SmtpClientScript;
using Stage = SmtpOutcome::Stage;
using Config = SmtpClientConfig;

const std::vector<std::string> kPipelining = {"PIPELINING"};
const std::vector<std::string> kChunking = {"PIPELINING", "CHUNKING"};

std::string body(std::uint64_t tag) {
    return Script::message(tag).bytes;
}
std::string commands(std::uint64_t tag) {
    const OutgoingMessage message = Script::message(tag);
    return "MAIL FROM:<" + message.mail_from + ">\r\nRCPT TO:<" + message.rcpt_to + ">\r\n";
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

}  // namespace
}  // namespace tocsin::mail
