// RouteTable: which route takes a domain's mail, under which limits.
//
// With a smarthost there is one route, whatever the domain. Without (`delivery.relay = "mx"`) the
// resolver says which site serves a domain; domains with the same MX set and the same shaping rule
// are one route. Routes that nobody uses are forgotten after a while, unless replies have slowed
// them down.
//
// Shared by all workers; thread-safe. Everything passed by reference must outlive it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "delivery/connection_budget.h"
#include "delivery/route.h"
#include "model/shaping.h"
#include "net/mx_memory.h"
#include "net/mx_resolver.h"

namespace tocsin::delivery {

// Straight to the recipients' servers.
struct MxDelivery {
    net::MxResolver* resolver = nullptr;
    std::uint16_t port = 25;
    std::string helo = "localhost";
    std::string source_v4, source_v6;   // to connect from; empty: the system's choice
    std::string ca_file;                // PEM of the only roots to trust; empty: the system's
    std::size_t connections_max = 200;  // all routes together
};

struct RouteAnswer {
    enum class Kind { Found, Refused, Later };
    Kind kind = Kind::Later;
    std::shared_ptr<Route> route;  // Found
    std::string reason;            // else: a line for the ledger
};

class RouteTable {
  public:
    // A smarthost. `most` is what the configuration allows, whatever the rules say.
    RouteTable(const Clock& clock, net::SmtpRoute relay, const model::RouteLimits& most,
               std::shared_ptr<const model::Shaping> shaping);
    RouteTable(const Clock& clock, MxDelivery mx, std::shared_ptr<const model::Shaping> shaping);

    // The smarthost; null with MX delivery.
    const std::shared_ptr<Route>& only() const { return only_; }
    // The smarthost's connections are all other nodes' at the moment.
    bool left_to_others() const { return only_ && only_->group().connections_max() == 0; }
    // Null with a smarthost.
    net::MxResolver* resolver() const { return mx_ ? mx_->resolver : nullptr; }
    net::MxMemory& memory() { return memory_; }

    // If it is known now; else ask resolver()->site_of() and then from().
    std::optional<RouteAnswer> find(const std::string& domain);
    RouteAnswer from(const std::string& domain, const net::SiteAnswer& answer);

    // New rules, from now on: limits, TLS and the meaning of replies.
    void set_shaping(std::shared_ptr<const model::Shaping> shaping);
    std::shared_ptr<const model::Shaping> shaping() const;
    // By group: which part of their limits is this node's. The empty name: of all others.
    void set_shares(std::map<std::string, store::NodeShare> shares);

    ConnectionBudget& budget() { return budget_; }
    std::vector<std::shared_ptr<Route>> routes() const;

  private:
    struct Known {
        std::shared_ptr<Route> route;
        std::vector<std::string> hosts;  // of the site; none: a smarthost
        std::string site, domain;        // what its shape was looked up with
        SteadyTime used{};
    };
    model::RouteShape smarthost_shape(const std::string& host) const;
    std::shared_ptr<LimitGroup> group_of(const model::RouteShape& shape);
    net::SmtpRoute smtp_to(const net::Site& site, model::TlsPolicy tls) const;
    void sweep(SteadyTime now);

    const Clock& clock_;
    const std::optional<MxDelivery> mx_;
    const model::RouteLimits relay_most_;
    net::MxMemory memory_;
    ConnectionBudget budget_;
    std::shared_ptr<Route> only_;

    store::NodeShare share_of(const std::string& group) const;

    mutable std::mutex mutex_;
    std::map<std::string, store::NodeShare> shares_;
    std::shared_ptr<const model::Shaping> shaping_;
    std::unordered_map<std::string, Known> routes_;  // by site and group
    std::unordered_map<std::string, std::shared_ptr<LimitGroup>> groups_;
    SteadyTime swept_{};
};

}  // namespace tocsin::delivery
