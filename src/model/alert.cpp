#include "model/alert.h"

#include <array>
#include <utility>

namespace tocsin::model {

namespace {

constexpr std::array<std::pair<AlertKind, std::string_view>, 4> kKinds = {{
    {AlertKind::Alert, "alert"},
    {AlertKind::Update, "update"},
    {AlertKind::Correction, "correction"},
    {AlertKind::Retraction, "retraction"},
}};

constexpr std::array<std::pair<AlertState, std::string_view>, 5> kStates = {{
    {AlertState::Draft, "draft"},
    {AlertState::Approved, "approved"},
    {AlertState::Released, "released"},
    {AlertState::Stopped, "stopped"},
    {AlertState::Finished, "finished"},
}};

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
    for (const auto& [known, name] : table) {
        if (known == value) {
            return name;
        }
    }
    return {};
}

template <class Value, class Table>
std::optional<Value> value_in(const Table& table, std::string_view text) {
    for (const auto& [value, name] : table) {
        if (name == text) {
            return value;
        }
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(AlertKind kind) {
    return name_in(kKinds, kind);
}

std::optional<AlertKind> parse_alert_kind(std::string_view text) {
    return value_in<AlertKind>(kKinds, text);
}

bool follows_another(AlertKind kind) {
    return kind != AlertKind::Alert;
}

bool goes_to_those_reached(AlertKind kind) {
    return kind == AlertKind::Correction || kind == AlertKind::Retraction;
}

std::string_view to_string(Priority priority) {
    return priority == Priority::Major ? "major" : "normal";
}

std::optional<Priority> parse_priority(std::string_view text) {
    for (const Priority priority : {Priority::Normal, Priority::Major}) {
        if (text == to_string(priority)) {
            return priority;
        }
    }
    return std::nullopt;
}

std::string_view to_string(AlertState state) {
    return name_in(kStates, state);
}

std::optional<AlertState> parse_alert_state(std::string_view text) {
    return value_in<AlertState>(kStates, text);
}

bool was_released(AlertState state) {
    return state == AlertState::Released || state == AlertState::Stopped ||
           state == AlertState::Finished;
}

std::optional<AlertState> after(AlertState state, AlertMove move) {
    const bool unsent = state == AlertState::Draft || state == AlertState::Approved;
    switch (move) {
        case AlertMove::Edit:
            return unsent ? std::optional(AlertState::Draft) : std::nullopt;
        case AlertMove::Approve:
            return state == AlertState::Draft ? std::optional(AlertState::Approved) : std::nullopt;
        case AlertMove::CancelApproval:
            return unsent ? std::optional(AlertState::Draft) : std::nullopt;
        case AlertMove::Release:
            return state == AlertState::Approved ? std::optional(AlertState::Released)
                                                 : std::nullopt;
        case AlertMove::Stop:
            return state == AlertState::Released ? std::optional(AlertState::Stopped)
                                                 : std::nullopt;
        case AlertMove::Finish:
            return state == AlertState::Released ? std::optional(AlertState::Finished)
                                                 : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace tocsin::model
