// The rules of a subscription: what each act may do to it, whoever asks.
//
//             sign-up          confirm      leave       import
//   (none)    -> pending+mail  refused      (nothing)   -> active
//   pending   mail             -> active    -> left     -> active
//   active    (nothing)        (nothing)    -> left     duplicate
//   left      -> pending+mail  refused      (nothing)   refused: they left
//
// A suppressed address: sign-up and import do nothing. A confirmation link that is older than a
// leave is dead: `left` refuses it, until the reader signs up again.
//
// Plain functions; any thread.
#pragma once

#include <optional>
#include <string_view>

namespace tocsin::model {

enum class SubscriptionState { Pending, Active, Left };

std::string_view to_string(SubscriptionState state);
std::optional<SubscriptionState> parse_subscription_state(std::string_view text);

enum class Suppressed { No, Yes };

enum class SignupStep {
    Ask,       // becomes pending; a confirmation mail is due
    AskAgain,  // is pending; another confirmation mail is due
    Nothing,
};
SignupStep decide_signup(std::optional<SubscriptionState> state, Suppressed suppressed);

enum class ConfirmStep { Activate, AlreadyActive, Refuse };
ConfirmStep decide_confirm(std::optional<SubscriptionState> state, Suppressed suppressed);

enum class LeaveStep { Leave, Nothing };
LeaveStep decide_leave(std::optional<SubscriptionState> state);

enum class ImportStep { Activate, Duplicate, RefuseLeft, RefuseSuppressed };
ImportStep decide_import(std::optional<SubscriptionState> state, Suppressed suppressed);

}  // namespace tocsin::model
