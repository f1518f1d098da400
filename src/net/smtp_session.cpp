#include <exception>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/check.h"
#include "base/log.h"
#include "mail/smtp_client.h"
#include "net/smtp_conversation.h"
#include "net/smtp_session_end.h"
#include "net/smtp_stream.h"

namespace tocsin::net {

namespace asio = boost::asio;
using mail::SmtpClient;
using mail::SmtpClientConfig;

namespace {

constexpr std::size_t kReadBytes = 16 * 1024;

SmtpClientConfig client_config(const SmtpRoute& route, bool peer_is_loopback) {
    using Tls = SmtpRoute::Tls;
    SmtpClientConfig config;
    config.helo = route.helo;
    config.window = route.window;
    config.channel = route.tls == Tls::Implicit ? SmtpClientConfig::Channel::Tls
                                                : SmtpClientConfig::Channel::Clear;
    switch (route.tls) {
        case Tls::None:
            config.starttls = SmtpClientConfig::StartTls::Never;
            break;
        case Tls::Opportunistic:
            config.starttls = SmtpClientConfig::StartTls::IfOffered;
            config.certificate = SmtpClientConfig::Certificate::NotVerified;
            break;
        case Tls::Required:
        case Tls::Implicit:
            config.starttls = SmtpClientConfig::StartTls::Required;
            break;
    }
    if (!route.user.empty()) {
        const bool in_clear =
            route.plain_auth == SmtpRoute::PlainAuth::OnLoopback && peer_is_loopback;
        config.auth =
            in_clear ? SmtpClientConfig::Auth::Always : SmtpClientConfig::Auth::OverVerifiedTls;
        config.user = route.user;
        config.password = route.password;
    }
    return config;
}

// The shell around one SmtpClient. Beside the read, which run() itself awaits, three things may be
// under way that point at this object: a write, the timer, and the wait for work. run() returns
// only when all three have ended.
class Session {
  public:
    Session(Executor executor, const SmtpRoute& route, SmtpFeed& feed,
            const SmtpSessionOptions& options, SmtpStream& stream)
        : executor_(executor),
          route_(route),
          feed_(feed),
          options_(options),
          stream_(stream),
          client_(client_config(route, stream.peer_is_loopback()), feed),
          timer_(executor),
          changed_(executor) {}

    Task<SessionEnd> run();

  private:
    Task<Status> handshake();
    Task<void> converse();
    Task<void> wind_up();
    SessionEnd verdict() const;

    void pump();
    void start_write();
    static void on_written(void* self, const boost::system::error_code& error, std::size_t bytes);

    void start_waiting_for_work();
    void on_work(std::exception_ptr failure, std::optional<OutgoingMessage> message);
    void hand_back(const OutgoingMessage& message);

    void set_limit(Milliseconds limit);
    void clear_limit();
    void update_limit();
    void arm_timer();
    void on_timer();
    Task<void> wait_for_change();

    Executor executor_;
    const SmtpRoute& route_;
    SmtpFeed& feed_;
    const SmtpSessionOptions& options_;
    SmtpStream& stream_;
    SmtpClient client_;

    std::vector<std::string_view> pieces_;
    bool writing_ = false;
    std::size_t lost_write_bytes_ = 0;  // of a failed write, what may have arrived

    bool waiting_for_work_ = false;
    bool feed_ended_ = false;
    asio::cancellation_signal stop_waiting_;

    asio::steady_timer timer_;
    bool timer_armed_ = false;
    SteadyTime timer_at_{};
    std::optional<SteadyTime> limit_at_;  // when the peer has kept us waiting for too long

    asio::steady_timer changed_;  // cancelled whenever something under way has ended
    bool announced_ = false;
    bool closing_ = false;
    bool timed_out_ = false;
    bool cancelled_ = false;
    Status tls_ = {};
    SmtpPeer peer_;
    std::string lost_;  // why reading or writing failed
    std::uint64_t messages_ = 0;
};

Task<SessionEnd> Session::run() {
    peer_ = {route_.host, stream_.peer(), SmtpPeer::Tls::None};
    if (route_.tls == SmtpRoute::Tls::Implicit) {
        tls_ = co_await handshake();
    }
    if (tls_) {
        pump();
        co_await converse();
    }
    co_await wind_up();
    co_return verdict();
}

Task<Status> Session::handshake() {
    const TlsVerify verify =
        route_.tls == SmtpRoute::Tls::Opportunistic ? TlsVerify::Nothing : TlsVerify::NameAndChain;
    const std::string& name = route_.tls_name.empty() ? route_.host : route_.tls_name;
    set_limit(options_.times.connect);
    Status status = co_await stream_.start_tls(options_.tls, route_.ca_file, verify, name);
    clear_limit();
    const auto state = co_await asio::this_coro::cancellation_state;
    cancelled_ = state.cancelled() != asio::cancellation_type::none;
    if (status) {
        peer_.tls =
            verify == TlsVerify::Nothing ? SmtpPeer::Tls::Unverified : SmtpPeer::Tls::Verified;
    } else if (timed_out_) {
        co_return Error(ErrorKind::Timeout, "the handshake was not answered in time");
    }
    co_return status;
}

Task<void> Session::converse() {
    std::vector<char> buffer(kReadBytes);
    while (client_.step() != SmtpClient::Step::Close) {
        if (client_.step() == SmtpClient::Step::UpgradeTls) {
            while (writing_) {
                co_await wait_for_change();
            }
            tls_ = co_await handshake();
            if (!tls_) {
                co_return;
            }
            client_.tls_established();
            pump();
        }
        const Result<std::size_t> count = co_await stream_.read_some(buffer);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            cancelled_ = true;
            co_return;
        }
        if (!count) {
            if (lost_.empty()) {
                lost_ = count.error().message();
            }
            co_return;
        }
        if (*count == 0) {
            client_.peer_closed();
        } else {
            client_.receive(std::string_view(buffer.data(), *count));
        }
        pump();
    }
}

// Closes, waits for all that points at this object, and settles what has no outcome.
Task<void> Session::wind_up() {
    closing_ = true;
    stream_.close();
    stop_waiting_.emit(asio::cancellation_type::terminal);
    limit_at_.reset();
    timer_.cancel();
    while (writing_ || waiting_for_work_ || timer_armed_) {
        co_await wait_for_change();
    }
    std::string why = lost_.empty() ? "the connection was given up" : lost_;
    if (timed_out_) {
        why = "the peer did not answer in time";
    }
    client_.closed(lost_write_bytes_, why);
}

SessionEnd Session::verdict() const {
    using Reason = SessionEnd::Reason;
    using Fault = SessionEnd::Fault;
    const auto own = [this](Reason reason, Fault fault, ErrorKind kind, const std::string& text) {
        return session_end(reason, fault, kind, route_.label() + ": " + text);
    };
    SessionEnd end;
    if (client_.end() != SmtpClient::End::Open) {
        end = describe_end(route_, client_);
    } else if (cancelled_) {
        end = own(Reason::Cancelled, Fault::Passing, ErrorKind::Cancelled, "told to stop");
    } else if (!tls_) {
        // A certificate that does not verify stays so until somebody does something.
        const bool certificate = tls_.error().kind() == ErrorKind::Invalid ||
                                 stream_.tls_failure() != TlsFailure::Handshake;
        end =
            own(Reason::TlsFailed, certificate ? Fault::Config : Fault::Passing,
                ErrorKind::Unavailable, "TLS failed, nothing was sent: " + tls_.error().message());
        end.tls_failure = stream_.tls_failure();
    } else if (timed_out_) {
        end = own(Reason::TimedOut, Fault::Passing, ErrorKind::Timeout,
                  "the peer did not answer in time");
    } else {
        end = own(Reason::PeerEnded, Fault::Passing, ErrorKind::Unavailable,
                  "the connection was lost: " + lost_);
    }
    end.ready = announced_;
    end.messages = messages_;
    end.peer = peer_;
    return end;
}

// --- what happens after every event ---

void Session::pump() {
    if (client_.ready() && !announced_) {
        announced_ = true;
        feed_.on_peer(peer_);
        feed_.on_ready();
    }
    while (!feed_ended_ && !waiting_for_work_ && client_.wants_message()) {
        std::optional<OutgoingMessage> message = feed_.try_next();
        if (!message) {
            break;
        }
        ++messages_;
        client_.offer(std::move(*message));
    }
    client_.advance();
    if (client_.idle() && !feed_ended_ && !waiting_for_work_) {
        start_waiting_for_work();
    }
    start_write();
    update_limit();
}

void Session::start_write() {
    if (!writing_ && !closing_ && client_.take_output(pieces_)) {
        writing_ = true;
        stream_.write(pieces_, &Session::on_written, this);
    }
}

void Session::on_written(void* self, const boost::system::error_code& error, std::size_t bytes) {
    auto& session = *static_cast<Session*>(self);
    session.writing_ = false;
    if (error) {
        session.lost_write_bytes_ = bytes;
        session.lost_ = error.message();
        session.stream_.close();  // ends the read, and with it the session
    } else {
        session.client_.output_written();
        if (!session.closing_) {
            session.pump();
        }
    }
    session.changed_.cancel();
}

// --- waiting for work ---

void Session::start_waiting_for_work() {
    waiting_for_work_ = true;
    auto on_end = [this](std::exception_ptr failure, std::optional<OutgoingMessage> message) {
        on_work(failure, std::move(message));
    };
    asio::co_spawn(executor_, feed_.next(),
                   asio::bind_cancellation_slot(stop_waiting_.slot(), std::move(on_end)));
}

void Session::on_work(std::exception_ptr failure, std::optional<OutgoingMessage> message) {
    waiting_for_work_ = false;
    changed_.cancel();
    if (failure && !closing_) {
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& e) {
            log_error("{}: the feed failed, the session ends: {}", route_.label(), e.what());
        }
    }
    if (message) {
        ++messages_;
        if (closing_ || !client_.wants_message()) {
            hand_back(*message);
            return;
        }
        client_.offer(std::move(*message));
    } else if (!closing_) {
        feed_ended_ = true;
        client_.finish();
    }
    if (!closing_) {
        pump();
    }
}

// A message that came when the session had ended.
void Session::hand_back(const OutgoingMessage& message) {
    SmtpOutcome outcome;
    outcome.tag = message.tag;
    outcome.kind = SmtpOutcome::Kind::NotSent;
    outcome.reply.text = "the session had ended";
    feed_.on_outcome(outcome);
}

// --- time ---

// The limit starts anew with every sign of life: bytes read, a write done, a message handed in.
void Session::update_limit() {
    const SmtpTimes& times = options_.times;
    switch (client_.waiting_for()) {
        case SmtpClient::Wait::Nothing:
            if (writing_) {
                return set_limit(times.command);
            }
            if (times.idle_noop.count() > 0 && client_.idle()) {
                return set_limit(times.idle_noop);
            }
            return clear_limit();
        case SmtpClient::Wait::Greeting:
            return set_limit(times.greeting);
        case SmtpClient::Wait::Command:
            return set_limit(times.command);
        case SmtpClient::Wait::FinalDot:
            return set_limit(times.final_dot);
        case SmtpClient::Wait::Quit:
            return set_limit(times.quit);
    }
}

void Session::set_limit(Milliseconds limit) {
    limit_at_ = options_.clock.steady() + limit;
    // A timer that fires too early looks again; only one that fires too late is set anew. So the
    // usual message moves no timer.
    if (timer_armed_ && timer_at_ > *limit_at_) {
        timer_.cancel();  // on_timer() arms it again
    } else if (!timer_armed_) {
        arm_timer();
    }
}

void Session::clear_limit() {
    limit_at_.reset();
}

void Session::arm_timer() {
    timer_armed_ = true;
    timer_at_ = *limit_at_;
    const auto wait = *limit_at_ - options_.clock.steady();
    timer_.expires_after(std::max(wait, wait.zero()));
    timer_.async_wait([this](const boost::system::error_code&) { on_timer(); });
}

void Session::on_timer() {
    timer_armed_ = false;
    if (closing_) {
        changed_.cancel();
        return;
    }
    if (!limit_at_) {
        return;
    }
    if (options_.clock.steady() < *limit_at_) {
        return arm_timer();
    }
    if (client_.waiting_for() == SmtpClient::Wait::Nothing && client_.idle() && !writing_) {
        client_.noop();
        return pump();
    }
    timed_out_ = true;
    stream_.close();
}

Task<void> Session::wait_for_change() {
    changed_.expires_at(asio::steady_timer::time_point::max());
    boost::system::error_code ignored;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace

Task<SessionEnd> converse_smtp(SmtpStream& stream, const SmtpRoute& route, SmtpFeed& feed,
                               const SmtpSessionOptions& options) {
    const Executor executor = co_await asio::this_coro::executor;
    Session session(executor, route, feed, options, stream);
    co_return co_await session.run();
}

}  // namespace tocsin::net
