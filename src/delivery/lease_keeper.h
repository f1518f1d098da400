// LeaseKeeper: keeps this node's leases alive, all of them in one statement, and knows until when
// they hold.
//
// They run out together, if the process is stopped for long or the store does not answer. Then
// nothing is handed out any more until the store has said which the node still has. What the store
// says it holds and no worker knows of (the answer to a claim was lost) is given back: otherwise it
// would be held for ever and worked on by nobody.
//
// Owner: the engine. Thread: tick() on the first worker's, everything else any.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delivery/mailbox.h"
#include "store/delivery.h"
#include "store/store.h"

namespace tocsin::delivery {

class LeaseKeeper {
  public:
    struct Hooks {
        // Somebody else has them. On the first worker's thread.
        std::function<void(std::shared_ptr<const std::vector<store::PartitionKey>>)> lost;
        std::function<void(const Error&)> halt;
    };
    LeaseKeeper(store::Store& store, const Clock& clock, std::string owner, Seconds lease)
        : store_(store), clock_(clock), owner_(std::move(owner)), lease_(lease) {}
    // Before the workers start.
    void start(std::shared_ptr<Mailbox> mailbox, Hooks hooks);
    // Busy: there are alerts to be sent. Then it asks also when no worker holds anything: the
    // answer to a claim may have been lost, however late that was committed.
    enum class Work { None, Busy };
    void tick(Work work);

    // They have not run out.
    bool hold() const;
    store::LeaseTerms terms() const;
    const std::string& owner() const { return owner_; }

    // A worker works on it, or does so no more.
    void adopted(const store::PartitionKey& key);
    void dropped(const store::PartitionKey& key);
    std::size_t held() const;

  private:
    using Name = std::pair<std::int64_t, std::int64_t>;  // alert, partition
    using Known = std::map<Name, std::int64_t>;          // their generations
    static Name name_of(const store::PartitionKey& key) {
        return {key.alert.value(), key.partition};
    }
    void on_renewed(SteadyTime asked, const Known& before,
                    const Result<std::vector<store::PartitionKey>>& held);
    void tell_lost(const Known& before, const std::vector<store::PartitionKey>& held);
    void give_back_strays(const std::vector<store::PartitionKey>& held);

    store::Store& store_;
    const Clock& clock_;
    const std::string owner_;
    const Seconds lease_;
    Hooks hooks_;
    std::shared_ptr<Mailbox> mailbox_;
    std::atomic<SteadyTime::rep> until_{0};
    SteadyTime renew_at_{};
    bool renewing_ = false;

    mutable std::mutex mutex_;
    Known known_;  // that workers work on
    std::vector<store::PartitionKey> strays_;
};

}  // namespace tocsin::delivery
