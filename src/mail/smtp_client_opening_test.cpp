// What comes before the first message: greeting, EHLO, TLS, AUTH.
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "mail/smtp_client.h"
#include "mail/smtp_client_script.h"

namespace tocsin::mail {
namespace {

using Script = SmtpClientScript;
using Stage = SmtpOutcome::Stage;
using Config = SmtpClientConfig;

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
