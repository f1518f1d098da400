// The budgets of the mails that a stranger can cause (model/mail_budget.h): one an address, and one
// more for all the spellings of one inbox.
//
// What makes an address a reader's is its key, where nothing is folded: whose "ann+news@" is, the
// provider knows. But "ann+1@", "ann+2@" and, with Gmail, "a.nn@" most likely arrive in one inbox,
// and whoever tries them one by one would send a mail to it each time. Where the guess is wrong,
// somebody's confirmation waits a day.
//
// Inside audience only; plain values, and one look inside the caller's transaction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mail/address.h"
#include "mail/token.h"
#include "model/mail_budget.h"
#include "store/database.h"

namespace tocsin::audience {

// The address's key without "+..." and, with Gmail, without dots.
std::string inbox_key(const mail::Address& address);

// Under which keys the mails of one kind ("confirm", "manage") to an address are counted.
struct BudgetKeys {
    std::string address;
    // Of three ordinary budgets, any of which will do: three mails in 24 hours, nine in 30 days.
    // None of an address that is its inbox's plain spelling.
    std::vector<std::string> inbox;
};
BudgetKeys budget_keys(const mail::KeyRing& keys, std::string_view kind,
                       const mail::Address& address);

// May a mail go, and taking it if it does. `keys` must outlive it.
class MailBudgets {
  public:
    MailBudgets(store::Database& db, const BudgetKeys& keys, Time now);

    model::BudgetVerdict verdict() const { return verdict_; }
    void take();  // only if the verdict is Send

  private:
    void look_at_inbox();

    store::Database& db_;
    const BudgetKeys& keys_;
    Time now_;
    model::MailBudget address_;
    model::MailBudget inbox_;
    std::string inbox_key_;  // whose inbox_ is; empty: there is none
    model::BudgetVerdict verdict_;
};

}  // namespace tocsin::audience
