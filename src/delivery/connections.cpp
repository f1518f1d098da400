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
constexpr std::chrono::seconds kHeldTime{2};   // one with mail that may not leave, if others wait
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
        if (outcome.kind == net::SmtpOutcome::Kind::Replied && ++replies_ == 1) {
            owner_.route_->on_replied();
        }
        owner_.parts_.source.on_mail_outcome(outcome);
    }
    void on_spent(net::OutgoingMessage&& message) override {
        owner_.parts_.source.on_mail_spent(std::move(message));
    }

    // Not one of the messages it took had a reply.
    bool fruitless() const { return sent_ > 0 && replies_ == 0; }
    bool ready() const { return ready_; }
    bool waiting() const { return waiting_; }
    bool leaving() const { return leaving_; }
    LimitGroup::Left asked() const { return asked_; }
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
    void leave_to_others() {
        asked_ = LimitGroup::Left::Asked;
        leave();
    }

  private:
    Connections& owner_;
    asio::steady_timer signal_;
    SteadyTime idle_since_;
    std::size_t sent_ = 0;
    std::size_t replies_ = 0;
    bool ready_ = false;
    bool waiting_ = false;
    bool leaving_ = false;
    LimitGroup::Left asked_ = LimitGroup::Left::OfItself;
};

Connections::Connections(const Parts& parts, OutletId id, std::shared_ptr<Route> route)
    : parts_(parts), id_(id), route_(std::move(route)), unused_since_(parts.clock.steady()) {}

Connections::~Connections() {
    wait_no_more();
    for (const std::shared_ptr<Session>& session : sessions_) {
        route_->group().on_disconnect(session->asked());
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
    if (sessions_.empty()) {
        open_more();
        return;
    }
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
    if (!sessions_.empty()) {
        let_go(now);
        leave_to_others();
    }
    open_more();
    if (parts_.source.mail_ready(id_) > 0 && parts_.source.may_send()) {
        wake();
    }
    if (!sessions_.empty() || parts_.source.mail_coming(id_) > 0) {
        unused_since_ = now;
    }
}

// Idle ones are kept for more mail, unless somebody has mail and no connection. The last one of a
// route that has mail too, which is not ready or may not leave, stays a moment.
void Connections::let_go(SteadyTime now) {
    const bool wanted = parts_.budget.scarce(now) || route_->group().others_wait(this, now);
    std::size_t others = sessions_.size() - 1;
    for (const std::shared_ptr<Session>& session : sessions_) {
        auto until = std::max(warm_until_, session->idle_since() + kIdleTime);
        if (wanted) {
            const bool last = others == 0 && parts_.source.mail_coming(id_) > 0;
            until = last ? session->idle_since() + kHeldTime : now;
        }
        if (session->waiting() && now >= until) {
            session->leave();
            others -= std::min<std::size_t>(others, 1);
        }
    }
}

// Another node has begun to send there, or the rules allow less.
void Connections::leave_to_others() {
    for (const std::shared_ptr<Session>& session : sessions_) {
        if (!session->leaving() && route_->group().should_leave()) {
            session->leave_to_others();
        }
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
    // Who only keeps warm takes nobody's turn.
    const auto wants = [&] {
        return sessions_.empty() && mail > 0 ? WaitingLine::Wants::First : WaitingLine::Wants::More;
    };
    while (sessions_.size() < wanted && open_one(now, wants())) {
    }
    if (wanted == 0) {
        wait_no_more();
    }
}

bool Connections::open_one(SteadyTime now, WaitingLine::Wants wants) {
    // Asked each time: a session may have failed as soon as it was begun.
    if (!route_->may_connect(now)) {
        return false;
    }
    LimitGroup& group = route_->group();
    waiting_ = true;
    if (!group.may_connect(this, wants, now) || !parts_.budget.try_take(this, wants, now)) {
        return false;
    }
    if (!group.try_connect(this, wants, now)) {
        parts_.budget.give_back();
        return false;
    }
    waiting_ = false;
    auto session = std::make_shared<Session>(*this);
    sessions_.push_back(session);
    spawn(parts_.io.get_executor(), parts_.gate, "smtp session to " + route_->name(), run(session));
    return true;
}

void Connections::wait_no_more() {
    if (waiting_) {
        waiting_ = false;
        route_->group().withdraw(this);
        parts_.budget.withdraw(this);
    }
}

// After a fair share of messages: do others, who have no connection, wait for this one?
bool Connections::should_yield(std::size_t sent) const {
    if (sent == 0 || sent % kFairShare != 0) {
        return false;
    }
    const SteadyTime now = parts_.clock.steady();
    const bool spare = sessions_.size() > 1 && parts_.budget.scarce(now);
    return spare || route_->group().others_wait(this, now);
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
    route_->group().on_disconnect(session->asked());
    parts_.budget.give_back();
    using Reason = net::SessionEnd::Reason;
    const bool ours = end.reason == Reason::Done || end.reason == Reason::Cancelled ||
                      end.reason == Reason::Withdrawn;
    if (!ours && (!end.ready || session->fruitless())) {
        const SteadyTime now = parts_.clock.steady();
        const std::string& why = end.error.message();
        if (end.ready) {
            route_->on_hung_up(now, why);
        } else {
            route_->on_connect_failed(now, why,
                                      end.fault == net::SessionEnd::Fault::Config
                                          ? Route::Fault::Config
                                          : Route::Fault::Passing);
        }
        if (told_ != why) {
            told_ = why;
            log_warning("no mail leaves: {}", told_);
        }
    }
    open_more();
}

}  // namespace tocsin::delivery
