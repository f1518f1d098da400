// What the tests of sessions share: a feed of numbered messages, and a fixture that runs a session
// against an SmtpListener over loopback. Ports are the system's choice.
#pragma once

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include "net/smtp_listener.h"
#include "net/smtp_session.h"
#include "net/test_certificate.h"

namespace tocsin::net {

namespace asio = boost::asio;

inline constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

inline OutgoingMessage message(std::uint64_t tag, std::size_t bytes = 100) {
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
    std::size_t count(SmtpOutcome::Kind kind) const {
        return static_cast<std::size_t>(
            std::count_if(outcomes.begin(), outcomes.end(),
                          [kind](const auto& entry) { return entry.second.kind == kind; }));
    }
    std::size_t accepted() const {
        return static_cast<std::size_t>(
            std::count_if(outcomes.begin(), outcomes.end(), [](const auto& entry) {
                return entry.second.kind == SmtpOutcome::Kind::Replied &&
                       entry.second.reply.positive();
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

class SmtpSessionFixture : public testing::Test {
  protected:
    SmtpSessionFixture() {
        folder_ = std::filesystem::temp_directory_path() /
                  ("tocsin-smtp-" + std::to_string(getpid()) + "-" +
                   testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::create_directories(folder_);
    }
    ~SmtpSessionFixture() override { std::filesystem::remove_all(folder_); }

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
        SmtpSessionOptions options{clients_, clock_, times_, session_mx_};
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
    MxSessions* session_mx_ = nullptr;
    asio::cancellation_signal cancel_;
    std::filesystem::path folder_;
    std::optional<SmtpListener> listener_;
    std::vector<std::string> received_;
    std::vector<mail::SmtpEnvelope> envelopes_;
};

}  // namespace tocsin::net
