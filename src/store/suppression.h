// Verbs of the suppression list and of the mail budget. Store thread only.
//
// Both are keyed by HMACs of addresses (mail::suppression_hmac), so that they outlive erasure and
// name nobody.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/mail_budget.h"
#include "store/database.h"

namespace tocsin::store {

// Why; none: not suppressed.
std::optional<std::string> suppression_reason(Database& db, std::string_view address_hmac);
bool any_suppression(Database& db);
// The first reason stays.
void suppress(Database& db, std::string_view address_hmac, std::string_view reason, Time now);
// False: it was not there.
bool lift_suppression(Database& db, std::string_view address_hmac);

model::MailBudget mail_budget(Database& db, std::string_view key);
void set_mail_budget(Database& db, std::string_view key, const model::MailBudget& budget);

// Counts one sign-up attempt of that day.
void count_signup(Database& db, Time now);

}  // namespace tocsin::store
