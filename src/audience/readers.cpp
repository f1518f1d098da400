// One reader as a whole: everything held about them, taken away, shut out.
#include "audience/audience.h"
#include "audience/budget.h"
#include "audience/evidence.h"
#include "base/bytes.h"
#include "model/subscription.h"
#include "store/alerts.h"
#include "store/lists.h"
#include "store/reader_record.h"
#include "store/signals.h"
#include "store/suppression.h"
#include "store/terms.h"

namespace tocsin::audience {

namespace {

std::string_view to_string(SuppressionReason reason) {
    switch (reason) {
        case SuppressionReason::Bounced:
            return "bounced";
        case SuppressionReason::Complained:
            return "complained";
        case SuppressionReason::Erased:
            return "erased";
        case SuppressionReason::Operator:
            return "operator";
    }
    return "";
}

void add_subscriptions(store::Database& db, ReaderRecord& record) {
    for (const store::SubscriptionRow& row : store::subscriptions_of(db, record.id)) {
        const auto list = store::find_list(db, row.list);
        ReaderSubscription subscription;
        subscription.list_slug = list ? list->slug : "";
        subscription.list_name = list ? list->name : "";
        subscription.state = model::to_string(row.state);
        subscription.requested_at = row.requested_at;
        subscription.confirmed_at = row.confirmed_at;
        subscription.left_at = row.left_at;
        subscription.frequency = row.frequency;
        record.subscriptions.push_back(std::move(subscription));
    }
    for (const store::PurposeRow& row : store::purposes_of(db, record.id)) {
        record.purposes.push_back({row.purpose, row.granted, row.changed_at});
    }
}

void add_consent(store::Database& db, std::string_view subject, ReaderRecord& record) {
    for (store::ConsentRow& row : store::consent_of(db, subject, kConsentOfReaderMax)) {
        ReaderConsent consent;
        if (row.entry.list) {
            const auto list = store::find_list(db, *row.entry.list);
            consent.list_slug = list ? list->slug : "";
        }
        consent.wording = store::consent_wording(db, row.entry.wording_hash);
        consent.controller = store::consent_wording(db, row.entry.controller_hash);
        consent.detail = row.detail.value_or(model::ConsentDetail());
        consent.origin = std::move(row.origin);
        consent.entry = std::move(row.entry);
        record.consent.push_back(std::move(consent));
    }
}

std::vector<ReaderAlert> alerts_of(store::Database& db,
                                   const std::vector<store::RecordedAlert>& rows) {
    std::vector<ReaderAlert> out;
    for (const store::RecordedAlert& row : rows) {
        const auto alert = store::find_full_alert(db, row.alert);
        const auto list = store::find_list(db, row.list);
        out.push_back(
            {row.alert, alert ? alert->content.headline : "", list ? list->slug : "", row.at});
    }
    return out;
}

// What is not about consent: the reader's own terms, what they made of alerts, mails.
void add_rest(store::Database& db, const store::SubscriberRow& reader, ReaderRecord& record) {
    record.tag = store::tag_of(db, reader.id);
    record.terms = store::find_terms(db, reader.id);
    record.muted = alerts_of(db, store::recorded_alerts(db, reader.id, store::Recorded::Muted));
    record.waiting = alerts_of(db, store::recorded_alerts(db, reader.id, store::Recorded::Held));
    record.in_digests =
        alerts_of(db, store::recorded_alerts(db, reader.id, store::Recorded::InDigest));
    record.counted = alerts_of(db, store::recorded_alerts(db, reader.id, store::Recorded::Counted));
    for (const store::RecordedMail& mail : store::recorded_mails(db, reader.address)) {
        record.mails.push_back({mail.id, mail.state, mail.created_at, mail.done_at});
    }
}

ReaderBudget budget_of(store::Database& db, std::string_view kind, std::string_view key) {
    const model::MailBudget budget = store::mail_budget(db, key);
    ReaderBudget out;
    out.kind = kind;
    for (const auto& sent : {budget.sent_1, budget.sent_2, budget.sent_3}) {
        if (sent) {
            out.sent.push_back(*sent);
        }
    }
    out.blocked_until = budget.blocked_until;
    return out;
}

}  // namespace

ReaderRecord Audience::record_of(store::Database& db, const store::SubscriberRow& reader) const {
    ReaderRecord record;
    record.id = reader.id;
    record.address = reader.address;
    record.locale = reader.locale;
    record.created_at = reader.created_at;
    const auto reason =
        store::suppression_reason(db, mail::suppression_hmac(keys_, reader.address_key));
    record.suppressed = reason.has_value();
    record.suppression_reason = reason.value_or("");
    add_subscriptions(db, record);
    add_consent(db, reader.subject, record);
    add_rest(db, reader, record);
    if (const auto address = mail::Address::parse(reader.address)) {
        for (const std::string_view kind : {"confirm", "manage"}) {
            const BudgetKeys keys = budget_keys(keys_, kind, *address);
            record.budgets.push_back(budget_of(db, kind, keys.address));
            for (const std::string& inbox : keys.inbox) {
                record.budgets.push_back(budget_of(db, fmt::format("{}, inbox", kind), inbox));
            }
        }
    }
    return record;
}

Task<Result<ReaderRecord>> Audience::show_by_address(std::string address) {
    CO_TRY_AS(const store::SubscriberRow reader, co_await reader_of_address(std::move(address)));
    auto look = [this, reader](store::Database& db) -> Result<ReaderRecord> {
        return record_of(db, reader);
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<ReaderRecord>> Audience::export_by_address(std::string address, Evidence evidence) {
    CO_TRY_AS(const store::SubscriberRow reader, co_await reader_of_address(std::move(address)));
    co_return co_await export_reader(reader.id, std::move(evidence));
}

Task<Result<ReaderRecord>> Audience::export_subscriber(std::string token, Evidence evidence) {
    CO_TRY_AS(const store::SubscriberRow reader, co_await reader_of_mailed_token(std::move(token)));
    co_return co_await export_reader(reader.id, std::move(evidence));
}

Task<Result<ReaderRecord>> Audience::export_reader(SubscriberId id, Evidence given) {
    CO_TRY_AS(Evidence evidence, checked(std::move(given)));
    auto commit = [this, id, evidence,
                   now = clock_.now()](store::Database& db) -> Result<ReaderRecord> {
        const auto reader = store::find_subscriber(db, id);
        if (!reader) {
            return dead_link();
        }
        store::append_consent(
            db, {consent_event(model::ConsentType::Exported, *reader, evidence, now)});
        return record_of(db, *reader);
    };
    co_return co_await store_.write(std::move(commit));
}

Task<Result<bool>> Audience::is_suppressed(std::string text) {
    CO_TRY_AS(const mail::Address address, mail::Address::parse(trim(text)));
    auto look = [key = suppression_key(address)](store::Database& db) -> Result<bool> {
        return store::suppression_reason(db, key).has_value();
    };
    co_return co_await store_.read(std::move(look));
}

Task<Status> Audience::suppress(std::string text, SuppressionReason reason, Evidence given) {
    CO_TRY_AS(const mail::Address address, mail::Address::parse(trim(text)));
    CO_TRY_AS(Evidence evidence, checked(std::move(given)));
    auto commit = [key = suppression_key(address), address_key = address.key(), reason, evidence,
                   now = clock_.now()](store::Database& db) -> Result<SubscriberId> {
        store::suppress(db, key, to_string(reason), now);
        const auto reader = store::find_subscriber_by_key(db, address_key);
        if (!reader) {
            return SubscriberId();
        }
        std::vector<store::NewConsent> events;
        for (const store::SubscriptionRow& row : store::subscriptions_of(db, reader->id)) {
            if (reason == SuppressionReason::Complained &&
                model::decide_leave(row.state) == model::LeaveStep::Leave) {
                store::set_left(db, reader->id, row.list, now);
                events.push_back(
                    consent_event(model::ConsentType::Withdrawn, *reader, evidence, now));
                events.back().list = row.list;
            }
        }
        store::append_consent(db, events);
        store::take_back_digests_of(db, reader->id, now);
        db.signal(store::topic::kLeft, reader->id.value());
        return reader->id;
    };
    auto reader = co_await store_.write(std::move(commit));
    if (!reader) {
        co_return reader.error();
    }
    if (reader->valid()) {
        tell_left(*reader, std::nullopt);
        co_await left_is_known();
    }
    co_return Status();
}

Task<Status> Audience::lift_suppression(std::string text) {
    CO_TRY_AS(const mail::Address address, mail::Address::parse(trim(text)));
    auto commit = [key = suppression_key(address)](store::Database& db) -> Status {
        if (!store::lift_suppression(db, key)) {
            return not_found("this address is not suppressed");
        }
        return {};
    };
    co_return co_await store_.write(std::move(commit));
}

}  // namespace tocsin::audience
