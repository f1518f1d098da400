// Peers: what an engine does because other nodes send the same alerts.
//
//  - Every two seconds it writes down what it has seen of each alert, for whoever shows the whole.
//  - When nothing of a stopped alert is on its wire any more, it says so at once: a correction
//  waits
//    for that.
//  - Every five seconds it looks which alerts are being sent. Signals (store/signals.h) tell it
//    sooner; this is for those that got lost, and for what could not be read at the time.
//
// Owner: the engine. Thread: the first worker's. Failure: whatever the store refuses is done at the
// next turn.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "delivery/alert_run.h"
#include "delivery/mailbox.h"
#include "delivery/status.h"
#include "store/store.h"

namespace tocsin::delivery {

class Peers {
  public:
    struct Hooks {
        std::function<std::vector<std::shared_ptr<AlertRun>>()> runs;
        std::function<std::optional<Progress>(AlertId)> progress;
        // All workers have nothing of it on the wire that has no mark in the ledger.
        std::function<bool(const AlertRun&)> settled;
        std::function<void(AlertId)> released, stopped, finished;
    };
    Peers(store::Store& store, const Clock& clock, std::string node,
          std::shared_ptr<Mailbox> mailbox, Hooks hooks);

    void tick();
    // At the next tick, not only when it is time.
    void look_soon() { look_at_ = {}; }

  private:
    struct Written {
        OutcomeCounts counts;
        bool settled = false;
        SteadyTime at{};
    };
    void write(const AlertRun& run, Written& written, bool settled);
    void look();

    store::Store& store_;
    const Clock& clock_;
    const std::string node_;
    const std::shared_ptr<Mailbox> mailbox_;
    const Hooks hooks_;
    std::map<AlertId, Written> written_;
    SteadyTime look_at_{};
    bool looking_ = false;
};

}  // namespace tocsin::delivery
