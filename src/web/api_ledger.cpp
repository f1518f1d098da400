// Who got an alert: the ledger as CSV or JSON, streamed partition by partition, and its proof.
#include <stdexcept>

#include "alerts/alerts.h"
#include "base/csv.h"
#include "base/log.h"
#include "delivery/ledger_export.h"
#include "web/api_routes.h"
#include "web/api_support.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

enum class Format { Csv, Json };

struct LedgerPart {
    std::string text;
    bool more = false;
};

json::object line_json(const delivery::LedgerLine& line) {
    json::object out;
    out["ordinal"] = line.ordinal;
    out["address"] = json_text(line.address);
    out["outcome"] = json_text(line.outcome);
    out["at"] = json_time(line.at);
    out["message_id"] = json_text(line.message_id);
    out["reply"] = json_text(line.reply);
    return out;
}

// One partition as text. JSON is one array over all parts.
Result<LedgerPart> read_part(store::Database& db, AlertId id, std::int64_t partition,
                             std::string_view message_id_domain, Format format) {
    std::vector<delivery::LedgerLine> lines;
    LedgerPart part;
    TRY_AS(part.more, delivery::read_ledger_partition(db, id, partition, message_id_domain, lines));
    for (const delivery::LedgerLine& line : lines) {
        if (format == Format::Csv) {
            part.text += delivery::ledger_csv(line);
            continue;
        }
        part.text += line.ordinal == 0 ? "\n" : ",\n";
        part.text += json::serialize(line_json(line));
    }
    return part;
}

Task<Result<LedgerPart>> next_part(const NewsroomServices& services, AlertId id,
                                   std::int64_t partition, Format format) {
    auto look = [id, partition, format, domain = services.alerts.settings().message_id_domain](
                    store::Database& db) -> Result<LedgerPart> {
        return read_part(db, id, partition, domain, format);
    };
    co_return co_await services.store.read(std::move(look));
}

// An error in the middle cuts the connection: a file that ends early must not look complete.
Task<void> stream_ledger(const NewsroomServices& services, AlertId id, Format format,
                         LedgerPart part, net::HttpStream& stream) {
    const std::string head = format == Format::Csv ? delivery::ledger_csv_header() : "[";
    if (!co_await stream.write(head)) {
        co_return;
    }
    for (std::int64_t partition = 1;; ++partition) {
        if (!part.text.empty() && !co_await stream.write(std::move(part.text))) {
            co_return;
        }
        if (!part.more) {
            break;
        }
        Result<LedgerPart> next = co_await next_part(services, id, partition, format);
        if (!next) {
            throw std::runtime_error("the ledger could not be read: " + next.error().message());
        }
        part = std::move(*next);
    }
    if (format == Format::Json) {
        (void)co_await stream.write("\n]\n");
    }
}

Format wanted_format(const net::HttpRequest& request, const net::Form& query) {
    if (query.has("format")) {
        return query.get("format") == "json" ? Format::Json : Format::Csv;
    }
    const std::string_view accept = request.headers.get("Accept");
    return accept.find("application/json") != std::string_view::npos ? Format::Json : Format::Csv;
}

Task<Result<net::HttpResponse>> ledger_response(const ApiCall& call) {
    CO_TRY_AS(std::int64_t number, path_id(call.context, "id"));
    CO_TRY_AS(net::Form query, net::parse_urlencoded(call.request().query));
    const std::string_view asked = query.get("format");
    if (!asked.empty() && asked != "csv" && asked != "json") {
        co_return invalid("\"format\" must be csv or json.");
    }
    const AlertId id(number);
    const Format format = wanted_format(call.request(), query);
    const NewsroomServices& services = call.services;
    // The first part before the status line, so that "no such alert" is a 404.
    CO_TRY_AS(LedgerPart first, co_await next_part(services, id, 0, format));
    net::HttpResponse response;
    response.headers.set("Content-Type",
                         format == Format::Csv ? "text/csv; charset=utf-8" : "application/json");
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("Content-Disposition",
                         fmt::format("attachment; filename=\"alert-{}-ledger.{}\"", number,
                                     format == Format::Csv ? "csv" : "json"));
    response.stream = [&services, id, format, first](net::HttpStream& stream) {
        return stream_ledger(services, id, format, first, stream);
    };
    co_return response;
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
