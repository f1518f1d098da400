#include "mail/smtp_server.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace tocsin::mail {
namespace {

using Step = SmtpServer::Step;
using Config = SmtpServerConfig;

// A session as a test sees it: what was said and what was answered.
class Talk {
  public:
    explicit Talk(Config config = {}) : server(config) { answers(); }

    std::string answers() { return std::exchange(server.output(), std::string()); }
    std::string say(std::string_view bytes) {
        server.receive(bytes);
        while (server.step() == Step::Deliver) {
            messages.push_back(server.message());
            envelopes.push_back(server.envelope());
            server.answer(Reply{250, "2.0.0", "kept"});
        }
        return answers();
    }
    void open() { say("EHLO client\r\n"); }

    SmtpServer server;
    std::vector<std::string> messages;
    std::vector<SmtpEnvelope> envelopes;
};

std::string codes(const std::string& replies) {
    std::string out;
    std::size_t at = 0;
    while (at < replies.size()) {
        if (replies[at + 3] == ' ') {
            out += (out.empty() ? "" : " ") + replies.substr(at, 3);
        }
        at = replies.find("\r\n", at) + 2;
    }
    return out;
}

constexpr std::string_view kEnvelope = "MAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\n";

TEST(SmtpServer, TakesAMessageByData) {
    Talk t;
    t.open();
    EXPECT_EQ(codes(t.say(std::string(kEnvelope) + "DATA\r\n")), "250 250 354");
    EXPECT_EQ(codes(t.say("Subject: x\r\n\r\n..dot\r\n...\r\n.\r\n")), "250");
    ASSERT_EQ(t.messages.size(), 1U);
    EXPECT_EQ(t.messages[0], "Subject: x\r\n\r\n.dot\r\n..\r\n");
    EXPECT_EQ(t.envelopes[0].mail_from, "a@b.c");
    EXPECT_EQ(t.envelopes[0].rcpt_to, std::vector<std::string>{"d@e.f"});
    EXPECT_EQ(t.envelopes[0].helo, "client");
}

TEST(SmtpServer, TakesTheNextTransactionBehindTheFinalDot) {
    Talk t;
    t.open();
    t.say(std::string(kEnvelope) + "DATA\r\n");
    EXPECT_EQ(codes(t.say("one\r\n.\r\n" + std::string(kEnvelope) + "DATA\r\n")),
              "250 250 250 354");
    t.say("two\r\n.\r\n");
    EXPECT_EQ(t.messages, (std::vector<std::string>{"one\r\n", "two\r\n"}));
}

TEST(SmtpServer, TakesAMessageInChunks) {
    Talk t;
    t.open();
    EXPECT_EQ(codes(t.say(std::string(kEnvelope) + "BDAT 6\r\n.one\r\nBDAT 5 LAST\r\ntwo\r\n")),
              "250 250 250 250");
    EXPECT_EQ(t.messages, std::vector<std::string>{".one\r\ntwo\r\n"});
}

TEST(SmtpServer, EverySplitGivesTheSame) {
    const std::string all = "EHLO c\r\n";
    const std::string rest = std::string(kEnvelope) + "BDAT 5 LAST\r\none\r\n" +
                             std::string(kEnvelope) + "BDAT 5 LAST\r\ntwo\r\nQUIT\r\n";
    for (std::size_t cut = 0; cut <= rest.size(); ++cut) {
        Talk t;
        t.say(all);
        std::string out = t.say(rest.substr(0, cut));
        out += t.say(rest.substr(cut));
        EXPECT_EQ(codes(out), "250 250 250 250 250 250 221") << cut;
        EXPECT_EQ(t.messages.size(), 2U);
    }
}

// The ten endings of SMTP smuggling, and their relatives: none may end the message.
TEST(SmtpServer, SmuggledEndingsRefuseTheMessage) {
    for (const char* ending :
         {"\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n.\r\r\n",
          "\r\r\n.\r\r\n", "\r\n\r.\r\n", "\n.\r", "\r\n.\n\n"}) {
        Talk t;
        t.open();
        t.say(std::string(kEnvelope) + "DATA\r\n");
        const std::string out =
            t.say("one" + std::string(ending) +
                  "MAIL FROM:<evil@b.c>\r\nRCPT TO:<v@e.f>\r\nDATA\r\n" + "two\r\n.\r\n");
        EXPECT_TRUE(t.messages.empty()) << hex_encode(ending);
        EXPECT_EQ(codes(out), "554") << hex_encode(ending);
        EXPECT_EQ(t.server.step(), Step::Close);
    }
}

TEST(SmtpServer, ChunksWithBareLineEndsAreRefused) {
    for (const char* body : {"a\n", "a\r", "a\rb\r\n", "\n", "a"}) {
        Talk t;
        t.open();
        t.say(kEnvelope);
        const std::string bytes = body;
        EXPECT_EQ(codes(t.say("BDAT " + std::to_string(bytes.size()) + " LAST\r\n" + bytes)),
                  "554");
    }
    // CRLF across two chunks is whole.
    Talk t;
    t.open();
    t.say(kEnvelope);
    EXPECT_EQ(codes(t.say("BDAT 2\r\na\rBDAT 1 LAST\r\n\n")), "250 250");
}

TEST(SmtpServer, BareLineEndsInCommandsEndTheSession) {
    for (const char* line : {"NOOP\n", "NO\rOP\r\n", "NOOP\r\r\n"}) {
        Talk t;
        t.open();
        EXPECT_EQ(codes(t.say(line)), "500");
        EXPECT_EQ(t.server.step(), Step::Close);
    }
}

TEST(SmtpServer, BytesBehindDataBeforeItsAnswerEndTheSession) {
    Talk t;
    t.open();
    EXPECT_EQ(codes(t.say(std::string(kEnvelope) + "DATA\r\nSubject: early\r\n")), "250 250 554");
    EXPECT_EQ(t.server.step(), Step::Close);
}

TEST(SmtpServer, NothingSaidInTheClearSurvivesStartTls) {
    Config config;
    config.starttls = Config::StartTls::Offered;
    Talk injected(config);
    injected.open();
    EXPECT_EQ(codes(injected.say("STARTTLS\r\nMAIL FROM:<evil@b.c>\r\n")), "554");

    Talk t(config);
    t.open();
    t.say("MAIL FROM:<a@b.c>\r\n");
    EXPECT_EQ(codes(t.say("STARTTLS\r\n")), "220");
    ASSERT_EQ(t.server.step(), Step::UpgradeTls);
    t.server.tls_established();
    EXPECT_EQ(codes(t.say("RCPT TO:<d@e.f>\r\n")), "503");
    const std::string ehlo = t.say("EHLO c\r\n");
    EXPECT_EQ(ehlo.find("STARTTLS"), std::string::npos);
}

TEST(SmtpServer, AuthOnlyOverTlsAndThenRequired) {
    Config config;
    config.auth = Config::Auth::OverTls;
    config.user = "ann";
    config.password = "secret";
    Talk clear(config);
    EXPECT_EQ(clear.say("EHLO c\r\n").find("AUTH"), std::string::npos);
    EXPECT_EQ(codes(clear.say("AUTH PLAIN AGFubgBzZWNyZXQ=\r\n")), "503");
    EXPECT_EQ(codes(clear.say("MAIL FROM:<a@b.c>\r\n")), "530");

    config.auth = Config::Auth::Always;
    Talk t(config);
    t.open();
    EXPECT_EQ(codes(t.say("AUTH PLAIN " + base64_encode(std::string("\0ann\0wrong", 10)) + "\r\n")),
              "535");
    EXPECT_EQ(codes(t.say("AUTH LOGIN\r\n")), "334");
    EXPECT_EQ(codes(t.say(base64_encode("ann") + "\r\n")), "334");
    EXPECT_EQ(codes(t.say(base64_encode("secret") + "\r\n")), "235");
    EXPECT_EQ(codes(t.say("MAIL FROM:<a@b.c>\r\n")), "250");
}

TEST(SmtpServer, RefusesWhatIsOutOfOrderOrMalformed) {
    Talk t;
    EXPECT_EQ(codes(t.say("MAIL FROM:<a@b.c>\r\n")), "503");
    t.open();
    EXPECT_EQ(codes(t.say("RCPT TO:<a@b.c>\r\n")), "503");
    EXPECT_EQ(codes(t.say("MAIL FROM: <a@b.c>\r\n")), "501");
    EXPECT_EQ(codes(t.say("MAIL FROM:<a@b.c>X\r\n")), "501");
    EXPECT_EQ(codes(t.say("MAIL FROM:<ab.c>\r\n")), "553");
    EXPECT_EQ(codes(t.say("MAIL FROM:<\xc3\xa4@b.c>\r\n")), "553");
    EXPECT_EQ(codes(t.say("MAIL FROM:<a@b.c> FOO=1\r\n")), "555");
    EXPECT_EQ(codes(t.say("MAIL FROM:<a@b.c> SIZE=99999999999\r\n")), "552");
    EXPECT_EQ(codes(t.say("DATA\r\n")), "503");
    EXPECT_EQ(codes(t.say("BOGUS\r\n")), "500");
    EXPECT_EQ(codes(t.say("MAIL FROM:<\xc3\xa4@b.c> BODY=8BITMIME SMTPUTF8\r\n")), "250");
    EXPECT_EQ(codes(t.say("MAIL FROM:<a@b.c>\r\n")), "503");
    EXPECT_EQ(codes(t.say("RCPT TO:<a@b.c> NOTIFY=NEVER\r\n")), "555");
    EXPECT_EQ(codes(t.say("RCPT TO:<j\xc3\xb6rg@b.c>\r\nRSET\r\nNOOP\r\n")), "250 250 250");
}

TEST(SmtpServer, NullSenderIsWelcome) {
    Talk t;
    t.open();
    EXPECT_EQ(codes(t.say("MAIL FROM:<>\r\n")), "250");
}

TEST(SmtpServer, BdatWithoutRecipientsIsSwallowed) {
    Talk t;
    t.open();
    EXPECT_EQ(codes(t.say("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")), "503 250");
}

TEST(SmtpServer, TooBigIsRefusedAndTheSessionGoesOn) {
    Config config;
    config.message_bytes_max = 10;
    Talk t(config);
    t.open();
    t.say(std::string(kEnvelope) + "DATA\r\n");
    EXPECT_EQ(codes(t.say("123456\r\n123456\r\n.\r\n")), "552");
    EXPECT_EQ(codes(t.say(std::string(kEnvelope) + "BDAT 12 LAST\r\n1234567890\r\n")),
              "250 250 552");
    EXPECT_EQ(codes(t.say(std::string(kEnvelope) + "BDAT 5 LAST\r\none\r\n")), "250 250 250");
}

TEST(SmtpServer, LimitsEndTheSession) {
    Talk lines;
    lines.open();
    EXPECT_EQ(codes(lines.say(std::string(5'000, 'x'))), "500");
    EXPECT_EQ(lines.server.step(), Step::Close);

    Talk errors;
    errors.open();
    std::string out;
    for (int i = 0; i < 30; ++i) {
        out = errors.say("BOGUS\r\n") + out;
    }
    EXPECT_EQ(codes(out).substr(0, 3), "421");

    Talk rcpts;
    rcpts.open();
    rcpts.say("MAIL FROM:<a@b.c>\r\n");
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(codes(rcpts.say("RCPT TO:<d@e.f>\r\n")), "250");
    }
    EXPECT_EQ(codes(rcpts.say("RCPT TO:<d@e.f>\r\n")), "452");
}

TEST(SmtpServer, TheOwnerMayRefuseRecipients) {
    Config config;
    config.refusal = [](Config::Point point, const SmtpEnvelope&,
                        std::string_view argument) -> std::optional<Reply> {
        if (point == Config::Point::Rcpt && argument != "good@e.f") {
            return Reply{550, "5.1.1", "nobody"};
        }
        return std::nullopt;
    };
    Talk t(config);
    t.open();
    EXPECT_EQ(codes(t.say("MAIL FROM:<>\r\nRCPT TO:<bad@e.f>\r\nRCPT TO:<good@e.f>\r\n")),
              "250 550 250");
}

TEST(SmtpServer, RepliesOfManyLines) {
    std::string out;
    append_reply(out, Reply{250, "2.0.0", "a\nb"});
    EXPECT_EQ(out, "250-2.0.0 a\r\n250 2.0.0 b\r\n");
}

}  // namespace
}  // namespace tocsin::mail
