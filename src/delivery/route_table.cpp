#include "delivery/route_table.h"

#include <algorithm>

namespace tocsin::delivery {
namespace {

constexpr std::size_t kRelayBudget = 1'000;  // a smarthost's own limit is what counts
constexpr Seconds kSweepInterval{60};
constexpr Seconds kRouteKept{600};

net::SmtpRoute::Tls tls_of(model::TlsPolicy policy) {
    return policy == model::TlsPolicy::Required ? net::SmtpRoute::Tls::Required
                                                : net::SmtpRoute::Tls::Opportunistic;
}

}  // namespace

RouteTable::RouteTable(const Clock& clock, net::SmtpRoute relay, const model::RouteLimits& most,
                       std::shared_ptr<const model::Shaping> shaping)
    : clock_(clock),
      relay_most_(most),
      memory_(clock),
      budget_(kRelayBudget),
      shaping_(std::move(shaping)) {
    const std::string name = relay.label();
    const std::string host = relay.host;
    const model::RouteShape shape = smarthost_shape(host);
    only_ = std::make_shared<Route>(name, std::move(relay),
                                    std::make_shared<LimitGroup>(name, shape.limits, shape.group));
    routes_[name] = {.route = only_, .hosts = {}, .site = host, .domain = {}, .used = {}};
}

RouteTable::RouteTable(const Clock& clock, MxDelivery mx,
                       std::shared_ptr<const model::Shaping> shaping)
    : clock_(clock),
      mx_(std::move(mx)),
      memory_(clock),
      budget_(mx_->connections_max),
      shaping_(std::move(shaping)) {}

model::RouteShape RouteTable::smarthost_shape(const std::string& host) const {
    // 0 means no limit, of messages and of rate.
    const auto lower = [](auto a, auto b) { return a == 0 || (b != 0 && b < a) ? b : a; };
    model::RouteShape shape = shaping_->smarthost(host);
    model::RouteLimits& limits = shape.limits;
    limits.connections = std::min(limits.connections, relay_most_.connections);
    limits.messages_per_connection =
        lower(limits.messages_per_connection, relay_most_.messages_per_connection);
    limits.per_second = lower(limits.per_second, relay_most_.per_second);
    return shape;
}

std::optional<RouteAnswer> RouteTable::find(const std::string& domain) {
    if (only_) {
        return RouteAnswer{.kind = RouteAnswer::Kind::Found, .route = only_, .reason = {}};
    }
    const std::optional<net::SiteAnswer> known = mx_->resolver->known_site_of(domain);
    return known ? std::optional(from(domain, *known)) : std::nullopt;
}

RouteAnswer RouteTable::from(const std::string& domain, const net::SiteAnswer& answer) {
    switch (answer.kind) {
        case net::SiteAnswer::Kind::Refused:
            return {.kind = RouteAnswer::Kind::Refused, .route = {}, .reason = answer.reason};
        case net::SiteAnswer::Kind::Later:
            return {.kind = RouteAnswer::Kind::Later, .route = {}, .reason = answer.reason};
        case net::SiteAnswer::Kind::Found:
            break;
    }
    std::vector<std::string> hosts;
    for (const net::MxTarget& target : answer.site.targets) {
        hosts.push_back(target.host);
    }
    const SteadyTime now = clock_.steady();
    const std::lock_guard lock(mutex_);
    sweep(now);
    const model::RouteShape shape = shaping_->site(answer.site.name, hosts, domain);
    // A rule for one domain makes a route of its own, though others share the servers.
    Known& known = routes_[answer.site.name + "\n" + shape.group];
    if (!known.route) {
        known.route = std::make_shared<Route>(answer.site.name, smtp_to(answer.site, shape.tls),
                                              group_of(shape));
        known.hosts = std::move(hosts);
        known.site = answer.site.name;
        known.domain = domain;
    }
    known.used = now;
    return {.kind = RouteAnswer::Kind::Found, .route = known.route, .reason = {}};
}

net::SmtpRoute RouteTable::smtp_to(const net::Site& site, model::TlsPolicy tls) const {
    net::SmtpRoute route;
    route.name = site.name;
    route.port = mx_->port;
    route.tls = tls_of(tls);
    route.helo = mx_->helo;
    route.ca_file = mx_->ca_file;
    route.targets = site.targets;
    route.source_v4 = mx_->source_v4;
    route.source_v6 = mx_->source_v6;
    return route;
}

std::shared_ptr<LimitGroup> RouteTable::group_of(const model::RouteShape& shape) {
    std::shared_ptr<LimitGroup>& group = groups_[shape.group];
    if (!group) {
        group = std::make_shared<LimitGroup>(shape.group, shape.limits, shape.group);
        group->set_share(share_of(shape.group));
    }
    return group;
}

store::NodeShare RouteTable::share_of(const std::string& group) const {
    auto found = shares_.find(group);
    if (found == shares_.end()) {
        found = shares_.find("");
    }
    return found == shares_.end() ? store::NodeShare{} : found->second;
}

void RouteTable::set_shares(std::map<std::string, store::NodeShare> shares) {
    const std::lock_guard lock(mutex_);
    shares_ = std::move(shares);
    for (const auto& [key, known] : routes_) {
        known.route->group().set_share(share_of(known.route->group().name()));
    }
}

void RouteTable::set_shaping(std::shared_ptr<const model::Shaping> shaping) {
    const std::lock_guard lock(mutex_);
    shaping_ = std::move(shaping);
    for (auto& [key, known] : routes_) {
        if (known.hosts.empty()) {
            known.route->group().set_limits(smarthost_shape(known.site).limits);
            continue;
        }
        const model::RouteShape shape = shaping_->site(known.site, known.hosts, known.domain);
        if (shape.group == known.route->group().name()) {
            known.route->group().set_limits(shape.limits);
        }
        known.route->set_tls(tls_of(shape.tls));
    }
    // A route whose rule has another name now is made anew when its domain is asked for next; what
    // is queued for it goes out as it was.
    std::erase_if(routes_, [&](const auto& entry) {
        const Known& known = entry.second;
        return !known.hosts.empty() &&
               shaping_->site(known.site, known.hosts, known.domain).group !=
                   known.route->group().name();
    });
}

std::shared_ptr<const model::Shaping> RouteTable::shaping() const {
    const std::lock_guard lock(mutex_);
    return shaping_;
}

std::vector<std::shared_ptr<Route>> RouteTable::routes() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Route>> out;
    out.reserve(routes_.size());
    for (const auto& [key, known] : routes_) {
        out.push_back(known.route);
    }
    return out;
}

// Forgets what nobody uses and what has nothing to remember.
void RouteTable::sweep(SteadyTime now) {
    if (now - swept_ < kSweepInterval) {
        return;
    }
    swept_ = now;
    std::erase_if(routes_, [now](const auto& entry) {
        const Known& known = entry.second;
        return !known.hosts.empty() && known.route.use_count() == 1 &&
               now - known.used > kRouteKept;
    });
    std::erase_if(groups_, [now](const auto& entry) {
        return entry.second.use_count() == 1 && entry.second->idle(now);
    });
}

}  // namespace tocsin::delivery
