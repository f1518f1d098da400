// AlertShare: a worker's share of one alert: the partitions it holds and the mail on its way.
//
//   claim a partition -> load recipients by the block -> which route? -> compose and sign (pool)
//     -> ready -> a session of that route takes it -> outcome -> ledger
//          ^                                             |
//          +------------- retry queue (timed) -----------+
//
// Routes do not wait for each other. Mail for a route that has enough ready, or takes none now, is
// parked (RouteQueues); partitions that are wholly for such a route are held back, and others are
// claimed past them.
//
// Bounded: `ready_bytes` composed ahead, one block being loaded, the encoded ids of
// kPartitionsHeldMax partitions, kParkedMax parked recipients, at most kRetriesMax waiting for a
// retry (then no further partition is claimed until some of them have their end).
//
// When the alert ends early (stopped, out of time) nothing more is handed out; what is in flight
// gets its outcome; the rest is closed partition by partition, in the store, from what is durable.
//
// Owner: a worker; one thread. It must live until done().
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "delivery/alert_run.h"
#include "delivery/compose.h"
#include "delivery/open_partition.h"
#include "delivery/partition_close.h"
#include "delivery/reader_terms.h"
#include "delivery/route_queues.h"
#include "delivery/worker_context.h"
#include "net/smtp_session.h"

namespace tocsin::delivery {

class AlertShare {
  public:
    // `tag_base`: the upper bits of the tags of its messages.
    AlertShare(WorkerContext& context, std::shared_ptr<AlertRun> run, std::uint64_t tag_base);

    const AlertRun& run() const { return *run_; }
    // Starts what can be started: claims, loads, closing.
    void pump();
    // Every 50 ms: what time has made due.
    void tick();
    // The rules have changed: routes are looked for again for who waits.
    void route_anew();

    std::size_t ready(OutletId outlet) const { return queues_.at(outlet).ready.size(); }
    std::size_t coming(OutletId outlet) const;
    std::optional<net::OutgoingMessage> take(OutletId outlet);
    // Of one that was taken: nothing has happened since that keeps it back.
    bool wanted(std::uint32_t slot) const;
    void on_outcome(std::uint32_t slot, const net::SmtpOutcome& outcome);
    void on_spent(net::OutgoingMessage&& message);

    // Alerts behind others of their lane have little composed ahead until their turn comes.
    enum class Turn { Ours, Later };
    void set_turn(Turn turn) { turn_ = turn; }
    // There is mail that has not been begun with.
    bool has_fresh() const { return !ended() && (fresh_left() > 0 || !none_to_claim_); }

    // There is mail that could leave now, not only what waits for its next attempt.
    bool busy() const {
        return !ended() && (has_fresh() || loading_ > 0 || !staged_.empty() || queues_.ahead() > 0);
    }

    // Readers may have left unheard: what is not on the wire is looked up once more.
    void read_anew();
    // Somebody else has the leases of these.
    void on_leases_lost(const std::vector<store::PartitionKey>& keys);
    std::size_t partitions() const { return partitions_.size(); }
    void on_synced(const std::shared_ptr<OpenPartition>& partition);
    void on_lost(const std::shared_ptr<OpenPartition>& partition);

    // At shutdown: takes back intents of mail that was not handed out (at most once).
    void withdraw_intents();
    // Nothing of it is on its way anywhere: it may be destroyed.
    bool done() const;

  private:
    struct Later {
        SteadyTime at{};
        Attempt attempt;
        bool operator<(const Later& other) const { return at > other.at; }  // earliest on top
    };
    // --- alert_share_claim.cpp: partitions ---
    void claim();
    void on_claimed(Result<std::optional<store::ClaimedPartition>> result);
    Status adopt(store::ClaimedPartition claimed);
    void adopt_recipient(const std::shared_ptr<OpenPartition>& partition, std::uint32_t index,
                         const ChunkRecipient& recipient, const RecipientState& state);
    void drop(const std::shared_ptr<OpenPartition>& partition);
    std::size_t fresh_left() const;
    bool held_back(const OpenPartition& partition) const;

    // --- alert_share_load.cpp: whose turn it is, and which way they go ---
    std::size_t ahead_max() const;
    std::size_t room_of(OutletId outlet) const;
    bool may_begin_more() const;
    bool hungry(OutletId outlet) const;
    void load();
    void compose_staged();
    std::vector<Attempt> gather();
    void gather_parked(std::vector<Attempt>& attempts);
    void gather_fresh(std::vector<Attempt>& attempts, std::size_t most);
    using Rows = Result<std::vector<store::RecipientRow>>;
    void on_loaded(std::vector<Attempt> attempts, Rows rows);
    void load_again(std::vector<Attempt> attempts, const Error& error);
    void on_decided(std::vector<Attempt> attempts, std::vector<store::RecipientRow> rows,
                    const HeldReaders& held);
    const std::optional<RouteAnswer>& route_of(const std::string& domain);
    void send_on_its_way(Attempt attempt, store::RecipientRow& row, std::vector<Draft>& drafts);
    void wait_for_route(Attempt attempt, const std::string& domain);
    static Task<void> look_up(AlertShare* self, net::MxResolver* resolver, std::string domain);
    void on_looked_up(const std::string& domain, const net::SiteAnswer& answer);
    void no_route(Attempt attempt, const RouteAnswer& answer);
    void park_what_waits();
    void ask_again();
    void route_anew(OutletId outlet);

    // --- alert_share.cpp: composing and handing out ---
    void submit(std::vector<Draft> drafts);
    void on_composed(DraftBatch batch);
    void on_intents_durable(std::vector<Draft>& drafts);
    void make_ready(Draft draft);
    void wake_ready();
    net::OutgoingMessage blank();

    // --- alert_share_outcome.cpp: on the way back ---
    void on_reply(Attempt attempt, const net::SmtpOutcome& outcome, OutletId outlet);
    void on_refusal(Attempt attempt, const net::SmtpOutcome& outcome, OutletId outlet);
    void on_not_sent(Attempt attempt, const net::SmtpOutcome& outcome);
    void on_reply_lost(Attempt attempt, const net::SmtpOutcome& outcome);
    void retry_or_expire(Attempt attempt, const std::string& reply);
    void defer(Attempt attempt, RecordKind kind, Milliseconds delay, const std::string& reply);
    void end(const Attempt& attempt, RecordKind kind, const std::string& reply);
    void record(Attempt& attempt, RecordKind kind, const std::string& reply);
    void finish_if_ended(const std::shared_ptr<OpenPartition>& partition);
    void on_closed(const std::shared_ptr<OpenPartition>& partition, Result<Closed> result);

    // --- alert_share_close.cpp: an early end ---
    void close();
    void drop_unsent();
    void expire_what_is_blocked();
    void withdraw_intent(Attempt& attempt);
    bool hands_out() const { return handing_out_ && !ended(); }
    void close_unclaimed();
    void mark_awaited();
    void settle_if_closed();
    Rest rest() const;
    bool ended() const { return run_->end.load() != RunEnd::None; }

    WorkerContext& context_;
    std::shared_ptr<AlertRun> run_;
    std::uint64_t tag_base_;

    std::vector<std::shared_ptr<OpenPartition>> partitions_;
    bool claiming_ = false;
    SteadyTime claim_at_{};         // not before: there was nothing to claim ...
    bool claim_held_back_ = false;  // ... but for domains that were held back
    bool none_to_claim_ = false;
    Turn turn_ = Turn::Ours;

    std::priority_queue<Later> later_;  // the retry queue
    std::deque<Attempt> due_;           // retries whose time has come
    std::size_t loading_ = 0;           // recipients being read
    struct Staged {
        Attempt attempt;
        store::RecipientRow row;
    };
    std::deque<Staged> staged_;  // read, and for the only route there is
    std::size_t batch_ = 0;      // messages of the next composing job; grows
    RouteQueues queues_;
    std::vector<OutletId> made_ready_;  // that have mail and are to be woken
    OutletId parked_next_ = 0;          // whose parked mail is looked at first
    // Recipients whose domain's route is being looked up.
    std::unordered_map<std::string, std::vector<Attempt>> looked_up_;
    std::size_t waiting_for_route_ = 0;
    std::size_t stuck_ = 0;  // composed messages of routes where nothing moves
    // Of the block that is being dealt with, which is sorted by domain.
    std::string last_domain_;
    std::optional<RouteAnswer> last_answer_;
    std::size_t look_ups_ = 0;

    struct Slot {
        std::optional<Attempt> attempt;
        OutletId outlet = 0;
        std::string address;  // to take out of the reply
    };
    std::vector<Slot> slots_;  // in flight, by the lower bits of their tags
    std::vector<std::uint32_t> free_slots_;
    std::string reply_address_;                 // of the outcome being dealt with
    std::vector<net::OutgoingMessage> blanks_;  // buffers to use again

    std::size_t finishing_ = 0;  // partitions whose end is being written
    bool handing_out_ = true;    // no shutdown
    bool closed_ = false;        // the early end was noticed here
    bool closing_next_ = false;  // a partition that nobody holds is being closed
    bool none_unclaimed_ = false;
    SteadyTime unclaimed_at_{};  // when to look again
    SteadyTime closed_at_{};
    enum class Awaited { Unmarked, Marking, Marked };
    Awaited awaited_ = Awaited::Unmarked;  // final replies that are still to come
    bool settled_ = false;
};

}  // namespace tocsin::delivery
