// The alerts of the API. An alert is created as a draft, or, with "release": true and a caller that
// may automate, created, approved and released in one transaction. Give an Idempotency-Key and the
// request can be repeated after a lost answer: one alert, one answer.
#include <algorithm>
#include <charconv>

#include "alerts/alerts.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "store/alerts.h"
#include "web/alert_json.h"
#include "web/api_routes.h"
#include "web/api_support.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

using model::Permission;

constexpr std::size_t kPageDefault = 50;
constexpr std::size_t kPageMax = 200;

struct AlertOrder {
    alerts::AlertDraft draft;
    std::vector<std::string> list_slugs, exclude_slugs;
    bool release = false;
    std::string seen;  // raw hash; of edits
};

Result<std::string> parse_hash(std::string_view hex) {
    const auto raw = hex_decode(hex);
    if (!raw || raw->size() != kSha256Bytes) {
        return invalid("\"hash\" must be the hash of the revision that you saw (64 hex digits).");
    }
    return *raw;
}

enum class Purpose { Create, Edit };

Result<AlertOrder> parse_order(const net::HttpRequest& request, Purpose purpose) {
    TRY_AS(JsonBody body, JsonBody::parse(request));
    AlertOrder order;
    alerts::AlertDraft& draft = order.draft;
    const std::string kind = body.text("kind", "alert");
    draft.of = AlertId(body.integer("of").value_or(0));
    draft.headline = body.text("headline");
    draft.summary = body.text("summary");
    draft.url = body.text("url");
    draft.body = body.text("body");
    draft.not_after = body.duration("not_after");
    draft.repeat = body.boolean("at_most_once") ? model::Repeat::AtMostOnce : model::Repeat::Resend;
    order.list_slugs = body.texts("lists");
    order.exclude_slugs = body.texts("exclude");
    const std::string priority = body.text("priority");
    if (purpose == Purpose::Create) {
        order.release = body.boolean("release");
    } else {
        const std::string hash = body.text("hash");
        TRY(body.done());
        TRY_AS(order.seen, parse_hash(hash));
    }
    TRY(body.done());
    const auto parsed = model::parse_alert_kind(kind);
    if (!parsed) {
        return invalid("\"kind\" must be alert, update, correction or retraction.");
    }
    draft.kind = *parsed;
    const auto weight = model::parse_priority(priority.empty() ? "normal" : priority);
    if (!weight) {
        return invalid("\"priority\" must be normal or major.");
    }
    draft.priority = *weight;
    return order;
}

Status resolve(const std::vector<store::ListName>& known, const std::vector<std::string>& slugs,
               std::vector<ListId>& ids) {
    for (const std::string& slug : slugs) {
        const auto found = std::ranges::find(known, slug, &store::ListName::slug);
        if (found == known.end()) {
            return not_found(fmt::format("There is no list \"{}\".", slug));
        }
        ids.push_back(found->id);
    }
    return {};
}

Task<Status> resolve_lists(const NewsroomServices& services, AlertOrder& order) {
    auto look = [](store::Database& db) -> Result<std::vector<store::ListName>> {
        return store::list_all_names(db);
    };
    CO_TRY_AS(std::vector<store::ListName> known, co_await services.store.read(std::move(look)));
    CO_TRY(resolve(known, order.list_slugs, order.draft.lists));
    CO_TRY(resolve(known, order.exclude_slugs, order.draft.exclude));
    co_return Status();
}

// What POST answers: small, and the same for every repeat of the request.
json::object creation_json(const alerts::Released& released, const std::string& public_url) {
    const store::FullAlert& full = released.view.full;
    json::object out;
    out["id"] = full.alert.id.value();
    out["kind"] = json_text(model::to_string(full.alert.kind));
    out["state"] = json_text(model::to_string(full.alert.state));
    out["revision"] = full.revision.number;
    out["hash"] = json_text(hex_encode(full.revision.hash));
    const bool sent = full.alert.released_at.has_value();
    out["audience"] = sent ? json::value(released.audience) : json::value(nullptr);
    out["created_at"] = json_time(full.alert.created_at);
    out["released_at"] = json_time(full.alert.released_at);
    out["not_after"] = json_time(full.alert.not_after);
    out["page_url"] = json_text(public_url + "/alerts/" + full.alert.slug);
    return out;
}

alerts::IdempotencyKey key_of(const ApiCall& call) {
    alerts::IdempotencyKey key;
    key.scope = call.caller.via == Caller::Via::Token
                    ? fmt::format("token:{}", call.caller.token_id)
                    : call.caller.actor.name;
    key.key = std::string(call.request().headers.get("Idempotency-Key"));
    key.request_hash = sha256(call.request().body);
    const std::string public_url = call.services.public_url;
    key.answer = [public_url](const alerts::Released& released) {
        return json::serialize(creation_json(released, public_url));
    };
    return key;
}

Task<Result<alerts::Released>> create_or_send(const ApiCall& call) {
    CO_TRY_AS(AlertOrder order, parse_order(call.request(), Purpose::Create));
    CO_TRY(co_await resolve_lists(call.services, order));
    alerts::IdempotencyKey key = key_of(call);
    if (order.release) {
        co_return co_await call.services.alerts.send(call.caller.actor, std::move(order.draft),
                                                     std::move(key));
    }
    co_return co_await call.services.alerts.create_once(call.caller.actor, std::move(order.draft),
                                                        std::move(key));
}

Task<net::HttpResponse> post_alert(ApiCall call) {
    Result<alerts::Released> created = co_await create_or_send(call);
    if (!created) {
        co_return api_problem(created.error());
    }
    if (created->again) {
        net::HttpResponse response = api_json(201, json::parse(created->kept_answer));
        response.headers.set("Idempotency-Replayed", "true");
        co_return response;
    }
    net::HttpResponse response = api_json(201, creation_json(*created, call.services.public_url));
    response.headers.set("Location",
                         fmt::format("/api/v1/alerts/{}", created->view.full.alert.id.value()));
    co_return response;
}

Task<Result<json::object>> list_page(const ApiCall& call) {
    CO_TRY_AS(net::Form query, net::parse_urlencoded(call.request().query));
    CO_TRY_AS(std::size_t limit, query_limit(query, kPageDefault, kPageMax));
    std::int64_t before = 0;
    if (query.has("cursor")) {
        const std::string cursor(query.get("cursor"));
        const auto [end, error] =
            std::from_chars(cursor.data(), cursor.data() + cursor.size(), before);
        if (error != std::errc() || end != cursor.data() + cursor.size() || before <= 0) {
            co_return invalid("The cursor is not one that this API gave.");
        }
    }
    auto look = [before, limit, public_url = call.services.public_url](
                    store::Database& db) -> Result<json::object> {
        std::vector<store::FullAlert> found = store::list_alerts(db, AlertId(before), limit + 1);
        json::object page;
        page["next_cursor"] = nullptr;
        if (found.size() > limit) {
            found.pop_back();
            page["next_cursor"] = json_text(std::to_string(found.back().alert.id.value()));
        }
        json::array items;
        for (const store::FullAlert& full : found) {
            const auto lists = store::find_list_names(db, full.content.lists);
            items.push_back(alert_json(full, lists, public_url));
        }
        page["alerts"] = std::move(items);
        return page;
    };
    co_return co_await call.services.store.read(std::move(look));
}

Task<net::HttpResponse> get_alerts(ApiCall call) {
    const Result<json::object> page = co_await list_page(call);
    co_return page ? api_json(200, *page) : api_problem(page.error());
}

Task<net::HttpResponse> answer_alert(const NewsroomServices& services, AlertId id) {
    const Result<json::object> alert = co_await read_alert_json(services, id);
    co_return alert ? api_json(200, *alert) : api_problem(alert.error());
}

Task<net::HttpResponse> get_alert(ApiCall call) {
    const Result<std::int64_t> id = path_id(call.context, "id");
    if (!id) {
        co_return api_problem(id.error());
    }
    co_return co_await answer_alert(call.services, AlertId(*id));
}

Task<Result<AlertId>> put_alert_now(const ApiCall& call) {
    CO_TRY_AS(std::int64_t id, path_id(call.context, "id"));
    CO_TRY_AS(AlertOrder order, parse_order(call.request(), Purpose::Edit));
    CO_TRY(co_await resolve_lists(call.services, order));
    CO_TRY(co_await call.services.alerts.revise(call.caller.actor, AlertId(id), order.seen,
                                                std::move(order.draft)));
    co_return AlertId(id);
}

enum class Move { Approve, CancelApproval, Release, Stop };

Result<std::string> seen_hash(const net::HttpRequest& request) {
    TRY_AS(JsonBody body, JsonBody::parse(request));
    const std::string hash = body.text("hash");
    TRY(body.done());
    return parse_hash(hash);
}

Task<Result<AlertId>> move_alert(const ApiCall& call, Move move) {
    CO_TRY_AS(std::int64_t number, path_id(call.context, "id"));
    const AlertId id(number);
    const model::Actor& actor = call.caller.actor;
    alerts::Alerts& alerts = call.services.alerts;
    if (move == Move::Stop) {
        CO_TRY(co_await alerts.stop(actor, id));
    } else if (move == Move::CancelApproval) {
        CO_TRY(co_await alerts.cancel_approval(actor, id));
    } else {
        CO_TRY_AS(std::string seen, seen_hash(call.request()));
        if (move == Move::Approve) {
            CO_TRY(co_await alerts.approve(actor, id, seen));
        } else {
            CO_TRY(co_await alerts.release(actor, id, seen));
        }
    }
    co_return id;
}

Task<net::HttpResponse> answer_moved(ApiCall call, Task<Result<AlertId>> moving) {
    const Result<AlertId> id = co_await std::move(moving);
    if (!id) {
        co_return api_problem(id.error());
    }
    co_return co_await answer_alert(call.services, *id);
}

Task<net::HttpResponse> put_alert(ApiCall call) {
    co_return co_await answer_moved(call, put_alert_now(call));
}
Task<net::HttpResponse> post_approve(ApiCall call) {
    co_return co_await answer_moved(call, move_alert(call, Move::Approve));
}
Task<net::HttpResponse> post_cancel_approval(ApiCall call) {
    co_return co_await answer_moved(call, move_alert(call, Move::CancelApproval));
}
Task<net::HttpResponse> post_release(ApiCall call) {
    co_return co_await answer_moved(call, move_alert(call, Move::Release));
}
Task<net::HttpResponse> post_stop(ApiCall call) {
    co_return co_await answer_moved(call, move_alert(call, Move::Stop));
}

Task<Result<json::object>> preview_json(const ApiCall& call) {
    CO_TRY_AS(std::int64_t id, path_id(call.context, "id"));
    CO_TRY_AS(alerts::AlertView view, co_await call.services.alerts.find(AlertId(id)));
    CO_TRY_AS(alerts::Preview preview, co_await call.services.alerts.preview(std::move(view)));
    json::object out;
    out["subject"] = json_text(preview.subject);
    out["text"] = json_text(preview.text);
    out["html"] = json_text(preview.html);
    json::array problems;
    for (const model::ContentProblem& problem : preview.problems) {
        json::object one;
        one["field"] = json_text(problem.field);
        one["message"] = json_text(problem.message);
        problems.push_back(std::move(one));
    }
    out["problems"] = std::move(problems);
    co_return out;
}

Task<net::HttpResponse> get_preview(ApiCall call) {
    const Result<json::object> preview = co_await preview_json(call);
    co_return preview ? api_json(200, *preview) : api_problem(preview.error());
}

}  // namespace

void add_api_alert_routes(Router& router, const NewsroomServices& services) {
    const auto add = [&router, &services](std::string_view method, std::string_view pattern,
                                          Permission permission, ApiHandler handler) {
        add_api(router, services, method, pattern, permission, handler);
    };
    add("POST", "/api/v1/alerts", Permission::WriteAlerts, post_alert);
    add("GET", "/api/v1/alerts", Permission::ReadAlerts, get_alerts);
    add("GET", "/api/v1/alerts/{id}", Permission::ReadAlerts, get_alert);
    add("PUT", "/api/v1/alerts/{id}", Permission::WriteAlerts, put_alert);
    add("GET", "/api/v1/alerts/{id}/preview", Permission::ReadAlerts, get_preview);
    add("POST", "/api/v1/alerts/{id}/approve", Permission::ApproveAlerts, post_approve);
    add("POST", "/api/v1/alerts/{id}/cancel-approval", Permission::WriteAlerts,
        post_cancel_approval);
    add("POST", "/api/v1/alerts/{id}/release", Permission::ReleaseAlerts, post_release);
    add("POST", "/api/v1/alerts/{id}/stop", Permission::StopAlerts, post_stop);
}

}  // namespace tocsin::web
