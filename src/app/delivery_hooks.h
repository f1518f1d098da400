// What a process does at once, through its own engine, about what it has itself written.
//
// The other nodes hear of the same by signals (node_signals.h), and so does this one: it is told
// twice, which does no harm. `engine` is null on a node that sends nothing; otherwise it must
// outlive the hooks. Plain functions.
#pragma once

#include "alerts/alerts.h"
#include "app/node_service.h"
#include "audience/audience.h"
#include "base/clock.h"
#include "delivery/engine.h"
#include "store/store.h"

namespace tocsin::app {

audience::AudienceHooks audience_hooks(delivery::Engine* engine);
// Those about sending; those about audiences are not set.
alerts::AlertHooks delivery_hooks(store::Store& store, const Clock& clock, delivery::Engine* engine,
                                  Seconds lease);
NodeHooks node_hooks(delivery::Engine* engine);

}  // namespace tocsin::app
