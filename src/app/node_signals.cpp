#include "app/node_signals.h"

#include "app/node_service.h"
#include "delivery/engine.h"
#include "store/delivery.h"
#include "store/nodes.h"

namespace tocsin::app {

namespace {

constexpr Milliseconds kLookEvery{20};
constexpr Seconds kToClose{2};
constexpr Milliseconds kHeardBy{1'100};  // Store::in_touch() ends after a second

void tell_engine(delivery::Engine& engine, const Clock& clock, const store::Signal& signal) {
    const AlertId alert(signal.subject);
    if (signal.topic == store::topic::kReleased) {
        engine.alert_released(alert);
    } else if (signal.topic == store::topic::kStopped) {
        engine.stop_alert(alert);
    } else if (signal.topic == store::topic::kFinished) {
        engine.alert_finished_elsewhere(alert);
    } else if (signal.topic == store::topic::kLeft) {
        engine.exclude(SubscriberId(signal.subject),
                       signal.detail == 0 ? std::nullopt : std::optional(ListId(signal.detail)),
                       clock.now() - signal.at);
    } else if (signal.topic == store::topic::kDraft) {
        engine.prewarm();
    } else if (signal.topic == store::topic::kOutbox) {
        engine.outbox_ready();
    }
}

}  // namespace

void listen_to_nodes(store::Store& store, const Clock& clock, NodeService& node,
                     delivery::Engine* engine) {
    auto each = [&node, &clock, engine](const store::Signal& signal) {
        if (signal.topic == store::topic::kNodes) {
            node.nudge();
        } else if (engine != nullptr) {
            tell_engine(*engine, clock, signal);
        }
    };
    auto gap = [&node, engine] {
        node.nudge();
        if (engine != nullptr) {
            engine->catch_up();
        }
    };
    store.listen(std::move(each), std::move(gap));
}

Task<void> known_on_all_nodes(store::Store& store) {
    auto look = [](store::Database& db) -> Result<bool> {
        return !store::unfinished_alerts(db).empty();
    };
    const Result<bool> sending = co_await store.read(std::move(look));
    if (!sending || *sending) {
        co_await sleep_for(kHeardBy);
    }
}

Task<void> settled_on_all_nodes(store::Store& store, const Clock& clock, AlertId alert,
                                Seconds lease) {
    const SteadyTime deadline = clock.steady() + store::kNodeSilence + lease + kToClose;
    while (clock.steady() < deadline) {
        auto look = [alert, now = clock.now()](store::Database& db) -> Result<bool> {
            return store::is_settled(db, alert, now);
        };
        const Result<bool> settled = co_await store.read(std::move(look));
        if (settled && *settled) {
            co_return;
        }
        co_await sleep_for(kLookEvery);
    }
}

}  // namespace tocsin::app
