#include "model/mail_budget.h"

namespace tocsin::model {

BudgetVerdict check_budget(const MailBudget& budget, Time now) {
    if (budget.blocked_until && now < *budget.blocked_until) {
        return BudgetVerdict::Blocked;
    }
    if (budget.sent_1 && now < *budget.sent_1 + kBudgetDay) {
        return BudgetVerdict::SentToday;
    }
    if (budget.sent_3 && now < *budget.sent_3 + kBudgetMonth) {
        return BudgetVerdict::SentThrice;
    }
    return BudgetVerdict::Send;
}

MailBudget after_sending(MailBudget budget, Time now) {
    budget.sent_3 = budget.sent_2;
    budget.sent_2 = budget.sent_1;
    budget.sent_1 = now;
    return budget;
}

}  // namespace tocsin::model
