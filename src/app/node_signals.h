// What a node does about the signals of the others (store/signals.h), and how it waits for them.
//
// Owner: Service. Thread: the handlers run on the store's listener and only hand on; settled() is a
// coroutine of the web's thread.
#pragma once

#include "base/clock.h"
#include "base/id.h"
#include "base/task.h"
#include "store/store.h"

namespace tocsin::delivery {
class Engine;
}

namespace tocsin::app {

class NodeService;

// Hands every signal on to those whom it concerns; all of them must outlive the store. `engine` is
// null on a node that sends nothing.
void listen_to_nodes(store::Store& store, const Clock& clock, NodeService& node,
                     delivery::Engine* engine);

// After a reader left, before they are told so: no node hands out mail to them any more. A node
// hears within milliseconds; one that has heard nothing for a second sends nothing until it has. So
// while any alert is being sent, this takes that second.
Task<void> known_on_all_nodes(store::Store& store);

// For a node that has no engine to ask. After an alert was stopped: until no node has anything of
// it on the wire without a mark in the ledger, or until the limit: as long as it takes until a node
// that died counts as dead, its leases have run out, and another has closed what it held.
Task<void> settled_on_all_nodes(store::Store& store, const Clock& clock, AlertId alert,
                                Seconds lease);

}  // namespace tocsin::app
