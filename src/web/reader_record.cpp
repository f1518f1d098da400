#include "web/reader_record.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/bytes.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

json::value time_or_null(const std::optional<Time>& time) {
    return time ? json::value(rfc3339(*time)) : json::value(nullptr);
}

json::object subscription_json(const audience::ReaderSubscription& subscription) {
    json::object out;
    out["list"] = subscription.list_slug;
    out["list_name"] = subscription.list_name;
    out["state"] = subscription.state;
    out["requested_at"] = rfc3339(subscription.requested_at);
    out["confirmed_at"] = time_or_null(subscription.confirmed_at);
    out["left_at"] = time_or_null(subscription.left_at);
    return out;
}

json::object consent_json(const audience::ReaderConsent& consent) {
    json::object out;
    out["seq"] = consent.entry.seq;
    out["type"] = consent.entry.type;
    out["list"] = consent.list_slug;
    out["purpose"] = consent.entry.purpose;
    out["wording"] = consent.wording;
    out["page_url"] = consent.entry.page_url;
    out["method"] = consent.entry.method;
    out["actor"] = consent.entry.actor;
    out["at"] = rfc3339(consent.entry.at);
    out["hash"] = hex_encode(consent.entry.hash);
    return out;
}

}  // namespace

std::string record_json(const audience::ReaderRecord& record) {
    json::object out;
    out["address"] = record.address;
    out["locale"] = record.locale;
    out["created_at"] = rfc3339(record.created_at);
    out["suppressed"] = record.suppressed;
    if (record.suppressed) {
        out["suppression_reason"] = record.suppression_reason;
    }
    json::array subscriptions;
    for (const auto& subscription : record.subscriptions) {
        subscriptions.push_back(subscription_json(subscription));
    }
    out["subscriptions"] = std::move(subscriptions);
    json::array purposes;
    for (const auto& purpose : record.purposes) {
        json::object item;
        item["purpose"] = purpose.purpose;
        item["granted"] = purpose.granted;
        item["changed_at"] = rfc3339(purpose.changed_at);
        purposes.push_back(std::move(item));
    }
    out["purposes"] = std::move(purposes);
    json::array consent;
    for (const auto& event : record.consent) {
        consent.push_back(consent_json(event));
    }
    out["consent"] = std::move(consent);
    return json::serialize(out) + "\n";
}

}  // namespace tocsin::web
