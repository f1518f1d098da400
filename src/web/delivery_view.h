// What the desk and the API ask of delivery: of this process's engine, or, where several machines
// send, of what all of them wrote down.
//
// Functions, so that a machine that sends nothing has pages too. Any thread, except progress().
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "delivery/engine.h"
#include "delivery/status.h"
#include "store/database.h"

namespace tocsin::web {

struct DeliveryView {
    // Of an alert that is being sent; nullopt of others. In a store closure.
    std::function<std::optional<delivery::Progress>(store::Database&, AlertId)> progress;
    // Of this process.
    std::function<std::vector<delivery::RouteStatus>()> routes;
    // Why this process sends nothing, as a sentence; empty: it does.
    std::function<std::string()> halted;
};

// All of it from the one engine that has the database to itself. It must outlive the view.
DeliveryView view_of(const delivery::Engine& engine);
// What all nodes of the database have written down; routes are those of `engine`, which is null on
// a node that sends nothing. Both must outlive the view.
DeliveryView view_of_nodes(const delivery::Engine* engine, const Clock& clock);

}  // namespace tocsin::web
