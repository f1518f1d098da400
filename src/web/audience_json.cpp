#include "web/audience_json.h"

#include "base/bytes.h"
#include "web/api_support.h"

namespace tocsin::web {

namespace json = boost::json;

json::object list_json(const audience::ListInfo& list) {
    json::object out;
    out["id"] = list.id.value();
    out["slug"] = json_text(list.slug);
    out["name"] = json_text(list.name);
    out["description"] = json_text(list.description);
    out["language"] = json_text(list.language);
    out["created_at"] = json_time(list.created_at);
    out["active"] = list.active;
    out["pending"] = list.pending;
    out["left"] = list.left;
    return out;
}

namespace {

json::object consent_json(const audience::ReaderConsent& consent) {
    const model::ConsentEntry& entry = consent.entry;
    json::object out;
    out["seq"] = entry.seq;
    out["type"] = json_text(entry.type);
    out["at"] = json_time(entry.at);
    out["list"] = json_text(consent.list_slug);
    out["purpose"] = json_text(entry.purpose);
    out["method"] = json_text(entry.method);
    out["actor"] = json_text(entry.actor);
    out["page_url"] = json_text(entry.page_url);
    out["list_name"] = json_text(entry.list_name);
    out["form_id"] = json_text(consent.detail.form_id);
    out["embed_origin"] = json_text(consent.detail.embed_origin);
    out["locale"] = json_text(consent.detail.locale);
    out["message_id"] = json_text(consent.detail.message_id);
    out["ip"] = json_text(consent.origin ? consent.origin->ip : "");
    out["user_agent"] = json_text(consent.origin ? consent.origin->user_agent : "");
    out["controller"] = json_text(consent.controller);
    out["wording"] = json_text(consent.wording);
    out["wording_hash"] = json_text(hex_encode(entry.wording_hash));
    out["hash"] = json_text(hex_encode(entry.hash));
    return out;
}

json::object subscription_json(const audience::ReaderSubscription& subscription) {
    json::object out;
    out["list"] = json_text(subscription.list_slug);
    out["state"] = json_text(subscription.state);
    out["requested_at"] = json_time(subscription.requested_at);
    out["confirmed_at"] = json_time(subscription.confirmed_at);
    out["left_at"] = json_time(subscription.left_at);
    out["frequency"] = json_text(model::to_string(subscription.frequency));
    return out;
}

json::value terms_json(const std::optional<model::ReaderTerms>& terms) {
    if (!terms) {
        return nullptr;
    }
    json::object out;
    out["zone"] = json_text(terms->zone);
    out["daily_max"] = terms->daily_max;
    out["digest_at"] = json_text(model::minute_text(terms->digest_minute));
    out["quiet_from"] = json_text(terms->quiet ? model::minute_text(terms->quiet->from) : "");
    out["quiet_to"] = json_text(terms->quiet ? model::minute_text(terms->quiet->to) : "");
    return out;
}

enum class When { Moment, Day };

json::array alerts_json(const std::vector<audience::ReaderAlert>& alerts, const char* when,
                        When kind = When::Moment) {
    json::array out;
    for (const audience::ReaderAlert& alert : alerts) {
        json::object one;
        one["alert"] = alert.alert.value();
        one["headline"] = json_text(alert.headline);
        one["list"] = json_text(alert.list_slug);
        one[when] =
            kind == When::Day ? json::value(rfc3339(alert.at).substr(0, 10)) : json_time(alert.at);
        out.push_back(std::move(one));
    }
    return out;
}

json::array mails_json(const std::vector<audience::ReaderMail>& mails) {
    json::array out;
    for (const audience::ReaderMail& mail : mails) {
        json::object one;
        one["id"] = mail.id.value();
        one["state"] = json_text(mail.state);
        one["created_at"] = json_time(mail.created_at);
        one["done_at"] = json_time(mail.done_at);
        out.push_back(std::move(one));
    }
    return out;
}

json::array budgets_json(const std::vector<audience::ReaderBudget>& budgets) {
    json::array out;
    for (const audience::ReaderBudget& budget : budgets) {
        json::object one;
        one["kind"] = json_text(budget.kind);
        json::array sent;
        for (const Time at : budget.sent) {
            sent.push_back(json_time(at));
        }
        one["sent"] = std::move(sent);
        one["blocked_until"] = json_time(budget.blocked_until);
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace

json::object reader_json(const audience::ReaderRecord& record) {
    json::object out;
    out["id"] = record.id.value();
    out["address"] = json_text(record.address);
    out["locale"] = json_text(record.locale);
    out["tag"] = json_text(record.tag);
    out["created_at"] = json_time(record.created_at);
    out["suppressed"] = record.suppressed;
    out["suppression_reason"] = json_text(record.suppression_reason);
    json::array subscriptions;
    for (const audience::ReaderSubscription& subscription : record.subscriptions) {
        subscriptions.push_back(subscription_json(subscription));
    }
    out["subscriptions"] = std::move(subscriptions);
    json::array purposes;
    for (const audience::ReaderPurpose& purpose : record.purposes) {
        json::object one;
        one["purpose"] = json_text(purpose.purpose);
        one["granted"] = purpose.granted;
        one["changed_at"] = json_time(purpose.changed_at);
        purposes.push_back(std::move(one));
    }
    out["purposes"] = std::move(purposes);
    json::array consent;
    for (const audience::ReaderConsent& event : record.consent) {
        consent.push_back(consent_json(event));
    }
    out["consent"] = std::move(consent);
    out["terms"] = terms_json(record.terms);
    out["muted_stories"] = alerts_json(record.muted, "muted_at");
    out["waiting_for_digest"] = alerts_json(record.waiting, "due_at");
    out["in_digests"] = alerts_json(record.in_digests, "sent_at");
    out["counted_for_daily_max"] = alerts_json(record.counted, "day", When::Day);
    out["mails"] = mails_json(record.mails);
    out["mail_budgets"] = budgets_json(record.budgets);
    return out;
}

json::object import_json(const audience::ImportProgress& progress) {
    json::object out;
    out["id"] = progress.job;
    out["next_row"] = progress.next_row;
    out["accepted"] = progress.accepted;
    out["refused"] = progress.refused;
    out["duplicates"] = progress.duplicates;
    out["kept_out"] = progress.kept_out;
    out["finished"] = progress.finished;
    return out;
}

}  // namespace tocsin::web
