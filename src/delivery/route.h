// Route and LimitGroup: where mail leaves, and how much of it may leave there now.
//
// A route is a smarthost or a site: the MX set that serves one domain or many. Routes that a
// shaping rule names together (all of Google's sites) share a LimitGroup: its connections, its rate
// and what its replies taught. Whether a connection can be made at all is each route's own affair:
// one dead site of a provider does not hold up the others.
//
// Shared by all workers and whoever looks; thread-safe, one short lock each.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "delivery/waiting_line.h"
#include "model/connect_backoff.h"
#include "model/pace.h"
#include "net/smtp_session.h"
#include "store/nodes.h"

namespace tocsin::delivery {

class LimitGroup {
  public:
    // `rule`: the shaping rule that the limits are from, which reply rules may name; the name of
    // the site or host where none knows it.
    LimitGroup(std::string name, const model::RouteLimits& limits, std::string rule);

    const std::string& name() const { return name_; }
    const std::string& rule() const { return rule_; }
    void set_limits(const model::RouteLimits& limits);
    // How many nodes send there, and which of them this is: each has its part of the connections
    // and of the rate. Where there are fewer connections than nodes, some have none for a while.
    void set_share(const store::NodeShare& share);
    // There are more connections than its part allows now: true for so many as are too many.
    bool should_leave();  // then its on_disconnect() says Asked
    std::size_t messages_per_connection() const { return messages_per_connection_.load(); }
    std::size_t connections_max() const { return connections_max_.load(); }
    // Messages that are worth having ready: what may leave in half a second, if there is a limit.
    std::size_t worth_having_ready() const;

    // May a message leave now? If so it is counted.
    bool take(SteadyTime now);
    bool suspended(SteadyTime now) const;

    // May the claimant open a connection, or another? Of a provider's sites that share its few
    // connections each has its turn.
    bool may_connect(Claimant claimant, WaitingLine::Wants wants, SteadyTime now);
    // The same, and it does.
    bool try_connect(Claimant claimant, WaitingLine::Wants wants, SteadyTime now);
    enum class Left { OfItself, Asked };
    void on_disconnect(Left left);
    // Somebody else, who has none, waits for a connection, and there is none left.
    bool others_wait(Claimant claimant, SteadyTime now);
    // The claimant wants none any more.
    void withdraw(Claimant claimant);

    void on_accepted(SteadyTime now);
    // A temporary refusal that is no throttle by the rules.
    void on_deferred(SteadyTime now, std::string why);
    void on_throttle(SteadyTime now, std::string why);
    // Who can end it: time, or an administrator.
    enum class Fault { Passing, Config };
    // True if it was not suspended already: news, for the log.
    bool on_suspend(SteadyTime now, Milliseconds hold, std::string why, Fault fault);

    struct Status {
        std::size_t connections = 0, connections_max = 0;
        double rate = 0, rate_max = 0;
        model::PaceReason why;
        bool config_error = false;  // suspended until an administrator changes something
    };
    Status status(SteadyTime now) const;
    // Forgetting it loses nothing: no connection, no lesson learned.
    bool idle(SteadyTime now) const;

  private:
    bool is_turn(Claimant claimant, WaitingLine::Wants wants, SteadyTime now);
    void apply_limits();

    const std::string name_;
    const std::string rule_;
    std::atomic<std::size_t> messages_per_connection_;
    std::atomic<std::size_t> connections_max_;
    mutable std::mutex mutex_;
    model::Pace pace_;
    model::RouteLimits limits_;  // of all nodes together
    store::NodeShare share_;
    std::size_t connections_ = 0;
    std::size_t leaving_ = 0;  // of them, because they are too many
    WaitingLine line_;
    SteadyTime config_error_until_{};
};

class Route {
  public:
    Route(std::string name, net::SmtpRoute smtp, std::shared_ptr<LimitGroup> group);

    const std::string& name() const { return name_; }
    LimitGroup& group() const { return *group_; }
    const std::shared_ptr<LimitGroup>& shared_group() const { return group_; }
    // As the next connection is to be made; a reload of the rules may change it.
    net::SmtpRoute smtp() const;
    void set_tls(net::SmtpRoute::Tls tls);

    void on_connected();
    using Fault = LimitGroup::Fault;
    void on_connect_failed(SteadyTime now, const std::string& why, Fault fault);
    // A server answered a message, whatever it said; or it let us connect and then hung up on every
    // one, which is as good as no connection, however often it greets.
    void on_replied();
    void on_hung_up(SteadyTime now, const std::string& why);
    // The last attempt failed: one connection is tried, not several.
    bool connect_failing() const;
    bool may_connect(SteadyTime now) const;
    // Nothing can leave there now: suspended, or there is no connection to be had.
    bool blocked(SteadyTime now) const;
    // Why there is no connection; empty while there can be.
    std::string connect_reason(SteadyTime now) const;
    // The same for a ledger: without the time of the next attempt.
    std::string connect_error() const;
    bool config_error() const { return config_error_.load(); }

  private:
    const std::string name_;
    const std::shared_ptr<LimitGroup> group_;
    mutable std::mutex mutex_;
    net::SmtpRoute smtp_;
    model::ConnectBackoff connects_, replies_;
    std::atomic<bool> config_error_{false};
};

}  // namespace tocsin::delivery
