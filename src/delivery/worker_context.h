// WorkerContext: what the parts of a worker share. The references outlive the worker.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "base/task.h"
#include "delivery/engine.h"
#include "delivery/exclusions.h"
#include "delivery/lease_keeper.h"
#include "delivery/mailbox.h"
#include "delivery/outlets.h"
#include "delivery/recorder.h"
#include "delivery/route_table.h"
#include "delivery/signing_pool.h"
#include "mail/token.h"
#include "store/delivery.h"
#include "store/store.h"

namespace tocsin::delivery {

struct WorkerContext {
    store::Store& store;
    const Clock& clock;
    std::shared_ptr<const mail::KeyRing> ring;  // shared with closures that may run later
    const EngineOptions& options;
    SigningPool& pool;
    const Exclusions& exclusions;
    std::shared_ptr<Mailbox> mailbox;
    Recorder& recorder;
    boost::asio::io_context& io;
    Gate& gate;  // of what the shares spawn
    RouteTable& routes;
    Outlets& outlets;
    LeaseKeeper& leases;
    // Mail for there has become ready, or has begun to wait.
    std::function<void(OutletId)> wake;
    // The store failed, or what is stored is damaged: stop sending.
    std::function<void(const Error&)> halt;
    // Every partition of the alert is done, in the database.
    std::function<void(AlertId)> all_done;
};

}  // namespace tocsin::delivery
