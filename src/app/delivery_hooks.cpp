#include "app/delivery_hooks.h"

#include <csignal>
#include <unistd.h>

#include "app/node_signals.h"

namespace tocsin::app {

namespace {

// A draft was saved: whoever sends opens connections. Nobody waits for it.
void tell_draft(store::Store& store) {
    auto tell = [](store::Database& db) -> Status {
        db.signal(store::topic::kDraft, 0);
        return {};
    };
    store.post_fenced(std::move(tell), [](const Status&) {});
}

// Before it is written down, which may have to wait for others' book-keeping.
void tell_stop(store::Store& store, AlertId alert) {
    auto tell = [alert](store::Database& db) -> Status {
        db.signal(store::topic::kStopped, alert.value());
        return {};
    };
    store.post_fenced(std::move(tell), [](const Status&) {});
}

}  // namespace

audience::AudienceHooks audience_hooks(delivery::Engine* engine) {
    audience::AudienceHooks hooks;
    if (engine != nullptr) {
        hooks.on_outbox = [engine] { engine->outbox_ready(); };
        hooks.on_left = [engine](SubscriberId reader, std::optional<ListId> list) {
            engine->exclude(reader, list);
        };
    }
    return hooks;
}

alerts::AlertHooks delivery_hooks(store::Store& store, const Clock& clock, delivery::Engine* engine,
                                  Seconds lease) {
    alerts::AlertHooks hooks;
    if (engine == nullptr) {
        hooks.released = [](AlertId) {};
        hooks.stop_now = [&store](AlertId alert) { tell_stop(store, alert); };
        hooks.settled = [&store, &clock, lease](AlertId alert) {
            return settled_on_all_nodes(store, clock, alert, lease);
        };
        hooks.prewarm = [&store] { tell_draft(store); };
        return hooks;
    }
    hooks.released = [engine](AlertId alert) { engine->alert_released(alert); };
    hooks.stop_now = [&store, engine](AlertId alert) {
        engine->stop_alert(alert);
        tell_stop(store, alert);
    };
    hooks.settled = [engine](AlertId alert) { return engine->settled(alert); };
    hooks.prewarm = [engine] { engine->prewarm(); };
    return hooks;
}

NodeHooks node_hooks(delivery::Engine* engine) {
    NodeHooks hooks;
    hooks.facts = [engine] { return engine ? engine->node_facts() : delivery::NodeFacts(); };
    hooks.set_shares = [engine](std::map<std::string, store::NodeShare> shares) {
        if (engine != nullptr) {
            engine->set_shares(std::move(shares));
        }
    };
    // As if asked to end: what is on the wire is awaited.
    hooks.outdated = [] { ::kill(::getpid(), SIGTERM); };
    return hooks;
}

}  // namespace tocsin::app
