// A worker's share of an alert: by which way each message leaves, and what waits for its way.
#include "delivery/alert_share.h"

namespace tocsin::delivery {
namespace {

constexpr Seconds kAskAgain{5 * 60};  // which way, for mail that cannot leave

}  // namespace

const std::optional<RouteAnswer>& AlertShare::route_of(const std::string& domain) {
    if (!last_answer_ || last_domain_ != domain) {
        last_domain_ = domain;
        last_answer_ = context_.routes.find(domain);
    }
    return last_answer_;
}

void AlertShare::send_on_its_way(Attempt attempt, store::RecipientRow& row,
                                 std::vector<Draft>& drafts) {
    attempt.domain = run_->stats.domain(row.domain);
    OutletId outlet = 0;
    if (!context_.routes.only()) {
        const std::optional<RouteAnswer>& answer = route_of(row.domain);
        if (!answer) {
            return wait_for_route(std::move(attempt), row.domain);
        }
        if (answer->kind != RouteAnswer::Kind::Found) {
            return no_route(std::move(attempt), *answer);
        }
        outlet = context_.outlets.of(answer->route);
        if (attempt.partition->domain == row.domain) {
            attempt.partition->way = answer->route;
        }
        if (room_of(outlet) == 0) {
            queues_.park(outlet, std::move(attempt), context_.clock.steady());
            if (queues_.at(outlet).parked.size() == 1) {
                context_.wake(outlet);
            }
            return;
        }
    }
    queues_.compose(outlet, 1);
    Draft draft{.attempt = std::move(attempt),
                .outlet = outlet,
                .subject = std::move(row.subject),
                .language = 0,
                .message = blank(),
                .problem = {}};
    draft.language = run_->message->index_for(row.locale);
    draft.message.rcpt_to = std::move(row.address);
    draft.message.smtputf8 = row.smtputf8;
    drafts.push_back(std::move(draft));
}

void AlertShare::wait_for_route(Attempt attempt, const std::string& domain) {
    std::vector<Attempt>& waiting = looked_up_[domain];
    waiting.push_back(std::move(attempt));
    ++waiting_for_route_;
    if (waiting.size() == 1) {
        ++look_ups_;
        spawn(context_.io.get_executor(), context_.gate, "look up " + domain,
              look_up(this, context_.routes.resolver(), domain));
    }
}

Task<void> AlertShare::look_up(AlertShare* self, net::MxResolver* resolver, std::string domain) {
    const net::SiteAnswer answer = co_await resolver->site_of(domain);
    self->on_looked_up(domain, answer);
}

void AlertShare::on_looked_up(const std::string& domain, const net::SiteAnswer& answer) {
    --look_ups_;
    const auto found = looked_up_.find(domain);
    if (found == looked_up_.end()) {
        return;  // the alert has ended
    }
    std::vector<Attempt> attempts = std::move(found->second);
    looked_up_.erase(found);
    waiting_for_route_ -= attempts.size();
    const RouteAnswer route = context_.routes.from(domain, answer);
    for (Attempt& attempt : attempts) {
        if (attempt.partition->lost) {
            continue;
        }
        if (route.kind == RouteAnswer::Kind::Found) {
            const OutletId outlet = context_.outlets.of(route.route);
            queues_.park(outlet, std::move(attempt), context_.clock.steady());
        } else {
            no_route(std::move(attempt), route);
        }
    }
    if (route.kind == RouteAnswer::Kind::Found) {
        context_.wake(context_.outlets.of(route.route));
    }
    pump();
}

void AlertShare::no_route(Attempt attempt, const RouteAnswer& answer) {
    ++attempt.attempts;
    if (answer.kind == RouteAnswer::Kind::Later) {
        return retry_or_expire(std::move(attempt), answer.reason);
    }
    end(attempt, attempt.maybe_delivered ? RecordKind::Unknown : RecordKind::Failed, answer.reason);
}

// Messages for a route that takes none now, or that is slow, make room for others; they are
// composed again later. A slow one with a connection keeps one ready.
void AlertShare::park_what_waits() {
    if (context_.routes.only()) {
        return;
    }
    const SteadyTime now = context_.clock.steady();
    if (context_.recorder.full() || !context_.leases.hold()) {
        queues_.set_moved(now);  // then it is not for the routes that nothing moves
    }
    stuck_ = 0;
    for (OutletId outlet = 0; outlet < queues_.size(); ++outlet) {
        const RouteQueue& queue = queues_.at(outlet);
        if (queue.ready.empty()) {
            continue;
        }
        const Connections& connections = context_.outlets.at(outlet);
        const bool blocked = connections.route().blocked(now);
        if (!blocked && !queue.stuck(now)) {
            continue;
        }
        const std::size_t kept = blocked || connections.ready() == 0 ? 0 : 1;
        while (queue.ready.size() > kept) {
            ReadyMail mail = queues_.pop_ready(outlet);
            withdraw_intent(mail.attempt);
            on_spent(std::move(mail.message));
            queues_.park(outlet, std::move(mail.attempt), now);
        }
        queues_.set_worth(outlet, 1);
        stuck_ += queue.ahead();
    }
}

// Mail that has waited for long may have another way by now: the DNS or the rules have changed.
void AlertShare::ask_again() {
    const SteadyTime now = context_.clock.steady();
    for (OutletId outlet = 0; outlet < queues_.size(); ++outlet) {
        const RouteQueue& queue = queues_.at(outlet);
        if (!queue.parked.empty() && now - queue.parked_at > kAskAgain &&
            context_.outlets.at(outlet).route().blocked(now)) {
            route_anew(outlet);
        }
    }
}

void AlertShare::read_anew() {
    for (OutletId outlet = 0; outlet < queues_.size(); ++outlet) {
        while (!queues_.at(outlet).ready.empty()) {
            ReadyMail mail = queues_.pop_ready(outlet);
            withdraw_intent(mail.attempt);
            on_spent(std::move(mail.message));
            due_.push_back(std::move(mail.attempt));
        }
    }
    for (Staged& staged : staged_) {
        due_.push_back(std::move(staged.attempt));
    }
    staged_.clear();
    pump();
}

void AlertShare::route_anew() {
    for (OutletId outlet = 0; outlet < queues_.size(); ++outlet) {
        route_anew(outlet);
    }
    pump();
}

void AlertShare::route_anew(OutletId outlet) {
    while (!queues_.at(outlet).parked.empty()) {
        due_.push_back(queues_.unpark(outlet));
    }
}

}  // namespace tocsin::delivery
