#include "web/ledger_download.h"

#include <stdexcept>

#include "alerts/alerts.h"
#include "delivery/ledger_export.h"
#include "web/api_support.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

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
                             std::string_view message_id_domain, LedgerFormat format) {
    std::vector<delivery::LedgerLine> lines;
    LedgerPart part;
    TRY_AS(part.more, delivery::read_ledger_partition(db, id, partition, message_id_domain, lines));
    for (const delivery::LedgerLine& line : lines) {
        if (format == LedgerFormat::Csv) {
            part.text += delivery::ledger_csv(line);
            continue;
        }
        part.text += line.ordinal == 0 ? "\n" : ",\n";
        part.text += json::serialize(line_json(line));
    }
    return part;
}

Task<Result<LedgerPart>> next_part(const NewsroomServices& services, AlertId id,
                                   std::int64_t partition, LedgerFormat format) {
    auto look = [id, partition, format, domain = services.alerts.settings().message_id_domain](
                    store::Database& db) -> Result<LedgerPart> {
        return read_part(db, id, partition, domain, format);
    };
    co_return co_await services.store.read(std::move(look));
}

// An error in the middle cuts the connection: a file that ends early must not look complete.
Task<void> stream_ledger(const NewsroomServices& services, AlertId id, LedgerFormat format,
                         LedgerPart part, net::HttpStream& stream) {
    const std::string head = format == LedgerFormat::Csv ? delivery::ledger_csv_header() : "[";
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
    if (format == LedgerFormat::Json) {
        (void)co_await stream.write("\n]\n");
    }
}

}  // namespace

Task<Result<net::HttpResponse>> ledger_download(const NewsroomServices& services, AlertId id,
                                                LedgerFormat format) {
    // The first part before the status line, so that "no such alert" is a 404.
    CO_TRY_AS(LedgerPart first, co_await next_part(services, id, 0, format));
    net::HttpResponse response;
    const bool csv = format == LedgerFormat::Csv;
    response.headers.set("Content-Type", csv ? "text/csv; charset=utf-8" : "application/json");
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("Content-Disposition",
                         fmt::format("attachment; filename=\"alert-{}-ledger.{}\"", id.value(),
                                     csv ? "csv" : "json"));
    response.stream = [&services, id, format, first](net::HttpStream& stream) {
        return stream_ledger(services, id, format, first, stream);
    };
    co_return response;
}

}  // namespace tocsin::web
