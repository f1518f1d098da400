// Verbs of subscribers, their subscriptions and purposes. Store thread only.
//
// The rules (what may become of a subscription) are in model/subscription.h; these verbs only read
// and write. Whatever changes a subscription is here, and tells audiences that are being prepared
// (store/prepared_audience.h): no other code writes to `subscription` or deletes a subscriber.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "model/subscription.h"
#include "model/terms.h"
#include "store/database.h"

namespace tocsin::store {

struct NewSubscriber {
    std::string address;
    std::string address_key;
    std::string domain;
    bool smtputf8 = false;
    std::string subject;  // 16 bytes
    std::string salt;     // 32 random bytes
    std::string locale;
    Time created_at;
};

struct SubscriberRow : NewSubscriber {
    SubscriberId id;
};

// The new id, or nothing if the address is there already.
std::optional<SubscriberId> insert_subscriber(Database& db, const NewSubscriber& subscriber);
std::optional<SubscriberRow> find_subscriber_by_key(Database& db, std::string_view address_key);
std::optional<SubscriberRow> find_subscriber_by_subject(Database& db, std::string_view subject);
std::optional<SubscriberRow> find_subscriber(Database& db, SubscriberId id);
void set_locale(Database& db, SubscriberId id, std::string_view locale);
// With its subscriptions, purposes and terms.
void delete_subscriber(Database& db, SubscriberId id);

struct SubscriptionRow {
    ListId list;
    model::SubscriptionState state = model::SubscriptionState::Pending;
    Time requested_at;
    std::optional<Time> confirmed_at;
    std::optional<Time> left_at;
    model::Frequency frequency = model::Frequency::Every;
};

std::optional<model::SubscriptionState> subscription_state(Database& db, SubscriberId subscriber,
                                                           ListId list);
// By list id. At most one a list.
std::vector<SubscriptionRow> subscriptions_of(Database& db, SubscriberId subscriber);

void set_pending(Database& db, SubscriberId subscriber, ListId list, Time now);
void set_active(Database& db, SubscriberId subscriber, ListId list, Time now);
// Digests that wait for the reader are put together anew, without the list.
void set_left(Database& db, SubscriberId subscriber, ListId list, Time now);

// The reader came from elsewhere with these: `requested` and `confirmed` for an active subscription
// are when the consent was given there, `left` when it was taken back.
struct SubscriptionDates {
    Time consented;
    std::optional<Time> left;
};
void set_subscription_dates(Database& db, SubscriberId subscriber, ListId list,
                            const SubscriptionDates& dates);

struct PurposeRow {
    std::string purpose;
    bool granted = false;
    Time changed_at;
};

std::vector<PurposeRow> purposes_of(Database& db, SubscriberId subscriber);
bool has_purpose(Database& db, SubscriberId subscriber, std::string_view purpose);
enum class Grant { Give, TakeBack };
void set_purpose(Database& db, SubscriberId subscriber, std::string_view purpose, Grant grant,
                 Time now);

// One line of a list's export.
struct ListMember {
    SubscriberId id;
    std::string address;
    std::string state;
    Time requested_at;
    std::optional<Time> confirmed_at;
    std::optional<Time> left_at;
    bool marketing = false;
};
// Members in order of id, after `after`; SubscriberId() for the first page.
std::vector<ListMember> list_members(Database& db, ListId list, SubscriberId after, int limit);

}  // namespace tocsin::store
