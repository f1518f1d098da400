// Sessions with TLS and AUTH: what is verified, what is refused, what is never said.
#include "net/smtp_session_fixture.h"

namespace tocsin::net {
namespace {

using Reason = SessionEnd::Reason;
using SmtpSessionTls = SmtpSessionFixture;

TEST_F(SmtpSessionTls, StartTlsWithAuthAndResumption) {
    const TestCertificate authority = make_test_authority("Test");
    SmtpListenerOptions options = tls_options(make_test_certificate(authority, "mx.example"));
    options.server.starttls = mail::SmtpServerConfig::StartTls::Required;
    options.server.auth = mail::SmtpServerConfig::Auth::OverTls;
    options.server.user = "ann";
    options.server.password = "secret";
    SmtpRoute to = route(listen(options), SmtpRoute::Tls::Required);
    to.ca_file = write_file("ca.pem", authority.certificate_pem);
    to.tls_name = "mx.example";
    to.user = "ann";
    to.password = "secret";
    for (int i = 0; i < 3; ++i) {  // the second and third resume
        ListFeed feed(io_, 5, 200'000);
        const SessionEnd end = run(to, feed);
        EXPECT_TRUE(end.ok()) << end.error.message();
        EXPECT_EQ(feed.accepted(), 5U);
    }
    EXPECT_EQ(clients_.handshakes(), 3U);
    EXPECT_EQ(clients_.resumed(), 2U);
    EXPECT_TRUE(envelopes_.at(0).tls);
    EXPECT_EQ(envelopes_.at(0).user, "ann");
    EXPECT_EQ(received_.at(14), message(5, 200'000).bytes);
}

TEST_F(SmtpSessionTls, ImplicitTls) {
    const TestCertificate authority = make_test_authority("Test");
    SmtpListenerOptions options = tls_options(make_test_certificate(authority, "127.0.0.1"));
    options.channel = SmtpListenerOptions::Channel::ImplicitTls;
    SmtpRoute to = route(listen(options), SmtpRoute::Tls::Implicit);
    to.ca_file = write_file("ca.pem", authority.certificate_pem);
    ListFeed feed(io_, 5);
    const SessionEnd end = run(to, feed);
    EXPECT_TRUE(end.ok()) << end.error.message();
    EXPECT_EQ(feed.accepted(), 5U);
}

TEST_F(SmtpSessionTls, CertificatesThatDoNotVerifySendNothing) {
    const TestCertificate authority = make_test_authority("Test");
    const TestCertificate stranger = make_test_authority("Stranger");
    const std::vector<TestCertificate> wrong = {
        make_test_certificate(authority, "other.example"),
        make_test_certificate(authority, "mx.example", TestValidity::Expired),
        make_test_certificate(stranger, "mx.example"),
    };
    for (const TestCertificate& leaf : wrong) {
        SmtpRoute to = route(listen(tls_options(leaf)), SmtpRoute::Tls::Required);
        to.ca_file = write_file("ca.pem", authority.certificate_pem);
        to.tls_name = "mx.example";
        ListFeed feed(io_, 5);
        const SessionEnd end = run(to, feed);
        EXPECT_EQ(end.reason, Reason::TlsFailed);
        EXPECT_EQ(end.fault, SessionEnd::Fault::Config);
        EXPECT_NE(end.error.message().find("certificate"), std::string::npos)
            << end.error.message();
        EXPECT_EQ(feed.given, 0U);
        EXPECT_FALSE(feed.ready);
    }
    EXPECT_TRUE(received_.empty());
}

TEST_F(SmtpSessionTls, OpportunisticTlsTakesAnyCertificate) {
    const TestCertificate authority = make_test_authority("Test");
    const auto options = tls_options(make_test_certificate(authority, "other.example"));
    ListFeed feed(io_, 5);
    const SessionEnd end = run(route(listen(options), SmtpRoute::Tls::Opportunistic), feed);
    EXPECT_TRUE(end.ok()) << end.error.message();
    EXPECT_TRUE(envelopes_.at(0).tls);
}

TEST_F(SmtpSessionTls, TlsRequiredButStripped) {
    ListFeed feed(io_, 5);
    const SessionEnd end = run(route(listen(), SmtpRoute::Tls::Required), feed);
    EXPECT_EQ(end.reason, Reason::TlsFailed);
    EXPECT_EQ(end.fault, SessionEnd::Fault::Config);
    EXPECT_EQ(feed.given, 0U);
}

TEST_F(SmtpSessionTls, AuthRefused) {
    SmtpListenerOptions options;
    options.server.auth = mail::SmtpServerConfig::Auth::Always;
    options.server.user = "ann";
    options.server.password = "secret";
    SmtpRoute to = route(listen(options));
    to.user = "ann";
    to.password = "hunter2";
    to.plain_auth = SmtpRoute::PlainAuth::OnLoopback;
    ListFeed feed(io_, 5);
    const SessionEnd end = run(to, feed);
    EXPECT_EQ(end.reason, Reason::AuthFailed);
    EXPECT_EQ(end.fault, SessionEnd::Fault::Config);
    ASSERT_TRUE(end.reply);
    EXPECT_EQ(end.reply->code, 535);
    EXPECT_EQ(end.error.message().find("hunter2"), std::string::npos);
    EXPECT_EQ(feed.given, 0U);

    to.plain_auth = SmtpRoute::PlainAuth::Never;
    const SessionEnd unsafe = run(to, feed);
    EXPECT_EQ(unsafe.reason, Reason::AuthFailed);
    EXPECT_EQ(feed.given, 0U);
}

TEST_F(SmtpSessionTls, RoutesThatCannotBeRightAreRefusedBeforeAnyConnection) {
    SmtpRoute to = route(1, SmtpRoute::Tls::Opportunistic);
    to.user = "ann";
    ListFeed feed(io_, 1);
    EXPECT_EQ(run(to, feed).fault, SessionEnd::Fault::Config);
    to = route(1);
    to.helo = "a\r\nMAIL";
    EXPECT_EQ(run(to, feed).fault, SessionEnd::Fault::Config);
}

TEST_F(SmtpSessionTls, NobodyListens) {
    const std::uint16_t port = listen();
    listener_->stop();
    ListFeed feed(io_, 1);
    const SessionEnd end = run(route(port), feed);
    EXPECT_EQ(end.reason, Reason::ConnectFailed);
    EXPECT_NE(end.error.message().find("refused"), std::string::npos) << end.error.message();
    EXPECT_EQ(feed.given, 0U);
}

TEST_F(SmtpSessionTls, UnknownHost) {
    SmtpRoute to = route(25);
    to.host = "no-such-host.invalid";
    ListFeed feed(io_, 1);
    EXPECT_EQ(run(to, feed).reason, Reason::ConnectFailed);
}

}  // namespace
}  // namespace tocsin::net
