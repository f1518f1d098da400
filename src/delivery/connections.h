// Connections: a worker's SMTP sessions to one route: how many, when to open and when to let go.
//
// A session asks its Connection for mail; the Connection asks the MailSource, if the route's Pace
// allows it. Connections are opened while there is more mail than they can carry, reused for as
// long as the route allows, kept a while when idle, and kept longer after warm().
//
// Owner: a worker; one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "model/pace.h"
#include "net/smtp_session.h"
#include "net/tls.h"

namespace tocsin::delivery {

// Where the mail comes from: the worker.
class MailSource {
  public:
    virtual ~MailSource() = default;
    // How many messages could go now; and how many soon, these included.
    virtual std::size_t mail_ready() const = 0;
    virtual std::size_t mail_coming() const = 0;
    // May anything be handed out at all (the store works, the leases hold, nobody said stop)?
    virtual bool may_send() = 0;
    virtual std::optional<net::OutgoingMessage> take_mail() = 0;
    // A message that was taken, asked once more at the last moment before it counts: false takes it
    // back (its alert was stopped, its reader left); its outcome is then NotSent.
    virtual bool mail_wanted(std::uint64_t tag) = 0;
    virtual void on_mail_outcome(const net::SmtpOutcome& outcome) = 0;
    virtual void on_mail_spent(net::OutgoingMessage&& message) = 0;
};

class Connections {
  public:
    Connections(boost::asio::io_context& io, const Clock& clock, net::SmtpRoute route,
                model::RouteLimits limits, net::SmtpTimes times, MailSource& source);
    ~Connections();

    // Mail has become ready: wakes idle sessions and opens more if they are too few.
    void wake();
    // Every 50 ms: what time has made possible or due.
    void tick();
    // Opens connections and keeps them for ten minutes.
    void warm();
    // Sessions end when their final dots are answered; no new ones.
    void close();
    bool none() const { return sessions_.empty(); }

    model::Pace& pace() { return pace_; }
    std::size_t open() const { return sessions_.size(); }
    std::size_t ready() const;
    bool config_error() const { return config_error_; }
    const net::SmtpRoute& route() const { return route_; }

  private:
    class Session;
    Task<void> run(std::shared_ptr<Session> session);
    void on_end(const std::shared_ptr<Session>& session, const net::SessionEnd& end);
    void open_more();

    boost::asio::io_context& io_;
    const Clock& clock_;
    net::SmtpRoute route_;
    net::SmtpTimes times_;
    MailSource& source_;
    model::Pace pace_;
    // Shared with the sessions, whose coroutines may outlive this.
    std::shared_ptr<net::TlsClients> tls_ = std::make_shared<net::TlsClients>();
    Gate gate_;
    std::vector<std::shared_ptr<Session>> sessions_;
    SteadyTime warm_until_{};
    bool closing_ = false;
    bool config_error_ = false;
    std::string told_;  // the last failure that was logged: once is enough
};

}  // namespace tocsin::delivery
