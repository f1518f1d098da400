// Recorder: brings a worker's outcomes to the disk, in groups.
//
// Records gather for limits::kOutcomeGroupTime (or what the configuration says: every group is a
// commit) or until there are limits::kOutcomeGroupRecords; whoever waits for their being durable
// waits no longer than that limit. Then they go to the store as one closure, one outcome batch a
// partition, each fenced by its lease's generation. Up to two groups are on their way at once;
// while they are, records gather. When too many wait (the disk is slow) full() says so and the
// worker hands out no more mail.
//
// A store that fails ends the sending: `failed` is called and nothing is recorded any more. One
// that is merely busy, or out of reach for a time, is asked again with the same group, however
// often: that is written once (store::append_outcomes) or refused because the lease is lost.
//
// Owner: a worker; one thread (callbacks come through the mailbox).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/result.h"
#include "delivery/ledger.h"
#include "delivery/mailbox.h"
#include "delivery/open_partition.h"
#include "store/store.h"

namespace tocsin::delivery {

class Recorder {
  public:
    struct Callbacks {
        // The records of the partition that were waiting are durable.
        std::function<void(const std::shared_ptr<OpenPartition>&)> synced;
        // The lease is lost: its records were refused.
        std::function<void(const std::shared_ptr<OpenPartition>&)> lost;
        // The store cannot store any more.
        std::function<void(const Error&)> failed;
    };

    struct Parts {
        boost::asio::io_context& io;
        store::Store& store;
        const Clock& clock;
        std::shared_ptr<Mailbox> mailbox;
        Milliseconds group_time;  // how long records gather
    };
    Recorder(const Parts& parts, Callbacks callbacks);

    void add(const std::shared_ptr<OpenPartition>& partition, OutcomeRecord record);
    // Called once everything added so far is durable.
    void when_durable(std::function<void()> then);
    void flush();
    bool full() const;
    // A group has waited for its commit for longer than kStalled: nobody knows whether the database
    // will ever have it, so what is sent now might be sent again by others.
    bool stalled() const;
    bool idle() const { return waiting_records_ == 0 && under_way_.empty(); }

  private:
    struct Group;
    void post(std::shared_ptr<Group> group);
    void on_stored(const std::shared_ptr<Group>& group, Result<std::vector<store::Fence>> result);
    void arm(Milliseconds within);

    store::Store& store_;
    const Clock& clock_;
    std::shared_ptr<Mailbox> mailbox_;
    Callbacks callbacks_;
    boost::asio::steady_timer timer_;
    const Milliseconds group_time_;
    std::optional<Milliseconds> armed_for_;
    bool failed_ = false;

    struct Waiting {
        std::shared_ptr<OpenPartition> partition;
        std::vector<OutcomeRecord> records;
    };
    std::vector<Waiting> waiting_;  // few: one a partition that is being sent
    std::size_t waiting_records_ = 0;
    std::vector<std::function<void()>> then_;
    std::vector<std::shared_ptr<Group>> under_way_;  // the oldest first
};

}  // namespace tocsin::delivery
