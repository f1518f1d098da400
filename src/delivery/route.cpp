#include "delivery/route.h"

#include <algorithm>
#include <limits>

namespace tocsin::delivery {
namespace {

constexpr double kReadySeconds = 0.5;

}  // namespace

LimitGroup::LimitGroup(std::string name, const model::RouteLimits& limits, std::string rule)
    : name_(std::move(name)),
      rule_(std::move(rule)),
      messages_per_connection_(limits.messages_per_connection),
      connections_max_(limits.connections),
      pace_(limits),
      limits_(limits) {}

void LimitGroup::set_limits(const model::RouteLimits& limits) {
    const std::lock_guard lock(mutex_);
    limits_ = limits;
    apply_limits();
}

void LimitGroup::set_share(const store::NodeShare& share) {
    const std::lock_guard lock(mutex_);
    if (share != share_) {
        share_ = share;
        apply_limits();
    }
}

void LimitGroup::apply_limits() {
    const std::size_t nodes = std::max<std::size_t>(share_.nodes, 1);
    model::RouteLimits part = limits_;
    part.connections =
        limits_.connections / nodes + (share_.rank < limits_.connections % nodes ? 1 : 0);
    // With fewer connections than nodes, whose turn it is has the rate of those who have none.
    const double share =
        limits_.connections >= nodes
            ? 1.0 / static_cast<double>(nodes)
            : static_cast<double>(part.connections) / static_cast<double>(limits_.connections);
    part.per_second = limits_.per_second * share;
    messages_per_connection_ = part.messages_per_connection;
    connections_max_ = part.connections;
    pace_.set_limits(part);
}

bool LimitGroup::should_leave() {
    const std::lock_guard lock(mutex_);
    if (connections_ - std::min(connections_, leaving_) <= connections_max_) {
        return false;
    }
    ++leaving_;
    return true;
}

std::size_t LimitGroup::worth_having_ready() const {
    const std::lock_guard lock(mutex_);
    const double rate = pace_.rate_max();
    return rate > 0 ? 1 + static_cast<std::size_t>(rate * kReadySeconds)
                    : std::numeric_limits<std::size_t>::max();
}

bool LimitGroup::take(SteadyTime now) {
    const std::lock_guard lock(mutex_);
    return pace_.take(now);
}

bool LimitGroup::suspended(SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    return pace_.suspended(now);
}

bool LimitGroup::is_turn(Claimant claimant, WaitingLine::Wants wants, SteadyTime now) {
    const std::size_t most = pace_.suspended(now) ? 0 : connections_max_.load();
    return line_.is_turn(claimant, wants, most - std::min(most, connections_), now);
}

bool LimitGroup::may_connect(Claimant claimant, WaitingLine::Wants wants, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    return is_turn(claimant, wants, now);
}

bool LimitGroup::try_connect(Claimant claimant, WaitingLine::Wants wants, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (!is_turn(claimant, wants, now)) {
        return false;
    }
    line_.leave(claimant);
    ++connections_;
    return true;
}

void LimitGroup::on_disconnect(Left left) {
    const std::lock_guard lock(mutex_);
    --connections_;
    leaving_ -= left == Left::Asked ? 1 : 0;
}

bool LimitGroup::others_wait(Claimant claimant, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    return connections_ >= connections_max_ && line_.others(claimant, now);
}

void LimitGroup::withdraw(Claimant claimant) {
    const std::lock_guard lock(mutex_);
    line_.leave(claimant);
}

void LimitGroup::on_accepted(SteadyTime now) {
    const std::lock_guard lock(mutex_);
    pace_.on_accepted(now);
}

void LimitGroup::on_deferred(SteadyTime now, std::string why) {
    const std::lock_guard lock(mutex_);
    pace_.on_deferred(now, std::move(why));
}

void LimitGroup::on_throttle(SteadyTime now, std::string why) {
    const std::lock_guard lock(mutex_);
    pace_.on_throttle(now, std::move(why));
}

bool LimitGroup::on_suspend(SteadyTime now, Milliseconds hold, std::string why, Fault fault) {
    const std::lock_guard lock(mutex_);
    if (fault == Fault::Config) {
        config_error_until_ = now + hold;
    }
    const bool news = !pace_.suspended(now);
    pace_.on_suspend(now, hold, std::move(why));
    return news;
}

LimitGroup::Status LimitGroup::status(SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    return {.connections = connections_,
            .connections_max = connections_max_,
            .rate = pace_.rate(now),
            .rate_max = pace_.rate_max(),
            .why = pace_.why(now),
            .config_error = now < config_error_until_};
}

bool LimitGroup::idle(SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    return connections_ == 0 && !pace_.suspended(now) && !pace_.slowed(now);
}

Route::Route(std::string name, net::SmtpRoute smtp, std::shared_ptr<LimitGroup> group)
    : name_(std::move(name)), group_(std::move(group)), smtp_(std::move(smtp)) {}

net::SmtpRoute Route::smtp() const {
    const std::lock_guard lock(mutex_);
    return smtp_;
}

void Route::set_tls(net::SmtpRoute::Tls tls) {
    const std::lock_guard lock(mutex_);
    smtp_.tls = tls;
}

void Route::on_connected() {
    config_error_ = false;
    const std::lock_guard lock(mutex_);
    connects_.on_connected();
}

void Route::on_connect_failed(SteadyTime now, const std::string& why, Fault fault) {
    config_error_ = fault == Fault::Config;
    const std::lock_guard lock(mutex_);
    connects_.on_failed(now, why);
}

void Route::on_replied() {
    const std::lock_guard lock(mutex_);
    replies_.on_connected();
}

void Route::on_hung_up(SteadyTime now, const std::string& why) {
    const std::lock_guard lock(mutex_);
    replies_.on_failed(now, why);
}

bool Route::connect_failing() const {
    const std::lock_guard lock(mutex_);
    return connects_.failing() || replies_.failing();
}

bool Route::may_connect(SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    return connects_.may_connect(now) && replies_.may_connect(now);
}

bool Route::blocked(SteadyTime now) const {
    const auto unreachable = [&] {
        const std::lock_guard lock(mutex_);
        return connects_.failing() || !replies_.may_connect(now);
    };
    return unreachable() || group_->suspended(now);
}

std::string Route::connect_error() const {
    const std::lock_guard lock(mutex_);
    return connects_.why();
}

std::string Route::connect_reason(SteadyTime now) const {
    const std::lock_guard lock(mutex_);
    return connects_.failing() ? connects_.reason(now) : replies_.reason(now);
}

}  // namespace tocsin::delivery
