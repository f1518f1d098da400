// Connections: a worker's SMTP sessions to one route: how many, when to open and when to let go.
//
// A session asks its Connection for mail; the Connection asks the MailSource, if the route's
// LimitGroup allows it. Connections are opened while there is more mail than they can carry, reused
// for as long as the route allows, kept a while when idle (not if others want them), and kept
// longer after warm().
//
// Owner: a worker (Outlets); one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "delivery/connection_budget.h"
#include "delivery/open_partition.h"
#include "delivery/route.h"
#include "net/smtp_session.h"
#include "net/tls.h"

namespace tocsin::delivery {

// Where the mail comes from: the worker.
class MailSource {
  public:
    virtual ~MailSource() = default;
    // How many messages could go there now; and how many soon, these included.
    virtual std::size_t mail_ready(OutletId outlet) const = 0;
    virtual std::size_t mail_coming(OutletId outlet) const = 0;
    // May anything be handed out at all (the store works, the leases hold, nobody said stop)?
    virtual bool may_send() = 0;
    virtual std::optional<net::OutgoingMessage> take_mail(OutletId outlet) = 0;
    // The first connection after a failure, or ever: mail may be composed for there.
    virtual void on_outlet_open(OutletId outlet) = 0;
    // A message that was taken, asked once more at the last moment before it counts: false takes it
    // back (its alert was stopped, its reader left); its outcome is then NotSent.
    virtual bool mail_wanted(std::uint64_t tag) = 0;
    virtual void on_mail_outcome(const net::SmtpOutcome& outcome) = 0;
    virtual void on_mail_spent(net::OutgoingMessage&& message) = 0;
};

class Connections {
  public:
    // What all routes of a worker share.
    struct Parts {
        boost::asio::io_context& io;
        const Clock& clock;
        Gate& gate;
        ConnectionBudget& budget;
        net::SmtpSessionOptions session;
        MailSource& source;
    };
    Connections(const Parts& parts, OutletId id, std::shared_ptr<Route> route);
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

    OutletId id() const { return id_; }
    Route& route() const { return *route_; }
    const std::shared_ptr<Route>& shared_route() const { return route_; }
    std::size_t open() const { return sessions_.size(); }
    std::size_t ready() const;
    // Since when there has been neither a session nor mail.
    SteadyTime unused_since() const { return unused_since_; }

  private:
    class Session;
    Task<void> run(std::shared_ptr<Session> session);
    void on_end(const std::shared_ptr<Session>& session, const net::SessionEnd& end);
    void on_session_ready();
    void let_go(SteadyTime now);
    void leave_to_others();
    void open_more();
    bool open_one(SteadyTime now, WaitingLine::Wants wants);
    void wait_no_more();
    bool should_yield(std::size_t sent) const;

    const Parts parts_;
    const OutletId id_;
    const std::shared_ptr<Route> route_;
    std::vector<std::shared_ptr<Session>> sessions_;
    SteadyTime warm_until_{};
    SteadyTime unused_since_;
    bool closing_ = false;
    bool waiting_ = false;  // perhaps in a line for a connection
    std::string told_;      // the last failure that was logged: once is enough
};

}  // namespace tocsin::delivery
