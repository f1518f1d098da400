// Leaving by the link of a mail: RFC 8058 one-click and the page for people.
//
// Effective at once: the leave is durable, then delivery is told, then the reader is answered. A
// token for no list in particular leaves all lists.
#include "audience/audience.h"
#include "audience/evidence.h"
#include "base/log.h"
#include "model/subscription.h"

namespace tocsin::audience {

namespace {

// Leaves one list, or all; false: nothing was left to leave.
bool commit_leave(store::Database& db, const store::SubscriberRow& reader, ListId list,
                  const Evidence& evidence, Time now) {
    std::vector<store::NewConsent> events;
    for (const store::SubscriptionRow& row : store::subscriptions_of(db, reader.id)) {
        if ((list.valid() && row.list != list) ||
            model::decide_leave(row.state) == model::LeaveStep::Nothing) {
            continue;
        }
        store::set_left(db, reader.id, row.list, now);
        events.push_back(consent_event(model::ConsentType::Withdrawn, reader, evidence, now));
        events.back().list = row.list;
    }
    store::append_consent(db, events);
    return !events.empty();
}

bool anything_to_leave(store::Database& db, SubscriberId reader, ListId list) {
    for (const store::SubscriptionRow& row : store::subscriptions_of(db, reader)) {
        if ((!list.valid() || row.list == list) &&
            model::decide_leave(row.state) == model::LeaveStep::Leave) {
            return true;
        }
    }
    return false;
}

struct Found {
    std::optional<store::SubscriberRow> reader;
    UnsubscribeView view;
};

Found find_reader(store::Database& db, const mail::Token& token) {
    Found found;
    found.reader = store::find_subscriber_by_subject(db, token.subject);
    if (found.reader) {
        found.view.address = mask_address(found.reader->address);
        found.view.locale = found.reader->locale;
    }
    if (const auto list = store::find_list(db, ListId(token.list))) {
        found.view.list_name = list->name;
        found.view.list_slug = list->slug;
    }
    return found;
}

}  // namespace

Task<Result<UnsubscribeView>> Audience::unsubscribe_view(std::string text) {
    CO_TRY_AS(mail::Token token, open(mail::TokenPurpose::Unsubscribe, text));
    auto look = [token](store::Database& db) -> Result<Found> {
        Found found = find_reader(db, token);
        found.view.left =
            !found.reader || !anything_to_leave(db, found.reader->id, ListId(token.list));
        return found;
    };
    auto found = co_await store_.read(std::move(look));
    if (!found) {
        co_return found.error();
    }
    if (found->reader) {
        found->view.manage_url = choices_url(found->reader->subject);
    }
    co_return std::move(found->view);
}

Task<Result<UnsubscribeView>> Audience::unsubscribe(std::string text, Evidence given) {
    CO_TRY_AS(mail::Token token, open(mail::TokenPurpose::Unsubscribe, text));
    CO_TRY_AS(Evidence evidence, checked(std::move(given)));
    auto commit = [token, evidence, now = clock_.now()](store::Database& db) -> Result<Found> {
        Found found = find_reader(db, token);
        if (found.reader) {
            commit_leave(db, *found.reader, ListId(token.list), evidence, now);
        }
        return found;
    };
    auto found = co_await store_.write(std::move(commit));
    if (!found) {
        co_return found.error();
    }
    if (found->reader) {
        // Told even if nothing changed: an earlier answer may have been lost between the two.
        const ListId list(token.list);
        tell_left(found->reader->id, list.valid() ? std::optional(list) : std::nullopt);
        co_await left_is_known();
        found->view.manage_url = choices_url(found->reader->subject);
    }
    co_return std::move(found->view);
}

}  // namespace tocsin::audience
