#include "delivery/connections.h"

#include <algorithm>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"

namespace tocsin::delivery {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kIdleTime{20};  // an idle session is let go after this
constexpr std::chrono::minutes kWarmTime{10};  // between a saved draft and its release
constexpr std::size_t kWarmConnections = 4;
constexpr std::size_t kMessagesAConnection = 4;  // waiting ones that are worth opening another

}  // namespace

// One connection, as its SMTP session sees it.
class Connections::Session final : public net::SmtpFeed {
  public:
    Session(Connections& owner)
        : owner_(owner), tls_(owner.tls_), signal_(owner.io_), idle_since_(owner.clock_.steady()) {
        signal_.expires_at(asio::steady_timer::time_point::max());
    }

    void on_ready() override {
        ready_ = true;
        owner_.pace_.on_connected();
        owner_.config_error_ = false;
        owner_.told_.clear();
    }

    Task<std::optional<net::OutgoingMessage>> next() override {
        for (;;) {
            if (leaving_) {
                co_return std::nullopt;
            }
            std::optional<net::OutgoingMessage> message = try_next();
            if (message) {
                co_return message;
            }
            if (leaving_) {
                co_return std::nullopt;
            }
            waiting_ = true;
            idle_since_ = owner_.clock_.steady();
            boost::system::error_code ignored;
            co_await signal_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            waiting_ = false;
            signal_.expires_at(asio::steady_timer::time_point::max());
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) {
                co_return std::nullopt;
            }
        }
    }

    std::optional<net::OutgoingMessage> try_next() override {
        const std::size_t most = owner_.pace_.limits().messages_per_connection;
        if (most > 0 && sent_ >= most) {
            leaving_ = true;
        }
        if (leaving_ || !owner_.source_.may_send() || owner_.source_.mail_ready() == 0 ||
            !owner_.pace_.take(owner_.clock_.steady())) {
            return std::nullopt;
        }
        std::optional<net::OutgoingMessage> message = owner_.source_.take_mail();
        if (message) {
            ++sent_;
        }
        return message;
    }

    bool still_wanted(std::uint64_t tag) override { return owner_.source_.mail_wanted(tag); }
    void on_outcome(const net::SmtpOutcome& outcome) override {
        owner_.source_.on_mail_outcome(outcome);
    }
    void on_spent(net::OutgoingMessage&& message) override {
        owner_.source_.on_mail_spent(std::move(message));
    }

    bool ready() const { return ready_; }
    bool waiting() const { return waiting_; }
    SteadyTime idle_since() const { return idle_since_; }
    void wake() {
        if (waiting_) {
            waiting_ = false;
            signal_.cancel();
        }
    }
    void leave() {
        leaving_ = true;
        wake();
    }

  private:
    Connections& owner_;
    std::shared_ptr<net::TlsClients> tls_;
    asio::steady_timer signal_;
    SteadyTime idle_since_;
    std::size_t sent_ = 0;
    bool ready_ = false;
    bool waiting_ = false;
    bool leaving_ = false;
};

Connections::Connections(asio::io_context& io, const Clock& clock, net::SmtpRoute route,
                         model::RouteLimits limits, net::SmtpTimes times, MailSource& source)
    : io_(io),
      clock_(clock),
      route_(std::move(route)),
      times_(times),
      source_(source),
      pace_(limits) {}

Connections::~Connections() = default;

std::size_t Connections::ready() const {
    return static_cast<std::size_t>(
        std::count_if(sessions_.begin(), sessions_.end(),
                      [](const std::shared_ptr<Session>& session) { return session->ready(); }));
}

void Connections::wake() {
    std::size_t mail = source_.mail_ready();
    for (const std::shared_ptr<Session>& session : sessions_) {
        if (mail == 0) {
            return;
        }
        if (session->waiting()) {
            session->wake();
            --mail;
        }
    }
    if (mail > 0) {
        open_more();
    }
}

void Connections::tick() {
    const SteadyTime now = clock_.steady();
    for (const std::shared_ptr<Session>& session : sessions_) {
        if (session->waiting() && now >= warm_until_ && now - session->idle_since() > kIdleTime) {
            session->leave();
        }
    }
    open_more();
    if (source_.mail_ready() > 0 && source_.may_send()) {
        wake();
    }
}

void Connections::warm() {
    warm_until_ = clock_.steady() + kWarmTime;
    open_more();
}

void Connections::close() {
    closing_ = true;
    for (const std::shared_ptr<Session>& session : sessions_) {
        session->leave();
    }
}

void Connections::open_more() {
    const SteadyTime now = clock_.steady();
    if (closing_ || !pace_.may_connect(now)) {
        return;
    }
    const std::size_t mail = source_.may_send() ? source_.mail_coming() : 0;
    std::size_t wanted = (mail + kMessagesAConnection - 1) / kMessagesAConnection;
    if (now < warm_until_) {
        wanted = std::max(wanted, kWarmConnections);
    }
    wanted = std::min(wanted, pace_.limits().connections);
    if (pace_.connect_failing()) {
        wanted = std::min<std::size_t>(wanted, 1);  // one to see whether it works again
    }
    while (sessions_.size() < wanted) {
        auto session = std::make_shared<Session>(*this);
        sessions_.push_back(session);
        spawn(io_.get_executor(), gate_, "smtp session to " + route_.label(), run(session));
    }
}

Task<void> Connections::run(std::shared_ptr<Session> session) {
    net::SmtpSessionOptions options{*tls_, clock_, times_};
    const net::SessionEnd end = co_await net::run_smtp_session(route_, *session, options);
    on_end(session, end);
}

void Connections::on_end(const std::shared_ptr<Session>& session, const net::SessionEnd& end) {
    std::erase(sessions_, session);
    if (!end.ready && end.reason != net::SessionEnd::Reason::Done &&
        end.reason != net::SessionEnd::Reason::Cancelled) {
        const SteadyTime now = clock_.steady();
        pace_.on_connect_failed(now, end.error.message());
        config_error_ = end.fault == net::SessionEnd::Fault::Config;
        if (told_ != end.error.message()) {
            told_ = end.error.message();
            log_warning("no mail leaves: {}", told_);
        }
    }
    open_more();
}

}  // namespace tocsin::delivery
