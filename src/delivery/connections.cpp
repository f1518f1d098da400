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
constexpr std::size_t kFairShare = 20;           // messages, before others may have the connection
constexpr std::size_t kMessagesAConnection = 4;  // waiting ones that are worth opening another

}  // namespace

// One connection, as its SMTP session sees it.
class Connections::Session final : public net::SmtpFeed {
  public:
    explicit Session(Connections& owner)
        : owner_(owner), signal_(owner.parts_.io), idle_since_(owner.parts_.clock.steady()) {
        signal_.expires_at(asio::steady_timer::time_point::max());
    }

    void on_ready() override {
        ready_ = true;
        owner_.on_session_ready();
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
            idle_since_ = owner_.parts_.clock.steady();
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
        MailSource& source = owner_.parts_.source;
        LimitGroup& group = owner_.route_->group();
        const std::size_t most = group.messages_per_connection();
        if ((most > 0 && sent_ >= most) || owner_.should_yield(sent_)) {
            leaving_ = true;
        }
        if (leaving_ || !source.may_send() || source.mail_ready(owner_.id_) == 0 ||
            !group.take(owner_.parts_.clock.steady())) {
            return std::nullopt;
        }
        std::optional<net::OutgoingMessage> message = source.take_mail(owner_.id_);
        if (message) {
            ++sent_;
        }
        return message;
    }

    bool still_wanted(std::uint64_t tag) override { return owner_.parts_.source.mail_wanted(tag); }
    void on_outcome(const net::SmtpOutcome& outcome) override {
        owner_.parts_.source.on_mail_outcome(outcome);
    }
    void on_spent(net::OutgoingMessage&& message) override {
        owner_.parts_.source.on_mail_spent(std::move(message));
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
    asio::steady_timer signal_;
    SteadyTime idle_since_;
    std::size_t sent_ = 0;
    bool ready_ = false;
    bool waiting_ = false;
    bool leaving_ = false;
};

Connections::Connections(const Parts& parts, OutletId id, std::shared_ptr<Route> route)
    : parts_(parts), id_(id), route_(std::move(route)), unused_since_(parts.clock.steady()) {}

Connections::~Connections() {
    route_->group().withdraw(this);
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        route_->group().on_disconnect();
        parts_.budget.give_back();
    }
}

std::size_t Connections::ready() const {
    return static_cast<std::size_t>(
        std::count_if(sessions_.begin(), sessions_.end(),
                      [](const std::shared_ptr<Session>& session) { return session->ready(); }));
}

void Connections::wake() {
    std::size_t mail = parts_.source.mail_ready(id_);
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
    const SteadyTime now = parts_.clock.steady();
    // Kept for more mail, unless somebody has mail and no connection.
    const bool wanted = parts_.budget.scarce(now) || route_->group().others_wait(this);
    const auto kept_until = [&](const Session& session) {
        return wanted ? now : std::max(warm_until_, session.idle_since() + kIdleTime);
    };
    for (const std::shared_ptr<Session>& session : sessions_) {
        if (session->waiting() && now >= kept_until(*session)) {
            session->leave();
        }
    }
    open_more();
    if (parts_.source.mail_ready(id_) > 0 && parts_.source.may_send()) {
        wake();
    }
    if (!sessions_.empty() || parts_.source.mail_coming(id_) > 0) {
        unused_since_ = now;
    }
}

void Connections::warm() {
    warm_until_ = parts_.clock.steady() + kWarmTime;
    open_more();
}

void Connections::close() {
    closing_ = true;
    for (const std::shared_ptr<Session>& session : sessions_) {
        session->leave();
    }
}

void Connections::open_more() {
    const SteadyTime now = parts_.clock.steady();
    if (closing_ || !route_->may_connect(now)) {
        return;
    }
    const std::size_t mail = parts_.source.may_send() ? parts_.source.mail_coming(id_) : 0;
    std::size_t wanted = (mail + kMessagesAConnection - 1) / kMessagesAConnection;
    if (now < warm_until_) {
        wanted = std::max(wanted, kWarmConnections);
    }
    wanted = std::min(wanted, route_->group().connections_max());
    if (route_->connect_failing()) {
        wanted = std::min<std::size_t>(wanted, 1);  // one to see whether it works again
    }
    while (sessions_.size() < wanted && open_one(now)) {
    }
    if (wanted == 0) {
        route_->group().withdraw(this);
    }
}

bool Connections::open_one(SteadyTime now) {
    // Asked each time: a session may have failed as soon as it was begun.
    if (!route_->may_connect(now) || !parts_.budget.try_take(sessions_.size(), now)) {
        return false;
    }
    if (!route_->group().try_connect(this, sessions_.size(), now)) {
        parts_.budget.give_back();
        return false;
    }
    auto session = std::make_shared<Session>(*this);
    sessions_.push_back(session);
    spawn(parts_.io.get_executor(), parts_.gate, "smtp session to " + route_->name(), run(session));
    return true;
}

// After a fair share of messages: do others, who have no connection, wait for this one?
bool Connections::should_yield(std::size_t sent) const {
    if (sent == 0 || sent % kFairShare != 0) {
        return false;
    }
    const bool spare = sessions_.size() > 1 && parts_.budget.scarce(parts_.clock.steady());
    return spare || route_->group().others_wait(this);
}

Task<void> Connections::run(std::shared_ptr<Session> session) {
    const net::SmtpSessionOptions options = parts_.session;
    const net::SessionEnd end = co_await net::run_smtp_session(route_->smtp(), *session, options);
    on_end(session, end);
}

void Connections::on_session_ready() {
    const bool news = route_->connect_failing() || ready() == 1;
    route_->on_connected();
    told_.clear();
    if (news) {
        parts_.source.on_outlet_open(id_);
    }
}

void Connections::on_end(const std::shared_ptr<Session>& session, const net::SessionEnd& end) {
    std::erase(sessions_, session);
    route_->group().on_disconnect();
    parts_.budget.give_back();
    if (!end.ready && end.reason != net::SessionEnd::Reason::Done &&
        end.reason != net::SessionEnd::Reason::Cancelled) {
        const SteadyTime now = parts_.clock.steady();
        route_->on_connect_failed(now, end.error.message(),
                                  end.fault == net::SessionEnd::Fault::Config
                                      ? Route::Fault::Config
                                      : Route::Fault::Passing);
        if (told_ != end.error.message()) {
            told_ = end.error.message();
            log_warning("no mail leaves: {}", told_);
        }
    }
    open_more();
}

}  // namespace tocsin::delivery
