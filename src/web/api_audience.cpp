// Lists and readers of the API.
#include "audience/audience.h"
#include "web/api_routes.h"
#include "web/api_support.h"
#include "web/audience_json.h"
#include "web/list_export.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

using model::Permission;

audience::Evidence evidence_of(const ApiCall& call) {
    audience::Evidence evidence;
    evidence.method = call.caller.via == Caller::Via::Token ? model::ConsentMethod::Api
                                                            : model::ConsentMethod::Operator;
    evidence.actor = call.caller.actor.name;
    return evidence;
}

Task<net::HttpResponse> get_lists(ApiCall call) {
    const Result<std::vector<audience::ListInfo>> lists =
        co_await call.services.audience.show_lists();
    if (!lists) {
        co_return api_problem(lists.error());
    }
    json::array items;
    for (const audience::ListInfo& list : *lists) {
        items.push_back(list_json(list));
    }
    json::object out;
    out["lists"] = std::move(items);
    co_return api_json(200, out);
}

Task<Result<audience::ListInfo>> create_list(const ApiCall& call) {
    CO_TRY_AS(JsonBody body, JsonBody::parse(call.request()));
    audience::NewList list;
    list.slug = body.text("slug");
    list.name = body.text("name");
    list.description = body.text("description");
    list.language = body.text("language");
    CO_TRY(body.done());
    co_return co_await call.services.audience.create_list(std::move(list));
}

Task<net::HttpResponse> post_list(ApiCall call) {
    const Result<audience::ListInfo> list = co_await create_list(call);
    co_return list ? api_json(201, list_json(*list)) : api_problem(list.error());
}

Task<Result<audience::ListInfo>> set_list_language(const ApiCall& call) {
    CO_TRY_AS(JsonBody body, JsonBody::parse(call.request()));
    std::string language = body.text("language");
    CO_TRY(body.done());
    co_return co_await call.services.audience.set_list_language(call.context.param("slug"),
                                                                std::move(language));
}

Task<net::HttpResponse> post_list_language(ApiCall call) {
    const Result<audience::ListInfo> list = co_await set_list_language(call);
    co_return list ? api_json(200, list_json(*list)) : api_problem(list.error());
}

Task<net::HttpResponse> get_list(ApiCall call) {
    const Result<audience::ListInfo> list =
        co_await call.services.audience.show_list(call.context.param("slug"));
    co_return list ? api_json(200, list_json(*list)) : api_problem(list.error());
}

Task<net::HttpResponse> get_list_export(ApiCall call) {
    Result<net::HttpResponse> response =
        co_await list_export(call.services, call.context.param("slug"));
    co_return response ? std::move(*response) : api_problem(response.error());
}

Task<net::HttpResponse> get_subscriber(ApiCall call) {
    const Result<audience::ReaderRecord> record =
        co_await call.services.audience.show_by_address(call.context.param("address"));
    co_return record ? api_json(200, reader_json(*record)) : api_problem(record.error());
}

Task<net::HttpResponse> get_subscriber_export(ApiCall call) {
    const Result<audience::ReaderRecord> record = co_await call.services.audience.export_by_address(
        call.context.param("address"), evidence_of(call));
    co_return record ? api_json(200, reader_json(*record)) : api_problem(record.error());
}

Task<net::HttpResponse> delete_subscriber(ApiCall call) {
    const Status erased = co_await call.services.audience.erase_by_address(
        call.context.param("address"), evidence_of(call));
    if (!erased) {
        co_return api_problem(erased.error());
    }
    net::HttpResponse response;
    response.status = 204;
    co_return response;
}

}  // namespace

void add_api_audience_routes(Router& router, const NewsroomServices& services) {
    const auto add = [&router, &services](std::string_view method, std::string_view pattern,
                                          Permission permission, ApiHandler handler) {
        add_api(router, services, method, pattern, permission, handler);
    };
    add("GET", "/api/v1/lists", Permission::ReadLists, get_lists);
    add("POST", "/api/v1/lists", Permission::ChangeLists, post_list);
    add("GET", "/api/v1/lists/{slug}", Permission::ReadLists, get_list);
    add("POST", "/api/v1/lists/{slug}/language", Permission::ChangeLists, post_list_language);
    add("GET", "/api/v1/lists/{slug}/export", Permission::ReadSubscribers, get_list_export);
    add("GET", "/api/v1/subscribers/{address}", Permission::ReadSubscribers, get_subscriber);
    // POST, because it is recorded in the reader's consent history.
    add("POST", "/api/v1/subscribers/{address}/export", Permission::ReadSubscribers,
        get_subscriber_export);
    add("DELETE", "/api/v1/subscribers/{address}", Permission::ChangeSubscribers,
        delete_subscriber);
}

}  // namespace tocsin::web
