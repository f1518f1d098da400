#include "store/subscribers.h"

#include <fmt/format.h>

#include "store/prepared_audience.h"
#include "store/signals.h"
#include "store/terms.h"

namespace tocsin::store {

namespace {

std::optional<SubscriberRow> read_first(const std::optional<Row>& row) {
    if (!row) {
        return std::nullopt;
    }
    SubscriberRow out;
    out.id = SubscriberId(row->integer(0));
    out.address = row->text(1);
    out.address_key = row->text(2);
    out.domain = row->text(3);
    out.smtputf8 = row->boolean(4);
    out.subject = row->blob(5);
    out.salt = row->blob(6);
    out.locale = row->text(7);
    out.created_at = row->time(8);
    return out;
}

model::SubscriptionState read_state(const std::string& text) {
    const auto state = model::parse_subscription_state(text);
    if (!state) {
        throw DatabaseFailure(DatabaseFailure::Scope::Statement,
                              fmt::format("a subscription has the unknown state \"{}\"", text));
    }
    return *state;
}

}  // namespace

std::optional<SubscriberId> insert_subscriber(Database& db, const NewSubscriber& subscriber) {
    const auto row = db.first(
        "INSERT INTO subscriber (address, address_key, domain, smtputf8, subject, salt, locale, "
        "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
        "ON CONFLICT (address_key) DO NOTHING RETURNING id",
        {subscriber.address, subscriber.address_key, subscriber.domain, subscriber.smtputf8,
         Blob{subscriber.subject}, Blob{subscriber.salt}, subscriber.locale,
         subscriber.created_at});
    return row ? std::optional(SubscriberId(row->integer(0))) : std::nullopt;
}

std::optional<SubscriberRow> find_subscriber_by_key(Database& db, std::string_view address_key) {
    return read_first(
        db.first("SELECT id, address, address_key, domain, smtputf8, subject, salt, locale, "
                 "created_at FROM subscriber WHERE address_key = $1",
                 {address_key}));
}

std::optional<SubscriberRow> find_subscriber_by_subject(Database& db, std::string_view subject) {
    return read_first(
        db.first("SELECT id, address, address_key, domain, smtputf8, subject, salt, locale, "
                 "created_at FROM subscriber WHERE subject = $1",
                 {Blob{std::string(subject)}}));
}

std::optional<SubscriberRow> find_subscriber(Database& db, SubscriberId id) {
    return read_first(
        db.first("SELECT id, address, address_key, domain, smtputf8, subject, salt, locale, "
                 "created_at FROM subscriber WHERE id = $1",
                 {id}));
}

void set_locale(Database& db, SubscriberId id, std::string_view locale) {
    db.execute("UPDATE subscriber SET locale = $2 WHERE id = $1", {id, locale});
}

void delete_subscriber(Database& db, SubscriberId id) {
    db.execute("DELETE FROM subscription WHERE subscriber_id = $1", {id});
    db.execute("DELETE FROM purpose WHERE subscriber_id = $1", {id});
    forget_terms(db, id);
    db.execute("DELETE FROM subscriber WHERE id = $1", {id});
    note_audience_change(db, id);
    db.signal(topic::kLeft, id.value());
}

std::optional<model::SubscriptionState> subscription_state(Database& db, SubscriberId subscriber,
                                                           ListId list) {
    const auto row =
        db.first("SELECT state FROM subscription WHERE subscriber_id = $1 AND list_id = $2",
                 {subscriber, list});
    return row ? std::optional(read_state(row->text(0))) : std::nullopt;
}

std::vector<SubscriptionRow> subscriptions_of(Database& db, SubscriberId subscriber) {
    std::vector<SubscriptionRow> out;
    for (const Row& row : db.query("SELECT list_id, state, requested_at, confirmed_at, left_at, "
                                   "frequency FROM subscription "
                                   "WHERE subscriber_id = $1 ORDER BY list_id",
                                   {subscriber})) {
        out.push_back({ListId(row.integer(0)), read_state(row.text(1)), row.time(2),
                       row.maybe_time(3), row.maybe_time(4),
                       model::parse_frequency(row.text(5)).value_or(model::Frequency::Every)});
    }
    return out;
}

void set_pending(Database& db, SubscriberId subscriber, ListId list, Time now) {
    db.execute(
        "INSERT INTO subscription (subscriber_id, list_id, state, requested_at) "
        "VALUES ($1, $2, 'pending', $3) ON CONFLICT (subscriber_id, list_id) DO UPDATE SET "
        "state = 'pending', requested_at = $3, confirmed_at = NULL, left_at = NULL",
        {subscriber, list, now});
    note_audience_change(db, subscriber);
}

void set_active(Database& db, SubscriberId subscriber, ListId list, Time now) {
    db.execute(
        "INSERT INTO subscription (subscriber_id, list_id, state, requested_at, "
        "confirmed_at) VALUES ($1, $2, 'active', $3, $3) "
        "ON CONFLICT (subscriber_id, list_id) DO UPDATE SET "
        "state = 'active', confirmed_at = $3, left_at = NULL",
        {subscriber, list, now});
    note_audience_change(db, subscriber);
}

void set_left(Database& db, SubscriberId subscriber, ListId list, Time now) {
    db.execute(
        "UPDATE subscription SET state = 'left', left_at = $3 "
        "WHERE subscriber_id = $1 AND list_id = $2 AND state <> 'left'",
        {subscriber, list, now});
    take_back_digests_of(db, subscriber, now);
    note_audience_change(db, subscriber);
    db.signal(topic::kLeft, subscriber.value(), list.value());
}

void set_subscription_dates(Database& db, SubscriberId subscriber, ListId list,
                            const SubscriptionDates& dates) {
    db.execute(
        "UPDATE subscription SET requested_at = $3, confirmed_at = $3, left_at = $4 "
        "WHERE subscriber_id = $1 AND list_id = $2",
        {subscriber, list, dates.consented, dates.left});
}

std::vector<PurposeRow> purposes_of(Database& db, SubscriberId subscriber) {
    std::vector<PurposeRow> out;
    for (const Row& row :
         db.query("SELECT purpose, granted, changed_at FROM purpose WHERE subscriber_id = $1 "
                  "ORDER BY purpose",
                  {subscriber})) {
        out.push_back({row.text(0), row.boolean(1), row.time(2)});
    }
    return out;
}

bool has_purpose(Database& db, SubscriberId subscriber, std::string_view purpose) {
    return db
        .first("SELECT 1 FROM purpose WHERE subscriber_id = $1 AND purpose = $2 AND granted = 1",
               {subscriber, purpose})
        .has_value();
}

void set_purpose(Database& db, SubscriberId subscriber, std::string_view purpose, Grant grant,
                 Time now) {
    db.execute(
        "INSERT INTO purpose (subscriber_id, purpose, granted, changed_at) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (subscriber_id, purpose) DO UPDATE SET "
        "granted = $3, changed_at = $4",
        {subscriber, purpose, grant == Grant::Give, now});
}

std::vector<ListMember> list_members(Database& db, ListId list, SubscriberId after, int limit) {
    std::vector<ListMember> out;
    // The + keeps the planner from the index by list, which would sort the whole list for each
    // page.
    for (const Row& row :
         db.query("SELECT t.subscriber_id, s.address, t.state, t.requested_at, t.confirmed_at, "
                  "t.left_at, CASE WHEN p.granted = 1 THEN 1 ELSE 0 END "
                  "FROM subscription t JOIN subscriber s ON s.id = t.subscriber_id "
                  "LEFT JOIN purpose p ON p.subscriber_id = t.subscriber_id "
                  "AND p.purpose = 'marketing' "
                  "WHERE t.subscriber_id > $2 AND +t.list_id = $1 "
                  "ORDER BY t.subscriber_id LIMIT $3",
                  {list, after, limit})) {
        ListMember member;
        member.id = SubscriberId(row.integer(0));
        member.address = row.text(1);
        member.state = row.text(2);
        member.requested_at = row.time(3);
        member.confirmed_at = row.maybe_time(4);
        member.left_at = row.maybe_time(5);
        member.marketing = row.boolean(6);
        out.push_back(std::move(member));
    }
    return out;
}

}  // namespace tocsin::store
