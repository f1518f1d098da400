// The two links of the confirmation mail: "yes, that was me" and "this wasn't me".
#include <algorithm>

#include "audience/audience.h"
#include "audience/evidence.h"
#include "base/log.h"
#include "model/mail_budget.h"
#include "model/subscription.h"
#include "store/suppression.h"

namespace tocsin::audience {

namespace {

// A confirmation, looked up: who and what the token means today.
struct Request {
    store::SubscriberRow reader;
    store::ListRow list;
    std::optional<model::SubscriptionState> state;
};

Result<Request> request_of(store::Database& db, const mail::Token& token) {
    auto reader = store::find_subscriber_by_subject(db, token.subject);
    auto list = store::find_list(db, ListId(token.list));
    if (!reader || !list) {
        return dead_link();
    }
    Request request;
    request.state = store::subscription_state(db, reader->id, list->id);
    request.reader = std::move(*reader);
    request.list = std::move(*list);
    return request;
}

std::vector<std::pair<ListId, std::string>> other_pending(store::Database& db,
                                                          const Request& request) {
    std::vector<std::pair<ListId, std::string>> out;
    for (const store::SubscriptionRow& row : store::subscriptions_of(db, request.reader.id)) {
        if (row.state == model::SubscriptionState::Pending && row.list != request.list.id) {
            if (const auto list = store::find_list(db, row.list)) {
                out.emplace_back(list->id, list->name);
            }
        }
    }
    return out;
}

void activate(store::Database& db, const Request& request, ListId list, const Evidence& evidence,
              Time now, std::vector<store::NewConsent>& events) {
    store::set_active(db, request.reader.id, list, now);
    events.push_back(consent_event(model::ConsentType::Confirmed, request.reader, evidence, now));
    events.back().list = list;
}

// The press of the button, as the transaction needs it.
struct Press {
    mail::Token token;
    Evidence evidence;
    std::vector<ListId> also;
    Time now;
};

model::Suppressed suppressed_now(store::Database& db, const mail::KeyRing& keys,
                                 const store::SubscriberRow& reader) {
    const std::string key = mail::suppression_hmac(keys, reader.address_key);
    return store::suppression_reason(db, key) ? model::Suppressed::Yes : model::Suppressed::No;
}

Result<Request> commit_confirm(store::Database& db, const mail::KeyRing& keys, const Press& press) {
    const Time now = press.now;
    TRY_AS(Request request, request_of(db, press.token));
    const auto suppressed = suppressed_now(db, keys, request.reader);
    const model::ConfirmStep step = model::decide_confirm(request.state, suppressed);
    if (step == model::ConfirmStep::Refuse) {
        return dead_link();
    }
    std::vector<store::NewConsent> events;
    if (step == model::ConfirmStep::Activate) {
        activate(db, request, request.list.id, press.evidence, now, events);
        if (press.token.ref == 1) {
            store::set_purpose(db, request.reader.id, kMarketing, store::Grant::Give, now);
            events.push_back(
                consent_event(model::ConsentType::Confirmed, request.reader, press.evidence, now));
            events.back().purpose = model::ConsentPurpose::Marketing;
        }
    }
    for (const auto& [list, name] : other_pending(db, request)) {
        if (std::ranges::find(press.also, list) != press.also.end()) {
            activate(db, request, list, press.evidence, now, events);
        }
    }
    store::append_consent(db, events);
    return request;
}

// What "this wasn't me" blocks: confirmations, and links for those who never confirmed anything.
// Readers of other lists must be able to reach their choices.
struct NotMeKeys {
    std::string confirm;
    std::string manage;
};

void block(store::Database& db, const std::string& budget_key, Time now) {
    model::MailBudget budget = store::mail_budget(db, budget_key);
    budget.blocked_until = now + model::kNotMeBlock;
    store::set_mail_budget(db, budget_key, budget);
}

// Leaves what was never confirmed. A reader who has nothing else is forgotten as one who never
// confirmed (erase.cpp): the link keeps its answer until then.
void commit_not_me(store::Database& db, const store::SubscriberRow& reader, const NotMeKeys& keys,
                   const Evidence& evidence, Time now) {
    std::vector<store::NewConsent> events;
    bool is_reader = false;
    for (const store::SubscriptionRow& row : store::subscriptions_of(db, reader.id)) {
        is_reader = is_reader || row.confirmed_at.has_value();
        if (row.state == model::SubscriptionState::Pending) {
            store::set_left(db, reader.id, row.list, now);
            events.push_back(consent_event(model::ConsentType::Withdrawn, reader, evidence, now));
            events.back().list = row.list;
        }
    }
    store::append_consent(db, events);
    block(db, keys.confirm, now);
    if (!is_reader) {
        block(db, keys.manage, now);
    }
}

}  // namespace

Task<Result<ConfirmView>> Audience::confirm_view(std::string text) {
    CO_TRY_AS(mail::Token token, open(mail::TokenPurpose::Confirm, text));
    auto look = [token](store::Database& db) -> Result<ConfirmView> {
        TRY_AS(const Request request, request_of(db, token));
        if (model::decide_confirm(request.state, model::Suppressed::No) ==
            model::ConfirmStep::Refuse) {
            return dead_link();
        }
        ConfirmView view;
        view.address = mask_address(request.reader.address);
        view.locale = request.reader.locale;
        view.list = request.list.id;
        view.list_slug = request.list.slug;
        view.list_name = request.list.name;
        view.marketing = token.ref == 1 ? Marketing::Granted : Marketing::Declined;
        view.done = request.state == model::SubscriptionState::Active;
        view.also_pending = other_pending(db, request);
        return view;
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<Confirmed>> Audience::confirm(std::string text, Evidence given,
                                          std::vector<ListId> also) {
    CO_TRY_AS(mail::Token token, open(mail::TokenPurpose::Confirm, text));
    CO_TRY_AS(Evidence evidence, checked(std::move(given)));
    Press press{token, std::move(evidence), std::move(also), clock_.now()};
    auto commit = [this, press = std::move(press)](store::Database& db) -> Result<Request> {
        return commit_confirm(db, keys_, press);
    };
    auto request = co_await store_.write(std::move(commit));
    if (!request) {
        co_return request.error();
    }
    Confirmed confirmed;
    confirmed.locale = request->reader.locale;
    confirmed.list_slug = request->list.slug;
    confirmed.list_name = request->list.name;
    confirmed.manage_url = manage_url(request->reader.subject);
    confirmed.unsubscribe_url = unsubscribe_url(request->reader.subject, request->list.id);
    co_return confirmed;
}

Task<Result<NotMeView>> Audience::not_me_view(std::string text) {
    CO_TRY_AS(mail::Token token, open(mail::TokenPurpose::NotMe, text));
    auto look = [token](store::Database& db) -> Result<NotMeView> {
        const auto reader = store::find_subscriber_by_subject(db, token.subject);
        if (!reader) {
            return dead_link();
        }
        return NotMeView{mask_address(reader->address), reader->locale};
    };
    co_return co_await store_.read(std::move(look));
}

Task<Status> Audience::not_me(std::string text, Evidence given) {
    CO_TRY_AS(mail::Token token, open(mail::TokenPurpose::NotMe, text));
    CO_TRY_AS(Evidence evidence, checked(std::move(given)));
    auto commit = [this, token, evidence, now = clock_.now()](store::Database& db) -> Status {
        const auto reader = store::find_subscriber_by_subject(db, token.subject);
        if (!reader) {
            return dead_link();
        }
        TRY_AS(const mail::Address address, mail::Address::parse(reader->address));
        const NotMeKeys keys{budget_key("confirm", address), budget_key("manage", address)};
        commit_not_me(db, *reader, keys, evidence, now);
        return {};
    };
    co_return co_await store_.write(std::move(commit));
}

}  // namespace tocsin::audience
