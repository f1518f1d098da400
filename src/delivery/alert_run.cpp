#include "delivery/alert_run.h"

#include "base/log.h"

namespace tocsin::delivery {

AlertRun::AlertRun(store::DeliveryOrder facts, std::uint64_t recipients, const Clock& clock)
    : order(std::move(facts)), audience(recipients), lane(model::lane_of(order.kind)) {
    const Time now = clock.now();
    const SteadyTime steady = clock.steady();
    released = steady - (now - order.released_at);
    deadline = steady + (order.not_after - now);
    if (order.state == model::AlertState::Stopped) {
        end = RunEnd::Stopped;
    }
    auto frozen = mail::MessageSet::decode(order.compiled.value_or(std::string()));
    order.compiled.reset();
    if (frozen) {
        message = std::move(*frozen);
    } else {
        log_error(
            "alert {}: its frozen message does not verify ({}); it is not sent, every recipient is "
            "recorded as failed: release it anew",
            id().value(), frozen.error().message());
        end = RunEnd::Broken;
    }
}

std::string AlertRun::rest_reply() const {
    switch (end.load()) {
        case RunEnd::Stopped:
            return "not sent: the alert was stopped";
        case RunEnd::Broken:
            return "not sent: the frozen message is damaged";
        case RunEnd::None:
        case RunEnd::TimedOut:
            break;
    }
    return "not sent before the alert's time ran out";
}

}  // namespace tocsin::delivery
