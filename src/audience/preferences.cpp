// The preferences page, by a Manage token: whoever holds one reads mail at the address, so joining
// a list here needs no second confirmation.
#include <algorithm>

#include "audience/audience.h"
#include "audience/evidence.h"
#include "base/bytes.h"
#include "base/log.h"
#include "model/mail_budget.h"
#include "model/subscription.h"
#include "store/outbox.h"
#include "store/suppression.h"

namespace tocsin::audience {

namespace {

PreferencesView view_of(store::Database& db, const store::SubscriberRow& reader) {
    PreferencesView view;
    view.address = reader.address;
    const auto subscriptions = store::subscriptions_of(db, reader.id);
    for (store::ListRow& list : store::all_lists(db)) {
        const bool subscribed = std::ranges::any_of(subscriptions, [&](const auto& row) {
            return row.list == list.id && row.state == model::SubscriptionState::Active;
        });
        view.lists.push_back({list.id, std::move(list.slug), std::move(list.name),
                              std::move(list.description), subscribed});
    }
    view.marketing =
        store::has_purpose(db, reader.id, kMarketing) ? Marketing::Granted : Marketing::Declined;
    return view;
}

// What a change did, for the hooks and the answer.
struct Change {
    store::SubscriberRow reader;
    PreferencesView view;
    std::vector<ListId> left;
};

// One transaction's worth of changing a reader's preferences.
class Changing {
  public:
    Changing(store::Database& db, const store::SubscriberRow& reader, const Evidence& evidence,
             Time now)
        : db_(db), reader_(reader), evidence_(evidence), now_(now) {}

    void join(ListId list) {
        store::set_active(db_, reader_.id, list, now_);
        note(model::ConsentType::Changed).list = list;
    }
    void leave(ListId list) {
        store::set_left(db_, reader_.id, list, now_);
        note(model::ConsentType::Withdrawn).list = list;
        left_.push_back(list);
    }
    void set_marketing(Marketing wanted) {
        const bool grant = wanted == Marketing::Granted;
        if (store::has_purpose(db_, reader_.id, kMarketing) == grant) {
            return;
        }
        store::set_purpose(db_, reader_.id, kMarketing,
                           grant ? store::Grant::Give : store::Grant::TakeBack, now_);
        note(grant ? model::ConsentType::Changed : model::ConsentType::Withdrawn).purpose =
            model::ConsentPurpose::Marketing;
    }
    Change finish() {
        store::append_consent(db_, events_);
        return {reader_, view_of(db_, reader_), std::move(left_)};
    }

  private:
    store::NewConsent& note(model::ConsentType type) {
        return events_.emplace_back(consent_event(type, reader_, evidence_, now_));
    }
    store::Database& db_;
    const store::SubscriberRow& reader_;
    const Evidence& evidence_;
    Time now_;
    std::vector<store::NewConsent> events_;
    std::vector<ListId> left_;
};

// The whole wish; none: leave everything.
struct Wish {
    std::optional<PreferencesChange> change;
    Evidence evidence;
    Time now;
};

Status check_lists(store::Database& db, const PreferencesChange& change) {
    for (const ListId list : change.lists) {
        if (!store::find_list(db, list)) {
            return invalid("one of the chosen lists does not exist any more");
        }
    }
    return {};
}

Result<Change> commit_change(store::Database& db, const store::SubscriberRow& reader,
                             const Wish& wish, model::Suppressed suppressed) {
    const std::vector<ListId> wanted = wish.change ? wish.change->lists : std::vector<ListId>();
    if (wish.change) {
        TRY(check_lists(db, *wish.change));
    }
    Changing changing(db, reader, wish.evidence, wish.now);
    const auto subscriptions = store::subscriptions_of(db, reader.id);
    for (const ListId list : wanted) {
        const bool active = std::ranges::any_of(subscriptions, [&](const auto& row) {
            return row.list == list && row.state == model::SubscriptionState::Active;
        });
        if (active) {
            continue;
        }
        if (suppressed == model::Suppressed::Yes) {
            return conflict(
                "Mail to this address was refused or complained about, so it cannot "
                "join a list. Please write to the newsroom.");
        }
        changing.join(list);
    }
    for (const store::SubscriptionRow& row : subscriptions) {
        if (std::ranges::find(wanted, row.list) == wanted.end() &&
            model::decide_leave(row.state) == model::LeaveStep::Leave) {
            changing.leave(row.list);
        }
    }
    changing.set_marketing(wish.change ? wish.change->marketing : Marketing::Declined);
    return changing.finish();
}

}  // namespace

Task<Result<PreferencesView>> Audience::preferences(std::string manage_token) {
    CO_TRY_AS(mail::Token token, open(mail::TokenPurpose::Manage, manage_token));
    auto look = [token](store::Database& db) -> Result<PreferencesView> {
        const auto reader = store::find_subscriber_by_subject(db, token.subject);
        if (!reader) {
            return dead_link();
        }
        return view_of(db, *reader);
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<PreferencesView>> Audience::change(std::string manage_token,
                                               std::optional<PreferencesChange> wanted,
                                               Evidence given) {
    CO_TRY_AS(mail::Token token, open(mail::TokenPurpose::Manage, manage_token));
    CO_TRY_AS(Evidence evidence, checked(std::move(given)));
    Wish wish{std::move(wanted), std::move(evidence), clock_.now()};
    auto commit = [this, token, wish = std::move(wish)](store::Database& db) -> Result<Change> {
        const auto reader = store::find_subscriber_by_subject(db, token.subject);
        if (!reader) {
            return dead_link();
        }
        const std::string key = mail::suppression_hmac(keys_, reader->address_key);
        return commit_change(
            db, *reader, wish,
            store::suppression_reason(db, key) ? model::Suppressed::Yes : model::Suppressed::No);
    };
    auto changed = co_await store_.write(std::move(commit));
    if (!changed) {
        co_return changed.error();
    }
    for (const ListId list : changed->left) {
        tell_left(changed->reader.id, list);
    }
    if (!changed->left.empty()) {
        co_await left_is_known();
    }
    co_return std::move(changed->view);
}

Task<Result<PreferencesView>> Audience::change_preferences(std::string manage_token,
                                                           PreferencesChange wanted,
                                                           Evidence evidence) {
    co_return co_await change(std::move(manage_token), std::move(wanted), std::move(evidence));
}

Task<Result<PreferencesView>> Audience::leave_everything(std::string manage_token,
                                                         Evidence evidence) {
    co_return co_await change(std::move(manage_token), std::nullopt, std::move(evidence));
}

Task<Result<SignupAnswer>> Audience::request_manage_link(std::string typed) {
    SignupAnswer answer;
    const mail::AddressCheck check = mail::check_address(trim(typed));
    const auto address = mail::Address::parse(trim(typed));
    if (!address) {
        answer.kind = SignupAnswer::Kind::BadAddress;
        answer.reason = check.reason;
        answer.suggestion = check.suggestion;
        co_return answer;
    }
    auto find = [key = address->key()](store::Database& db) -> Result<std::string> {
        const auto reader = store::find_subscriber_by_key(db, key);
        return reader ? reader->subject : std::string();
    };
    auto subject = co_await store_.read(std::move(find));
    if (!subject) {
        co_return subject.error();
    }
    // Composed for strangers too, so that they wait as long.
    const bool known = !subject->empty();
    const store::NewSubscriber reader = new_reader(*address, *subject, "en", clock_.now());
    CO_TRY_AS(store::NewOutboxMail mail, manage_link(reader));
    auto commit = [known, mail, key = suppression_key(*address),
                   budget_key =
                       budget_key("manage", *address)](store::Database& db) -> Result<bool> {
        store::count_signup(db, mail.now);
        const model::MailBudget budget = store::mail_budget(db, budget_key);
        if (!known || store::suppression_reason(db, key) ||
            model::check_budget(budget, mail.now) != model::BudgetVerdict::Send) {
            return false;
        }
        store::insert_outbox(db, mail);
        store::set_mail_budget(db, budget_key, model::after_sending(budget, mail.now));
        return true;
    };
    auto queued = co_await store_.write(std::move(commit));
    if (!queued) {
        co_return queued.error();
    }
    if (*queued) {
        tell_outbox();
    }
    co_return answer;
}

Result<store::NewOutboxMail> Audience::manage_link(const store::NewSubscriber& reader) const {
    mail::ManageLinkMail mail;
    mail.to_address = reader.address;
    mail.manage_url = manage_url(reader.subject);
    mail.valid_hours = static_cast<int>(kManageLinkLife.count());
    mail.date = reader.created_at;
    mail.message_id = new_message_id();
    store::NewOutboxMail out;
    TRY_AS(out.message, mail::compose_manage_link(templates_, settings_.sender, mail));
    out.mail_from = mail_from();
    out.rcpt_to = reader.address;
    out.smtputf8 = reader.smtputf8;
    out.now = reader.created_at;
    out.not_after = out.now + kManageLinkLife;
    return out;
}

}  // namespace tocsin::audience
