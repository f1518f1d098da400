// The mails that a stranger can cause by typing an address into a box: at most one in 24 hours and
// three in 30 days, whatever the traffic. This is what keeps the sign-up box from being a weapon:
// confirmed opt-in alone is one, because the confirmation mail is the attack.
//
// Plain values and functions; any thread.
#pragma once

#include <optional>

#include "base/clock.h"

namespace tocsin::model {

inline constexpr std::chrono::hours kBudgetDay{24};
inline constexpr std::chrono::hours kBudgetMonth{30 * 24};
inline constexpr std::chrono::hours kNotMeBlock{365 * 24};  // after "this wasn't me"

// What one address has been sent of one kind of mail.
struct MailBudget {
    std::optional<Time> sent_1;  // the last three, newest first
    std::optional<Time> sent_2;
    std::optional<Time> sent_3;
    std::optional<Time> blocked_until;

    friend bool operator==(const MailBudget&, const MailBudget&) = default;
};

enum class BudgetVerdict { Send, SentToday, SentThrice, Blocked };

BudgetVerdict check_budget(const MailBudget& budget, Time now);
MailBudget after_sending(MailBudget budget, Time now);

}  // namespace tocsin::model
