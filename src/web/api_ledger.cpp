// Who got an alert: the ledger as CSV or JSON, streamed partition by partition, and its proof.
#include "delivery/ledger_export.h"
#include "web/api_routes.h"
#include "web/api_support.h"
#include "web/ledger_download.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

LedgerFormat wanted_format(const net::HttpRequest& request, const net::Form& query) {
    if (query.has("format")) {
        return query.get("format") == "json" ? LedgerFormat::Json : LedgerFormat::Csv;
    }
    const std::string_view accept = request.headers.get("Accept");
    return accept.find("application/json") != std::string_view::npos ? LedgerFormat::Json
                                                                     : LedgerFormat::Csv;
}

Task<Result<net::HttpResponse>> ledger_response(const ApiCall& call) {
    CO_TRY_AS(std::int64_t number, path_id(call.context, "id"));
    CO_TRY_AS(net::Form query, net::parse_urlencoded(call.request().query));
    const std::string_view asked = query.get("format");
    if (!asked.empty() && asked != "csv" && asked != "json") {
        co_return invalid("\"format\" must be csv or json.");
    }
    const LedgerFormat format = wanted_format(call.request(), query);
    co_return co_await ledger_download(call.services, AlertId(number), format);
}

Task<net::HttpResponse> get_ledger(ApiCall call) {
    Result<net::HttpResponse> response = co_await ledger_response(call);
    co_return response ? std::move(*response) : api_problem(response.error());
}

Task<Result<json::object>> verify_json(const ApiCall& call) {
    CO_TRY_AS(std::int64_t number, path_id(call.context, "id"));
    auto look = [number](store::Database& db) -> Result<delivery::LedgerCheck> {
        return delivery::verify_ledger(db, AlertId(number));
    };
    CO_TRY_AS(delivery::LedgerCheck check, co_await call.services.store.read(std::move(look)));
    json::object out;
    out["id"] = number;
    out["ok"] = check.problems.empty();
    out["audience"] = check.audience;
    out["delivered"] = check.counts.delivered;
    out["failed"] = check.counts.failed;
    out["expired"] = check.counts.expired;
    out["suppressed"] = check.counts.suppressed;
    out["unknown"] = check.counts.unknown;
    out["deferred"] = check.counts.deferred;
    out["pending"] = check.pending;
    json::array problems;
    for (const std::string& problem : check.problems) {
        problems.push_back(json_text(problem));
    }
    out["problems"] = std::move(problems);
    co_return out;
}

Task<net::HttpResponse> get_verify(ApiCall call) {
    const Result<json::object> check = co_await verify_json(call);
    co_return check ? api_json(200, *check) : api_problem(check.error());
}

}  // namespace

void add_api_ledger_routes(Router& router, const NewsroomServices& services) {
    using model::Permission;
    add_api(router, services, "GET", "/api/v1/alerts/{id}/ledger", Permission::ReadSubscribers,
            get_ledger);
    add_api(router, services, "GET", "/api/v1/alerts/{id}/verify", Permission::ReadAlerts,
            get_verify);
}

}  // namespace tocsin::web
