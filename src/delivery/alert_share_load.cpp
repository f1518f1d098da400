#include <algorithm>

#include "delivery/alert_share.h"
#include "mail/token.h"
#include "store/suppression.h"

namespace tocsin::delivery {
namespace {

constexpr std::size_t kAheadMin = 32;         // messages, however large they are
constexpr std::size_t kAheadAtMostOnce = 64;  // a crash leaves so many unknown
constexpr std::size_t kAheadAConnection = 4;  // of a site
constexpr std::size_t kParkedMax = 100'000;   // recipients: about 6 MB
constexpr std::size_t kStagedMin = 250;       // recipients read and not composed; then more
constexpr std::size_t kWaitingMax = 5'000;    // recipients whose route is being looked up

// Those of the block who may still be written to.
Result<std::vector<store::RecipientRow>> load_block(store::Database& db, const mail::KeyRing& ring,
                                                    const std::vector<SubscriberId>& subscribers,
                                                    const std::vector<ListId>& lists) {
    std::vector<store::RecipientRow> rows = store::load_recipients(db, subscribers, lists);
    std::erase_if(rows, [&](const store::RecipientRow& row) {
        return row.ask_suppression &&
               store::suppression_reason(db, mail::suppression_hmac(ring, row.address_key))
                   .has_value();
    });
    return rows;
}

}  // namespace

// --- how much ------------------------------------------------------------------------------

std::size_t AlertShare::ahead_max() const {
    const std::size_t size = std::max<std::size_t>(run_->message->first().size_hint(), 1);
    const std::size_t ahead =
        turn_ == Turn::Ours ? std::max(kAheadMin, context_.options.ready_bytes / size) : kAheadMin;
    return run_->order.repeat == model::Repeat::AtMostOnce ? std::min(ahead, kAheadAtMostOnce)
                                                           : ahead;
}

// How many more messages to compose for the route. Of all that is composed ahead a route of many
// has no more than it sends soon; one of its own, however much the others have.
std::size_t AlertShare::room_of(OutletId outlet) const {
    const std::size_t most = ahead_max();
    const std::size_t all = queues_.ahead();
    if (context_.routes.only()) {
        return most - std::min(most, all);
    }
    const Route& route = context_.outlets.at(outlet).route();
    if (route.blocked(context_.clock.steady())) {
        return 0;
    }
    const RouteQueue& queue = queues_.at(outlet);
    const LimitGroup& group = route.group();
    const std::size_t enough = std::min({group.worth_having_ready(), most, queue.worth,
                                         kAheadAConnection * group.connections_max()});
    const std::size_t have = queue.ahead();
    if (all >= most / 4 && context_.outlets.at(outlet).ready() == 0) {
        return 0;  // there may never be a connection
    }
    if (all >= most) {
        return have == 0 ? 1 : 0;
    }
    return std::min(enough - std::min(enough, have), most - all);
}

bool AlertShare::may_begin_more() const {
    const std::size_t moving = queues_.ahead() - std::min(queues_.ahead(), stuck_);
    return moving <= ahead_max() / 2 && queues_.parked() < kParkedMax &&
           waiting_for_route_ < kWaitingMax;
}

// It has parked mail, and room for as much as it has ready.
bool AlertShare::hungry(OutletId outlet) const {
    const RouteQueue& queue = queues_.at(outlet);
    return !queue.parked.empty() && room_of(outlet) > queue.ahead();
}

std::size_t AlertShare::coming(OutletId outlet) const {
    const RouteQueue& queue = queues_.at(outlet);
    // Of those being loaded nobody knows yet where they go, unless there is one way only.
    const std::size_t unknown =
        context_.routes.only() ? loading_ + due_.size() + staged_.size() : 0;
    return queue.ahead() + queue.parked.size() + unknown;
}

// --- whose turn it is ----------------------------------------------------------------------

void AlertShare::load() {
    compose_staged();
    if (loading_ > 0 || staged_.size() > kStagedMin) {
        return;
    }
    std::vector<Attempt> attempts = gather();
    if (attempts.empty()) {
        return;
    }
    loading_ = attempts.size();
    std::vector<SubscriberId> subscribers;
    std::vector<ListId> lists;
    if (asks_terms(run_->order)) {
        lists = run_->order.lists.include;  // of which the most generous counts
    }
    for (const Attempt& attempt : attempts) {
        subscribers.push_back(attempt.subscriber);
        if (std::find(lists.begin(), lists.end(), attempt.list) == lists.end()) {
            lists.push_back(attempt.list);
        }
    }
    auto read = [subscribers = std::move(subscribers), lists = std::move(lists),
                 ring = context_.ring](store::Database& db) -> Rows {
        return load_block(db, *ring, subscribers, lists);
    };
    auto done = [this, mailbox = context_.mailbox,
                 attempts = std::move(attempts)](Rows rows) mutable {
        mailbox->post([this, attempts = std::move(attempts), rows = std::move(rows)]() mutable {
            on_loaded(std::move(attempts), std::move(rows));
        });
    };
    context_.store.post_read(std::move(read), std::move(done));
}

std::vector<Attempt> AlertShare::gather() {
    std::vector<Attempt> attempts;
    if (queues_.parked() > 0) {
        gather_parked(attempts);
    }
    if (context_.routes.only() || may_begin_more()) {
        gather_fresh(attempts, store::kRecipientBlock - attempts.size());
    }
    return attempts;
}

// In turns, so that no route waits for those with smaller numbers.
void AlertShare::gather_parked(std::vector<Attempt>& attempts) {
    const OutletId count = queues_.size();
    for (OutletId i = 0; i < count && attempts.size() < store::kRecipientBlock; ++i) {
        const OutletId outlet = (parked_next_ + i) % count;
        if (queues_.at(outlet).parked.empty()) {
            continue;
        }
        const std::size_t room =
            std::min(room_of(outlet), store::kRecipientBlock - attempts.size());
        for (std::size_t n = 0; n < room && !queues_.at(outlet).parked.empty(); ++n) {
            Attempt attempt = queues_.unpark(outlet);
            if (!attempt.partition->lost) {
                attempts.push_back(std::move(attempt));
            }
        }
        if (claim_held_back_ && queues_.at(outlet).parked.empty()) {
            claim_at_ = SteadyTime{};  // perhaps it was for this one
        }
    }
    parked_next_ = count > 0 ? (parked_next_ + 1) % count : 0;
}

// Retries first: they are few, and their time has come.
void AlertShare::gather_fresh(std::vector<Attempt>& attempts, std::size_t most) {
    const std::size_t until = attempts.size() + most;
    while (attempts.size() < until && !due_.empty()) {
        if (!due_.front().partition->lost) {
            attempts.push_back(std::move(due_.front()));
        }
        due_.pop_front();
    }
    for (const auto& partition : partitions_) {
        if (!partition->fresh || held_back(*partition)) {
            continue;
        }
        ChunkReader& fresh = *partition->fresh;
        while (attempts.size() < until && !fresh.at_end()) {
            const auto index = static_cast<std::uint32_t>(fresh.position());
            const ChunkRecipient recipient = fresh.next();
            if (partition->skip.empty() || !partition->skip[index]) {
                attempts.push_back({.partition = partition,
                                    .index = index,
                                    .subscriber = recipient.subscriber,
                                    .list = recipient.list,
                                    .in_doubt = partition->in_doubt});
            }
        }
        if (fresh.at_end()) {
            partition->fresh.reset();
            partition->skip = {};
            claim_at_ = std::min(claim_at_, context_.clock.steady() + Seconds(1));
        }
    }
}

// --- which way they go ---------------------------------------------------------------------

void AlertShare::on_loaded(std::vector<Attempt> attempts, Rows rows) {
    if (!rows) {
        return load_again(std::move(attempts), rows.error());
    }
    std::vector<store::RecipientRow> with_terms;
    if (asks_terms(run_->order) && !ended()) {
        for (const store::RecipientRow& row : *rows) {
            if (row.terms) {
                with_terms.push_back(row);
            }
        }
    }
    if (with_terms.empty()) {
        return on_decided(std::move(attempts), std::move(*rows), {});
    }
    auto decide = [order = run_->order,
                   with_terms = std::move(with_terms)](store::Database& db) -> Result<HeldReaders> {
        return apply_terms(db, order, with_terms);
    };
    auto done = [this, mailbox = context_.mailbox, attempts = std::move(attempts),
                 rows = std::move(*rows)](Result<HeldReaders> held) mutable {
        mailbox->post([this, attempts = std::move(attempts), rows = std::move(rows),
                       held = std::move(held)]() mutable {
            if (held) {
                on_decided(std::move(attempts), std::move(rows), *held);
            } else {
                load_again(std::move(attempts), held.error());
            }
        });
    };
    context_.store.post_fenced(std::move(decide), std::move(done));
}

// The next tick tries again.
void AlertShare::load_again(std::vector<Attempt> attempts, const Error& error) {
    loading_ = 0;
    if (!passing(error)) {
        context_.halt(error);
    }
    due_.insert(due_.end(), attempts.begin(), attempts.end());
}

void AlertShare::on_decided(std::vector<Attempt> attempts, std::vector<store::RecipientRow> rows,
                            const HeldReaders& held) {
    loading_ = 0;
    if (ended()) {
        pump();
        return;
    }
    std::unordered_map<SubscriberId, store::RecipientRow*> by_id;
    for (store::RecipientRow& row : rows) {
        by_id.emplace(row.subscriber, &row);
    }
    last_answer_.reset();
    std::vector<Draft> drafts;
    drafts.reserve(attempts.size());
    for (Attempt& attempt : attempts) {
        const auto found = by_id.find(attempt.subscriber);
        if (attempt.partition->lost) {
            continue;
        }
        if (found == by_id.end() ||
            !std::binary_search(found->second->active.begin(), found->second->active.end(),
                                attempt.list)) {
            end(attempt, RecordKind::Suppressed, "left after the release");
            continue;
        }
        if (const auto why = held.find(attempt.subscriber); why != held.end()) {
            // Who changed the terms after a first attempt may have got it all the same.
            end(attempt, attempt.maybe_delivered ? RecordKind::Unknown : RecordKind::Suppressed,
                std::string(model::to_string(why->second)));
            continue;
        }
        if (context_.routes.only()) {
            staged_.push_back({std::move(attempt), std::move(*found->second)});
        } else {
            send_on_its_way(std::move(attempt), *found->second, drafts);
        }
    }
    submit(std::move(drafts));
    pump();
}

// With one way only, blocks are read in full, whatever may be composed ahead. Who of a block leaves
// meanwhile is an exclusion, asked for at the last moment.
void AlertShare::compose_staged() {
    if (staged_.empty() || !may_begin_more()) {
        return;
    }
    std::vector<Draft> drafts;
    for (std::size_t room = room_of(0); room > 0 && !staged_.empty(); staged_.pop_front()) {
        Staged& next = staged_.front();
        if (!next.attempt.partition->lost) {
            send_on_its_way(std::move(next.attempt), next.row, drafts);
            --room;
        }
    }
    submit(std::move(drafts));
}

}  // namespace tocsin::delivery
