// Sessions over real sockets: against SmtpListener, and against a server that says exactly what a
// test tells it to. Ports are the system's choice; no test waits for time except those that test a
// limit (then milliseconds).
#include "net/smtp_session.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "net/smtp_listener.h"
#include "net/test_certificate.h"

namespace tocsin::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Kind = SmtpOutcome::Kind;
using Reason = SessionEnd::Reason;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

OutgoingMessage message(std::uint64_t tag, std::size_t bytes = 100) {
    OutgoingMessage out;
    out.tag = tag;
    out.mail_from = "b+" + std::to_string(tag) + "@news.example";
    out.rcpt_to = "r" + std::to_string(tag) + "@example.com";
    out.bytes = "Subject: " + std::to_string(tag) + "\r\n\r\n";
    while (out.bytes.size() < bytes) {
        out.bytes += "The quick brown fox jumps over the lazy dog.\r\n";
    }
    return out;
}

// Gives its messages, then either ends or waits for more until cancelled.
class ListFeed : public SmtpFeed {
  public:
    enum class AtTheEnd { Quit, Wait };
    explicit ListFeed(asio::io_context& io, std::uint64_t count, std::size_t bytes = 100,
                      AtTheEnd at_the_end = AtTheEnd::Quit)
        : idle_(io), at_the_end_(at_the_end) {
        for (std::uint64_t tag = 1; tag <= count; ++tag) {
            waiting_.push_back(message(tag, bytes));
        }
    }
    void on_ready() override { ready = true; }
    Task<std::optional<OutgoingMessage>> next() override {
        if (waiting_.empty() && at_the_end_ == AtTheEnd::Wait) {
            idle_.expires_at(asio::steady_timer::time_point::max());
            co_await idle_.async_wait(kTuple);
        }
        co_return try_next();
    }
    std::optional<OutgoingMessage> try_next() override {
        if (waiting_.empty() || stopped) {
            return std::nullopt;
        }
        OutgoingMessage out = std::move(waiting_.front());
        waiting_.pop_front();
        ++given;
        return out;
    }
    void on_outcome(const SmtpOutcome& outcome) override {
        ++answers[outcome.tag];
        outcomes[outcome.tag] = outcome;
        if (on_answer) {
            on_answer();
        }
    }
    void add(OutgoingMessage more) {
        waiting_.push_back(std::move(more));
        idle_.cancel();
    }
    void end() {
        at_the_end_ = AtTheEnd::Quit;
        idle_.cancel();
    }
    std::size_t count(Kind kind) const {
        return static_cast<std::size_t>(
            std::count_if(outcomes.begin(), outcomes.end(),
                          [kind](const auto& entry) { return entry.second.kind == kind; }));
    }
    std::size_t accepted() const {
        return static_cast<std::size_t>(
            std::count_if(outcomes.begin(), outcomes.end(), [](const auto& entry) {
                return entry.second.kind == Kind::Replied && entry.second.reply.positive();
            }));
    }
    // Every message given has exactly one answer.
    void expect_whole() const {
        EXPECT_EQ(answers.size(), given);
        for (const auto& [tag, times] : answers) {
            EXPECT_EQ(times, 1) << tag;
        }
    }

    bool ready = false;
    bool stopped = false;
    std::size_t given = 0;
    std::map<std::uint64_t, int> answers;
    std::map<std::uint64_t, SmtpOutcome> outcomes;
    std::function<void()> on_answer;

  private:
    asio::steady_timer idle_;
    AtTheEnd at_the_end_;
    std::deque<OutgoingMessage> waiting_;
};

class SmtpSession : public testing::Test {
  protected:
    SmtpSession() {
        folder_ = std::filesystem::temp_directory_path() /
                  ("tocsin-smtp-" + std::to_string(getpid()) + "-" +
                   testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_);
    }
    ~SmtpSession() override { std::filesystem::remove_all(folder_); }

    std::string write_file(const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name) << text;
        return folder_ / name;
    }
    SmtpRoute route(std::uint16_t port, SmtpRoute::Tls tls = SmtpRoute::Tls::None) {
        SmtpRoute out;
        out.name = "relay";
        out.host = "127.0.0.1";
        out.port = port;
        out.tls = tls;
        out.helo = "news.example";
        return out;
    }
    // Runs the session to its end.
    SessionEnd run(SmtpRoute to, SmtpFeed& feed) {
        std::optional<SessionEnd> end;
        start(std::move(to), feed, end);
        run_until([&end] { return end.has_value(); });
        return end.value_or(SessionEnd{});
    }
    void start(SmtpRoute to, SmtpFeed& feed, std::optional<SessionEnd>& end) {
        SmtpSessionOptions options{clients_, clock_, times_};
        asio::co_spawn(io_, run_smtp_session(std::move(to), feed, options),
                       asio::bind_cancellation_slot(
                           cancel_.slot(), [&end](std::exception_ptr failure, SessionEnd result) {
                               EXPECT_FALSE(failure);
                               end = std::move(result);
                           }));
    }
    template <class Done>
    void run_until(Done done) {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!done() && std::chrono::steady_clock::now() < give_up) {
            io_.run_one_for(std::chrono::seconds(1));
            io_.restart();
        }
        EXPECT_TRUE(done());
    }
    // A listener that keeps what it gets.
    std::uint16_t listen(SmtpListenerOptions options = {}) {
        auto keep = [this](mail::SmtpEnvelope envelope, std::string bytes) -> Task<mail::Reply> {
            return keep_message(std::move(envelope), std::move(bytes));
        };
        listener_.emplace(io_.get_executor(), std::move(options), keep);
        return listener_->listen("127.0.0.1", 0).value();
    }
    Task<mail::Reply> keep_message(mail::SmtpEnvelope envelope, std::string bytes) {
        envelopes_.push_back(std::move(envelope));
        received_.push_back(std::move(bytes));
        co_return mail::Reply{250, "2.0.0", "kept"};
    }
    SmtpListenerOptions tls_options(const TestCertificate& leaf) {
        SmtpListenerOptions options;
        options.server.starttls = mail::SmtpServerConfig::StartTls::Offered;
        options.tls = std::make_shared<TlsServer>(
            TlsServer::create(leaf.certificate_pem, leaf.private_key_pem).value());
        return options;
    }

    asio::io_context io_;
    SystemClock clock_;
    TlsClients clients_;
    SmtpTimes times_;
    asio::cancellation_signal cancel_;
    std::filesystem::path folder_;
    std::optional<SmtpListener> listener_;
    std::vector<std::string> received_;
    std::vector<mail::SmtpEnvelope> envelopes_;
};

// --- with a good server ---

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

// --- TLS and AUTH ---

TEST_F(SmtpSession, StartTlsWithAuthAndResumption) {
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

TEST_F(SmtpSession, ImplicitTls) {
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

TEST_F(SmtpSession, CertificatesThatDoNotVerifySendNothing) {
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

TEST_F(SmtpSession, OpportunisticTlsTakesAnyCertificate) {
    const TestCertificate authority = make_test_authority("Test");
    const auto options = tls_options(make_test_certificate(authority, "other.example"));
    ListFeed feed(io_, 5);
    const SessionEnd end = run(route(listen(options), SmtpRoute::Tls::Opportunistic), feed);
    EXPECT_TRUE(end.ok()) << end.error.message();
    EXPECT_TRUE(envelopes_.at(0).tls);
}

TEST_F(SmtpSession, TlsRequiredButStripped) {
    ListFeed feed(io_, 5);
    const SessionEnd end = run(route(listen(), SmtpRoute::Tls::Required), feed);
    EXPECT_EQ(end.reason, Reason::TlsFailed);
    EXPECT_EQ(end.fault, SessionEnd::Fault::Config);
    EXPECT_EQ(feed.given, 0U);
}

TEST_F(SmtpSession, AuthRefused) {
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

TEST_F(SmtpSession, RoutesThatCannotBeRightAreRefusedBeforeAnyConnection) {
    SmtpRoute to = route(1, SmtpRoute::Tls::Opportunistic);
    to.user = "ann";
    ListFeed feed(io_, 1);
    EXPECT_EQ(run(to, feed).fault, SessionEnd::Fault::Config);
    to = route(1);
    to.helo = "a\r\nMAIL";
    EXPECT_EQ(run(to, feed).fault, SessionEnd::Fault::Config);
}

TEST_F(SmtpSession, NobodyListens) {
    const std::uint16_t port = listen();
    listener_->stop();
    ListFeed feed(io_, 1);
    const SessionEnd end = run(route(port), feed);
    EXPECT_EQ(end.reason, Reason::ConnectFailed);
    EXPECT_NE(end.error.message().find("refused"), std::string::npos) << end.error.message();
    EXPECT_EQ(feed.given, 0U);
}

TEST_F(SmtpSession, UnknownHost) {
    SmtpRoute to = route(25);
    to.host = "no-such-host.invalid";
    ListFeed feed(io_, 1);
    EXPECT_EQ(run(to, feed).reason, Reason::ConnectFailed);
}

// --- with a server that says what the test tells it ---

// Accepts one connection and says: each step waits for text to arrive, then answers.
struct Step {
    std::string wait_for;  // until this has been received; empty: at once
    std::string say;
};

class ScriptedServer {
  public:
    enum class Then { Close, Hang };
    ScriptedServer(asio::io_context& io, std::vector<Step> steps, Then then = Then::Close)
        : acceptor_(io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)) {
        asio::co_spawn(io, serve(std::move(steps), then), [](std::exception_ptr) {});
    }
    std::uint16_t port() { return acceptor_.local_endpoint().port(); }
    std::string received;
    bool done = false;

  private:
    Task<void> serve(std::vector<Step> steps, Then then) {
        auto [error, socket] = co_await acceptor_.async_accept(kTuple);
        for (const Step& step : steps) {
            while (received.find(step.wait_for) == std::string::npos) {
                std::array<char, 65536> buffer;
                const auto [failed, count] =
                    co_await socket.async_read_some(asio::buffer(buffer), kTuple);
                if (failed) {
                    done = true;
                    co_return;
                }
                received.append(buffer.data(), count);
            }
            received.erase(0, received.find(step.wait_for) + step.wait_for.size());
            co_await asio::async_write(socket, asio::buffer(step.say), kTuple);
        }
        while (then == Then::Hang) {
            std::array<char, 65536> buffer;
            const auto [failed, count] =
                co_await socket.async_read_some(asio::buffer(buffer), kTuple);
            if (failed) {
                break;
            }
            received.append(buffer.data(), count);
        }
        done = true;
    }
    tcp::acceptor acceptor_;
};

const Step kGreeting = {"", "220 mx\r\n"};
const Step kEhlo = {"EHLO news.example\r\n", "250-mx\r\n250 PIPELINING\r\n"};
const Step kEnvelope = {"DATA\r\n", "250 ok\r\n250 ok\r\n354 go\r\n"};

TEST_F(SmtpSession, DisconnectAfterFinalDot) {
    ScriptedServer server(io_, {kGreeting, kEhlo, kEnvelope, {"\r\n.\r\n", ""}});
    ListFeed feed(io_, 2);
    const SessionEnd end = run(route(server.port()), feed);
    EXPECT_EQ(end.reason, Reason::PeerEnded);
    EXPECT_EQ(feed.outcomes[1].kind, Kind::Unknown);
    EXPECT_EQ(feed.outcomes[2].kind, Kind::NotSent);
    feed.expect_whole();
}

TEST_F(SmtpSession, DisconnectBeforeData) {
    ScriptedServer server(io_, {kGreeting, kEhlo, {"DATA\r\n", "250 ok\r\n"}});
    ListFeed feed(io_, 2);
    run(route(server.port()), feed);
    EXPECT_EQ(feed.count(Kind::NotSent), 2U);
    feed.expect_whole();
}

TEST_F(SmtpSession, DisconnectInTheMiddleOfALargeBody) {
    ScriptedServer server(io_, {kGreeting, kEhlo, kEnvelope, {"lazy dog", ""}});
    ListFeed feed(io_, 1, 2'000'000);
    run(route(server.port()), feed);
    EXPECT_EQ(feed.count(Kind::NotSent), 1U);
}

TEST_F(SmtpSession, MidSession421) {
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

TEST_F(SmtpSession, GreetingRefused) {
    ScriptedServer server(io_, {{"", "554 5.7.1 not you\r\n"}, {"QUIT\r\n", "221 bye\r\n"}});
    ListFeed feed(io_, 1);
    const SessionEnd end = run(route(server.port()), feed);
    EXPECT_EQ(end.reason, Reason::Refused);
    EXPECT_NE(end.error.message().find("not you"), std::string::npos);
    EXPECT_EQ(feed.given, 0U);
}

TEST_F(SmtpSession, SilenceAfterTheFinalDotTimesOutAsUnknown) {
    times_.final_dot = Milliseconds(50);
    ScriptedServer server(io_, {kGreeting, kEhlo, kEnvelope}, ScriptedServer::Then::Hang);
    ListFeed feed(io_, 1);
    const SessionEnd end = run(route(server.port()), feed);
    EXPECT_EQ(end.reason, Reason::TimedOut);
    EXPECT_EQ(end.error.kind(), ErrorKind::Timeout);
    EXPECT_EQ(feed.outcomes[1].kind, Kind::Unknown);
}

TEST_F(SmtpSession, SilenceInsteadOfAGreetingTimesOut) {
    times_.greeting = Milliseconds(50);
    ScriptedServer server(io_, {}, ScriptedServer::Then::Hang);
    ListFeed feed(io_, 1);
    EXPECT_EQ(run(route(server.port()), feed).reason, Reason::TimedOut);
}

TEST_F(SmtpSession, SilenceInsteadOfAHandshakeTimesOut) {
    times_.connect = Milliseconds(50);
    ScriptedServer server(io_, {}, ScriptedServer::Then::Hang);
    ListFeed feed(io_, 1);
    const SessionEnd end = run(route(server.port(), SmtpRoute::Tls::Implicit), feed);
    EXPECT_EQ(end.reason, Reason::TimedOut);
}

TEST_F(SmtpSession, AnswersInjectedBeforeTlsAreNotBelieved) {
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
