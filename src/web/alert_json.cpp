#include "web/alert_json.h"

#include "base/bytes.h"
#include "store/terms.h"
#include "web/api_support.h"

namespace tocsin::web {

namespace json = boost::json;

json::object alert_json(const store::FullAlert& full, const std::vector<store::ListName>& lists,
                        const std::string& public_url) {
    const store::AlertRow& alert = full.alert;
    json::object out;
    out["id"] = alert.id.value();
    out["kind"] = json_text(model::to_string(alert.kind));
    out["state"] = json_text(model::to_string(alert.state));
    out["of"] = alert.of.valid() ? json::value(alert.of.value()) : json::value(nullptr);
    out["headline"] = json_text(full.content.headline);
    out["summary"] = json_text(full.content.summary);
    out["url"] = json_text(full.content.url);
    out["body"] = json_text(full.content.body);
    json::array slugs;
    for (const store::ListName& list : lists) {
        slugs.push_back(json_text(list.slug));
    }
    out["lists"] = std::move(slugs);
    out["priority"] = json_text(model::to_string(full.content.priority));
    out["from"] =
        json_text(fmt::format("{} <{}>", full.content.from_name, full.content.from_address));
    out["not_after_seconds"] = full.content.not_after.count();
    out["at_most_once"] = full.content.repeat == model::Repeat::AtMostOnce;
    out["slug"] = json_text(alert.slug);
    out["page_url"] = json_text(public_url + "/alerts/" + alert.slug);
    out["revision"] = full.revision.number;
    out["hash"] = json_text(hex_encode(full.revision.hash));
    out["revised_by"] = json_text(full.revision.created_by);
    out["created_by"] = json_text(alert.created_by);
    out["created_at"] = json_time(alert.created_at);
    out["approved_at"] = json_time(alert.approved_at);
    out["released_at"] = json_time(alert.released_at);
    out["stopped_at"] = json_time(alert.stopped_at);
    out["finished_at"] = json_time(alert.finished_at);
    out["not_after"] = json_time(alert.not_after);
    return out;
}

void add_approvals(json::object& object, const alerts::Approvals& approvals) {
    json::array given;
    for (const store::ApprovalRow& approval : approvals.given) {
        json::object one;
        one["by"] = json_text(approval.approved_by);
        one["at"] = json_time(approval.approved_at);
        one["hash"] = json_text(hex_encode(approval.hash));
        given.push_back(std::move(one));
    }
    object["approvals"] = std::move(given);
    object["approvals_needed"] = approvals.needed;
}

void add_status(json::object& object, const delivery::AlertStatus& status) {
    boost::system::error_code failed;
    const json::value counts = json::parse(status.json(), failed);
    if (failed || !counts.is_object()) {
        return;
    }
    for (const json::key_value_pair& field : counts.get_object()) {
        object[field.key()] = field.value();
    }
}

Task<Result<delivery::AlertStatus>> read_status(const NewsroomServices& services, AlertId id) {
    auto look = [&view = services.delivery,
                 id](store::Database& db) -> Result<delivery::AlertStatus> {
        return delivery::alert_status(db, id, view.progress(db, id));
    };
    co_return co_await services.store.read(std::move(look));
}

Task<Result<json::object>> read_alert_json(const NewsroomServices& services, AlertId id) {
    CO_TRY_AS(alerts::AlertView view, co_await services.alerts.find(id));
    CO_TRY_AS(delivery::AlertStatus status, co_await read_status(services, id));
    struct Around {
        std::vector<store::ListName> lists, exclude;
        std::int64_t held = 0;
    };
    auto look = [content = view.full.content, id](store::Database& db) -> Result<Around> {
        return Around{store::find_list_names(db, content.lists),
                      store::find_list_names(db, content.exclude), store::count_held(db, id)};
    };
    CO_TRY_AS(const Around around, co_await services.store.read(std::move(look)));
    json::object out = alert_json(view.full, around.lists, services.public_url);
    json::array exclude;
    for (const store::ListName& list : around.exclude) {
        exclude.push_back(json_text(list.slug));
    }
    out["exclude"] = std::move(exclude);
    out["held_for_digests"] = around.held;
    add_approvals(out, view.approvals);
    add_status(out, status);
    co_return out;
}

}  // namespace tocsin::web
