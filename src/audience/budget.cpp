#include "audience/budget.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "store/suppression.h"

namespace tocsin::audience {

namespace {

constexpr int kInboxBudgets = 3;

// A line break cannot be part of an address, so no two kinds can meet.
std::string key_of(const mail::KeyRing& keys, std::string_view kind, std::string_view whose) {
    return mail::suppression_hmac(keys, fmt::format("{}\n{}", kind, whose));
}

}  // namespace

std::string inbox_key(const mail::Address& address) {
    const std::string key = address.key();
    std::string local = key.substr(0, key.find('@'));
    if (const std::size_t plus = local.find('+'); plus != std::string::npos && plus > 0) {
        local.resize(plus);
    }
    std::string domain = address.domain();
    if (domain == "gmail.com" || domain == "googlemail.com") {
        std::erase(local, '.');
        domain = "gmail.com";
    }
    return local + "@" + domain;
}

BudgetKeys budget_keys(const mail::KeyRing& keys, std::string_view kind,
                       const mail::Address& address) {
    BudgetKeys out{key_of(keys, kind, address.key()), {}};
    const std::string inbox = inbox_key(address);
    if (inbox == address.key()) {
        return out;
    }
    for (int i = 0; i < kInboxBudgets; ++i) {
        out.inbox.push_back(key_of(keys, fmt::format("{} inbox {}", kind, i), inbox));
    }
    return out;
}

MailBudgets::MailBudgets(store::Database& db, const BudgetKeys& keys, Time now)
    : db_(db),
      keys_(keys),
      now_(now),
      address_(store::mail_budget(db, keys.address)),
      verdict_(model::check_budget(address_, now)) {
    if (verdict_ == model::BudgetVerdict::Send) {
        look_at_inbox();
    }
}

void MailBudgets::look_at_inbox() {
    for (const std::string& key : keys_.inbox) {
        inbox_ = store::mail_budget(db_, key);
        verdict_ = model::check_budget(inbox_, now_);
        if (verdict_ == model::BudgetVerdict::Send) {
            inbox_key_ = key;
            return;
        }
    }
}

void MailBudgets::take() {
    CHECK(verdict_ == model::BudgetVerdict::Send);
    store::set_mail_budget(db_, keys_.address, model::after_sending(address_, now_));
    if (!inbox_key_.empty()) {
        store::set_mail_budget(db_, inbox_key_, model::after_sending(inbox_, now_));
    }
}

}  // namespace tocsin::audience
