#include "store/suppression.h"

namespace tocsin::store {

namespace {

Blob blob(std::string_view bytes) {
    return Blob{std::string(bytes)};
}

}  // namespace

std::optional<std::string> suppression_reason(Database& db, std::string_view address_hmac) {
    const auto row =
        db.first("SELECT reason FROM suppression WHERE address_hmac = $1", {blob(address_hmac)});
    return row ? std::optional(row->text(0)) : std::nullopt;
}

bool any_suppression(Database& db) {
    return db.first("SELECT 1 FROM suppression LIMIT 1").has_value();
}

void suppress(Database& db, std::string_view address_hmac, std::string_view reason, Time now) {
    db.execute(
        "INSERT INTO suppression (address_hmac, reason, created_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (address_hmac) DO NOTHING",
        {blob(address_hmac), reason, now});
}

bool lift_suppression(Database& db, std::string_view address_hmac) {
    return db.execute("DELETE FROM suppression WHERE address_hmac = $1", {blob(address_hmac)}) > 0;
}

model::MailBudget mail_budget(Database& db, std::string_view key) {
    model::MailBudget budget;
    const auto row = db.first(
        "SELECT sent_1, sent_2, sent_3, blocked_until FROM mail_budget "
        "WHERE address_hmac = $1",
        {blob(key)});
    if (row) {
        budget.sent_1 = row->maybe_time(0);
        budget.sent_2 = row->maybe_time(1);
        budget.sent_3 = row->maybe_time(2);
        budget.blocked_until = row->maybe_time(3);
    }
    return budget;
}

void set_mail_budget(Database& db, std::string_view key, const model::MailBudget& budget) {
    db.execute(
        "INSERT INTO mail_budget (address_hmac, sent_1, sent_2, sent_3, blocked_until) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (address_hmac) DO UPDATE SET "
        "sent_1 = $2, sent_2 = $3, sent_3 = $4, blocked_until = $5",
        {blob(key), budget.sent_1, budget.sent_2, budget.sent_3, budget.blocked_until});
}

void count_signup(Database& db, Time now) {
    db.execute(
        "INSERT INTO signup_day (day, attempts) VALUES ($1, 1) "
        "ON CONFLICT (day) DO UPDATE SET attempts = signup_day.attempts + 1",
        {to_ms(now) / std::int64_t{86'400'000}});
}

}  // namespace tocsin::store
