// PreparedAudiences: the audience of an alert, put together before anyone presses "release".
//
// Reading a million recipients in their order takes most of a second, which the release would
// spend with the store's thread and every reader waiting. So the audience of a set of lists is read
// when a draft is saved or approved, in steps of 10 ms with everything else in between, and kept
// cut and encoded (1.4 bytes a recipient). The release applies what changed since and writes it.
//
// Why that is exactly the audience that freeze_audience() would find in the same transaction:
//  - Before the first step a watch is opened (store/prepared_audience.h). Every transaction that
//    changes a subscription, or deletes a subscriber, from then on notes whose.
//  - Who is not noted was the same at every step and still is, and was read exactly once: the order
//    of reading (domain, id) cannot change, however the steps and other transactions interleave.
//  - Who is noted counts for nothing in what was read. The release takes all of them out of it and
//    asks the database about each; those who belong to it are appended, in partitions of their own.
//    So it does not matter whether a step saw them before or after their change, how often they
//    changed, or whether they are erased by now.
//  - No clock is read: a step of it changes nothing. A note is part of the transaction it tells of,
//    so nothing is noted that did not happen, nor the other way round.
// Whatever is not certain, ends in a full freeze: nothing prepared, the service restarted since,
// more than limits::kAudienceChangesMax changes (an import), a correction or retraction (who was
// reached is known when the original has stopped), fewer than limits::kAudiencePreparedMin readers.
//
// What is kept belongs to the lists, not to an alert: two alerts to the same lists share it, and it
// stays for the next one. The partitions hold their domains' order; who changed comes last.
//
// Owner: app, one per process, made before the first alert. Thread: prepare() from any coroutine;
// the state is used inside closures only, which run on several threads of the store (PostgreSQL):
// one at a time, by a mutex. Failure: that of the
// store; a preparation that fails is forgotten. It must outlive the store's closures.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/task.h"
#include "delivery/audience_snapshot.h"
#include "store/prepared_audience.h"
#include "store/store.h"

namespace tocsin::delivery {

// The audience of a set of lists, being read or complete. One thread at a time.
class Preparation {
  public:
    Preparation(model::AudienceLists lists, store::AudienceWatch watch)
        : lists_(std::move(lists)), watch_(watch) {}

    const model::AudienceLists& lists() const { return lists_; }  // ascending, each once
    const store::AudienceWatch& watch() const { return watch_; }
    bool ready() const { return place_.at_end; }
    // Reads on; nothing if it is complete.
    void step(store::Database& db, std::size_t subscribers);
    // When ready: those with partitions of their own, the largest first, at most `most`.
    std::vector<std::string> large_domains(std::size_t most) const;
    // When ready: what a full freeze would find now, if exactly these (ascending) have changed.
    Result<std::vector<CutPartition>> with_changes(store::Database& db,
                                                   const std::vector<SubscriberId>& changed) const;

  private:
    model::AudienceLists lists_;
    store::AudienceWatch watch_;
    store::AudiencePlace place_;
    AudienceCutter cutter_;
    std::vector<CutPartition> partitions_;  // when ready
};

struct PreparedOptions {  // tests choose smaller ones
    std::size_t recipients_min = limits::kAudiencePreparedMin;
    std::size_t step = limits::kAudienceStep;
    std::size_t hurried_step = limits::kAudienceHurriedStep;
    std::string node = {};  // who keeps them: store/nodes.h
};

class PreparedAudiences {
  public:
    // Ahead: nobody waits; an old preparation is made anew. Now: a release waits, anything usable
    // will do.
    enum class Need { Ahead, Now };

    PreparedAudiences(store::Store& store, const Clock& clock, PreparedOptions options = {})
        : store_(store), clock_(clock), options_(options) {}
    // Before anything is prepared: forgets what dead nodes left. Blocks.
    Status start();

    // Ends when the audience of the request is prepared, or cannot be, or is not worth it. Asking
    // again is cheap; two at once share the work.
    Task<Status> prepare(FreezeRequest request, Need need);

    // Domains of what is prepared whose connections are worth opening beforehand; none if nothing
    // is prepared. At most `most`, the largest first.
    Task<Result<std::vector<std::string>>> large_domains(FreezeRequest request, std::size_t most);

    // prepare() for callers without coroutines (the benchmark, tests): blocks.
    Status prepare_now(const FreezeRequest& request);

    // freeze_audience(), the quick way if there is one. Store thread, in the releasing transaction.
    Result<std::uint64_t> freeze(store::Database& db, const FreezeRequest& request);

    // The parts of prepare(): begin() in a writing closure (null: nothing to prepare), then
    // advance() in reading ones until it says true.
    std::shared_ptr<Preparation> begin(store::Database& db, const FreezeRequest& request,
                                       Need need);
    Result<bool> advance(store::Database& db, Preparation& preparation, Need need);

  private:
    using Kept = std::vector<std::shared_ptr<Preparation>>;

    Kept::iterator find(const model::AudienceLists& lists);
    void forget(store::Database& db, Kept::iterator which);

    store::Store& store_;
    const Clock& clock_;
    const PreparedOptions options_;
    std::mutex mutex_;
    Kept kept_;  // the least recently asked for first
};

}  // namespace tocsin::delivery
