#include "delivery/lease_simulation.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <queue>
#include <vector>

#include <fmt/format.h>

#include "base/limits.h"
#include "base/random.h"
#include "store/delivery.h"
#include "store/store.h"

namespace tocsin::delivery {
namespace {

constexpr AlertId kAlert(1);
constexpr std::uint64_t kPartition = 10'000;
constexpr Milliseconds kLookAgain{1'000};  // as AlertShare does
constexpr Milliseconds kGroup{5};          // what a dead node had not yet committed

struct Node {
    std::uint64_t start = 0;  // counts its lives
    bool alive = true, suspended = false;
    std::optional<store::ClaimedPartition> work;
    std::uint64_t done = 0;  // of it, by earlier holders
    std::uint64_t from = 0;  // when this node began with the rest, ms
    double per_ms = 0;
    std::int64_t next_seq = 1;
    std::uint64_t idle_since = 0;
    std::uint64_t idle = 0;
};

enum class What { Look, End, Renew, Die, Begin, WakeUp };

struct Event {
    std::uint64_t at = 0;  // ms
    std::uint64_t order = 0;
    std::size_t node = 0;
    std::uint64_t start = 0;  // for this life of the node only
    What what = What::Look;
    bool operator<(const Event& other) const {  // the earliest on top
        return at != other.at ? at > other.at : order > other.order;
    }
};

class Simulation {
  public:
    Simulation(const LeaseSimulation& options, store::Store& store, FakeClock& clock)
        : options_(options), store_(store), clock_(clock), random_(options.seed) {}

    Result<LeaseSimulationResult> run() {
        TRY(freeze());
        nodes_.resize(options_.nodes);
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            begin(i);
        }
        while (open_ > 0) {
            const Event event = events_.top();
            events_.pop();
            clock_.advance(Milliseconds(event.at - now_));
            now_ = event.at;
            TRY(happen(event));
        }
        return result();
    }

  private:
    Status freeze() {
        const std::uint64_t count = (options_.recipients + kPartition - 1) / kPartition;
        result_.partitions = open_ = count;
        return store_.run([&](store::Database& db) -> Status {
            for (std::uint64_t i = 0; i < count; ++i) {
                const std::uint64_t first = i * kPartition;
                store::insert_partition(
                    db, {.alert = kAlert,
                         .partition = static_cast<std::int64_t>(i),
                         .first_ordinal = first,
                         .recipients = std::min(kPartition, options_.recipients - first),
                         .chunk = "",
                         .domain = ""});
            }
            return {};
        });
    }

    void plan(std::size_t node, std::uint64_t after, What what) {
        events_.push({now_ + after, ++planned_, node, nodes_[node].start, what});
    }

    void begin(std::size_t index) {
        Node& node = nodes_[index];
        node.alive = true;
        ++node.start;
        node.work.reset();
        node.idle_since = now_;
        plan(index, random_.below(50), What::Look);
        if (options_.lifetime.count() > 0) {
            const double mean = static_cast<double>(Milliseconds(options_.lifetime).count());
            const double chance = (1 + static_cast<double>(random_.below(1'000'000))) / 1'000'001;
            plan(index, static_cast<std::uint64_t>(-std::log(chance) * mean), What::Die);
        }
    }

    store::LeaseTerms terms(std::size_t node) const {
        return {.owner = fmt::format("node{}-{}", node, nodes_[node].start),
                .now = clock_.now(),
                .until = clock_.now() + options_.lease};
    }

    Status happen(const Event& event) {
        Node& node = nodes_[event.node];
        if (event.start != node.start) {
            return {};
        }
        if (node.suspended && event.what != What::WakeUp) {
            events_.push({now_ + 100, ++planned_, event.node, event.start, event.what});
            return {};
        }
        switch (event.what) {
            case What::Look:
                return look(event.node);
            case What::End:
                return end(event.node);
            case What::Renew:
                return renew(event.node);
            case What::Die:
                return die(event.node);
            case What::Begin:
                begin(event.node);
                return {};
            case What::WakeUp:
                node.suspended = false;
                return {};
        }
        return {};
    }

    Status look(std::size_t index) {
        Node& node = nodes_[index];
        if (node.work) {
            return {};
        }
        using Claim = Result<std::optional<store::ClaimedPartition>>;
        TRY_AS(node.work, store_.run([&](store::Database& db) -> Claim {
            return store::claim_partition(db, kAlert, terms(index));
        }));
        ++result_.claims;
        if (!node.work) {
            ++result_.empty_claims;
            plan(index, static_cast<std::uint64_t>(kLookAgain.count()), What::Look);
            return {};
        }
        node.idle += now_ - node.idle_since;
        node.done = node.work->batches.empty() ? 0 : std::stoull(node.work->batches.back());
        node.from = now_;
        node.next_seq = node.work->next_seq;
        result_.taken_over += node.work->in_doubt ? 1 : 0;
        const double spread = 0.8 + 0.4 * static_cast<double>(random_.below(1'000)) / 1'000;
        node.per_ms = options_.rate / 1'000 * spread;
        const double left = static_cast<double>(node.work->recipients - node.done);
        plan(index, 1 + static_cast<std::uint64_t>(left / node.per_ms), What::End);
        plan(index, renew_after(), What::Renew);
        return {};
    }

    std::uint64_t renew_after() const {
        return static_cast<std::uint64_t>(Milliseconds(options_.lease).count() / 3);
    }

    std::uint64_t done_until(const Node& node, std::uint64_t when) const {
        const double sent =
            when > node.from ? static_cast<double>(when - node.from) * node.per_ms : 0;
        return std::min(node.work->recipients, node.done + static_cast<std::uint64_t>(sent));
    }

    // What the engine commits every few milliseconds, in one batch.
    Result<store::Fence> append(Node& node, std::uint64_t done) {
        ++result_.appends;
        const store::OutcomeBatchRow batch{node.work->key, node.next_seq++, std::to_string(done)};
        return store_.run([&](store::Database& db) -> Result<store::Fence> {
            return store::append_outcomes(db, {batch}).front();
        });
    }

    Status end(std::size_t index) {
        Node& node = nodes_[index];
        if (!node.work) {
            return {};
        }
        const std::uint64_t done = node.work->recipients;
        TRY_AS(const store::Fence appended, append(node, done));
        TRY_AS(const store::Fence ended, store_.run([&](store::Database& db) {
            return Result<store::Fence>(
                store::finish_partition(db, node.work->key, "", {.delivered = done}));
        }));
        ++result_.ends;
        if ((appended == store::Fence::Lost) != (ended == store::Fence::Lost)) {
            return Error(ErrorKind::Corrupt, "a lease was lost by half");
        }
        if (ended == store::Fence::Lost) {
            ++result_.fenced;
            result_.sent_twice += done_until(node, now_) - node.done;
        } else {
            --open_;
        }
        let_go(index);
        return {};
    }

    void let_go(std::size_t index) {
        nodes_[index].work.reset();
        nodes_[index].idle_since = now_;
        plan(index, 0, What::Look);
    }

    Status renew(std::size_t index) {
        Node& node = nodes_[index];
        if (!node.work) {
            return {};
        }
        ++result_.renewals;
        using Held = Result<std::vector<store::PartitionKey>>;
        TRY_AS(const auto held, store_.run([&](store::Database& db) -> Held {
            return store::renew_leases(db, terms(index));
        }));
        if (held.empty()) {  // suspended for too long: it is another's
            ++result_.fenced;
            let_go(index);
        } else {
            plan(index, renew_after(), What::Renew);
        }
        return {};
    }

    Status die(std::size_t index) {
        Node& node = nodes_[index];
        if (node.work) {
            const std::uint64_t group = static_cast<std::uint64_t>(kGroup.count());
            const std::uint64_t committed = done_until(node, now_ > group ? now_ - group : 0);
            result_.sent_twice += done_until(node, now_) - committed;
            TRY(append(node, committed));
        }
        if (static_cast<double>(random_.below(1'000)) < options_.suspended_share * 1'000) {
            ++result_.suspensions;
            node.suspended = true;
            plan(index, 6 * renew_after(), What::WakeUp);
            return {};
        }
        ++result_.deaths;
        node.idle += node.work ? 0 : now_ - node.idle_since;
        node.alive = false;
        ++node.start;  // nothing that was planned happens
        plan(index, static_cast<std::uint64_t>(Milliseconds(options_.restart).count()),
             What::Begin);
        return {};
    }

    Result<LeaseSimulationResult> result() {
        TRY_AS(const store::PartitionSums sums, store_.run([](store::Database& db) {
            return Result<store::PartitionSums>(store::sum_partitions(db, kAlert));
        }));
        if (sums.counts.delivered != options_.recipients || sums.done != sums.partitions) {
            return Error(ErrorKind::Corrupt, "not everyone is accounted for exactly once");
        }
        std::uint64_t idle = 0;
        for (const Node& node : nodes_) {
            idle += node.idle + (node.alive && !node.work ? now_ - node.idle_since : 0);
        }
        LeaseSimulationResult& r = result_;
        const double nodes = static_cast<double>(options_.nodes);
        r.seconds = static_cast<double>(now_) / 1'000;
        r.ideal_seconds = static_cast<double>(options_.recipients) / (nodes * options_.rate);
        r.idle_share = static_cast<double>(idle) / (nodes * static_cast<double>(now_));
        // An end is two statements, see finish_partition().
        const auto statements = static_cast<double>(r.claims + r.renewals + 2 * r.ends);
        r.statements_per_1000 = statements * 1'000 / static_cast<double>(options_.recipients);
        r.statements_per_second = statements / r.seconds;
        return r;
    }

    const LeaseSimulation options_;
    store::Store& store_;
    FakeClock& clock_;
    SeededRandom random_;
    std::vector<Node> nodes_;
    std::priority_queue<Event> events_;
    std::uint64_t planned_ = 0;
    std::uint64_t now_ = 0;
    std::uint64_t open_ = 0;
    LeaseSimulationResult result_;
};

}  // namespace

Result<LeaseSimulationResult> simulate_leases(const LeaseSimulation& options) {
    FakeClock clock;
    TRY_AS(const std::unique_ptr<store::Store> store, store::Store::open("sqlite::memory:", clock));
    return Simulation(options, *store, clock).run();
}

}  // namespace tocsin::delivery
