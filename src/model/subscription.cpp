#include "model/subscription.h"

namespace tocsin::model {

using State = SubscriptionState;

std::string_view to_string(SubscriptionState state) {
    switch (state) {
        case State::Pending:
            return "pending";
        case State::Active:
            return "active";
        case State::Left:
            return "left";
    }
    return "";
}

std::optional<SubscriptionState> parse_subscription_state(std::string_view text) {
    for (const State state : {State::Pending, State::Active, State::Left}) {
        if (text == to_string(state)) {
            return state;
        }
    }
    return std::nullopt;
}

SignupStep decide_signup(std::optional<State> state, Suppressed suppressed) {
    if (suppressed == Suppressed::Yes || state == State::Active) {
        return SignupStep::Nothing;
    }
    return state == State::Pending ? SignupStep::AskAgain : SignupStep::Ask;
}

ConfirmStep decide_confirm(std::optional<State> state, Suppressed suppressed) {
    if (suppressed == Suppressed::Yes || !state || state == State::Left) {
        return ConfirmStep::Refuse;
    }
    return state == State::Active ? ConfirmStep::AlreadyActive : ConfirmStep::Activate;
}

LeaveStep decide_leave(std::optional<State> state) {
    return !state || state == State::Left ? LeaveStep::Nothing : LeaveStep::Leave;
}

ImportStep decide_import(std::optional<State> state, Suppressed suppressed) {
    if (suppressed == Suppressed::Yes) {
        return ImportStep::RefuseSuppressed;
    }
    if (state == State::Left) {
        return ImportStep::RefuseLeft;
    }
    return state == State::Active ? ImportStep::Duplicate : ImportStep::Activate;
}

}  // namespace tocsin::model
