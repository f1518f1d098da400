// Imports: a job for one file (known by its hash) into one list, then its rows in chunks. A chunk
// that is sent again is skipped; a client that was killed asks where to go on (next_row).
#include "audience/audience.h"
#include "audience/import_columns.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "web/api_routes.h"
#include "web/api_support.h"
#include "web/audience_json.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

Task<Result<audience::ImportProgress>> start_import(const ApiCall& call) {
    CO_TRY_AS(JsonBody body, JsonBody::parse(call.request()));
    audience::ImportStart start;
    start.list = body.text("list");
    start.consent_source = body.text("consent_source");
    const std::string hash = body.text("file_hash");
    CO_TRY(body.done());
    const auto raw = hex_decode(hash);
    if (!raw || raw->size() != kSha256Bytes) {
        co_return invalid("\"file_hash\" must be the file's SHA-256 (64 hex digits).");
    }
    start.file_hash = *raw;
    co_return co_await call.services.audience.start_import(std::move(start));
}

Task<net::HttpResponse> post_import(ApiCall call) {
    const Result<audience::ImportProgress> progress = co_await start_import(call);
    co_return progress ? api_json(200, import_json(*progress)) : api_problem(progress.error());
}

// Text of a member that may be missing; nothing if it is there and no text.
std::optional<std::string_view> text_or_empty(const json::object& row, std::string_view name) {
    const json::value* value = row.if_contains(name);
    if (value == nullptr) {
        return std::string_view();
    }
    return value->is_string() ? std::optional<std::string_view>(value->get_string()) : std::nullopt;
}

// "state", "source", "consented_at" and "left_at": what the file says beside the address.
Status read_past(const json::object& from, audience::ImportRow& row) {
    const auto state = text_or_empty(from, "state");
    const auto source = text_or_empty(from, "source");
    const auto consented = text_or_empty(from, "consented_at");
    const auto left = text_or_empty(from, "left_at");
    if (!state || !source || !consented || !left) {
        return invalid("What a row says beside its address is text.");
    }
    const auto known_state = audience::parse_import_state(state->empty() ? "active" : *state);
    const auto known_source = audience::parse_import_source(source->empty() ? "csv" : *source);
    row.consented_at = audience::parse_moment(*consented);
    row.left_at = audience::parse_moment(*left);
    if (!known_state || !known_source || row.consented_at.has_value() == consented->empty() ||
        row.left_at.has_value() == left->empty()) {
        return invalid(
            "A row's \"state\", \"source\", \"consented_at\" or \"left_at\" is none that is "
            "known.");
    }
    row.state = *known_state;
    row.source = *known_source;
    return {};
}

// {"address": "...", ...} or {"unreadable": "why the row could not be read"}.
Result<std::vector<audience::ImportRow>> parse_rows(const json::array* rows) {
    if (rows == nullptr) {
        return invalid("\"rows\" must be an array.");
    }
    std::vector<audience::ImportRow> out;
    out.reserve(rows->size());
    for (const json::value& value : *rows) {
        const json::object* object = value.if_object();
        const json::value* address = object != nullptr ? object->if_contains("address") : nullptr;
        const json::value* broken = object != nullptr ? object->if_contains("unreadable") : nullptr;
        audience::ImportRow row;
        if (address != nullptr && address->is_string() && broken == nullptr) {
            row.address = std::string(address->get_string());
            TRY(read_past(*object, row));
        } else if (broken != nullptr && broken->is_string() && address == nullptr) {
            row.unreadable = std::string(broken->get_string());
        } else {
            return invalid("Each row has either \"address\" or \"unreadable\".");
        }
        out.push_back(std::move(row));
    }
    return out;
}

Task<Result<json::object>> add_rows(const ApiCall& call) {
    CO_TRY_AS(std::int64_t job, path_id(call.context, "id"));
    CO_TRY_AS(JsonBody body, JsonBody::parse(call.request()));
    const std::int64_t first_row = body.integer("first_row").value_or(-1);
    const json::array* sent = body.array("rows");
    CO_TRY(body.done());
    if (first_row < 0) {
        co_return invalid("\"first_row\" must be the number of the first row, from 0.");
    }
    CO_TRY_AS(std::vector<audience::ImportRow> rows, parse_rows(sent));
    CO_TRY_AS(audience::ImportChunkResult result,
              co_await call.services.audience.import_rows(job, first_row, std::move(rows)));
    json::object out = import_json(result.progress);
    json::array refused;
    for (const audience::RefusedRow& row : result.refused) {
        json::object one;
        one["row"] = row.row;
        one["reason"] = json_text(row.reason);
        refused.push_back(std::move(one));
    }
    out["refused_rows"] = std::move(refused);
    co_return out;
}

Task<net::HttpResponse> post_rows(ApiCall call) {
    const Result<json::object> answer = co_await add_rows(call);
    co_return answer ? api_json(200, *answer) : api_problem(answer.error());
}

Task<net::HttpResponse> post_finish(ApiCall call) {
    const Result<std::int64_t> job = path_id(call.context, "id");
    if (!job) {
        co_return api_problem(job.error());
    }
    const Result<audience::ImportProgress> progress =
        co_await call.services.audience.finish_import(*job);
    co_return progress ? api_json(200, import_json(*progress)) : api_problem(progress.error());
}

}  // namespace

void add_api_import_routes(Router& router, const NewsroomServices& services) {
    using model::Permission;
    add_api(router, services, "POST", "/api/v1/imports", Permission::ChangeSubscribers,
            post_import);
    add_api(router, services, "POST", "/api/v1/imports/{id}/rows", limits::kHttpImportBodyBytesMax,
            Permission::ChangeSubscribers, post_rows);
    add_api(router, services, "POST", "/api/v1/imports/{id}/finish", Permission::ChangeSubscribers,
            post_finish);
}

}  // namespace tocsin::web
