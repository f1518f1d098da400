#include "app/cli_import.h"

#include <fstream>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "audience/import_reader.h"
#include "base/bytes.h"

namespace tocsin::app {

namespace {

namespace json = boost::json;

// A number of the service's answer; 0 if it is not there.
std::int64_t number_of(const json::value& object, std::string_view key) {
    const json::value* field = object.is_object() ? object.as_object().if_contains(key) : nullptr;
    return field != nullptr && field->is_int64() ? field->as_int64() : 0;
}

void note_progress(ImportSummary& summary, const json::value& job) {
    summary.accepted = number_of(job, "accepted");
    summary.refused = number_of(job, "refused");
    summary.duplicates = number_of(job, "duplicates");
    summary.kept_out = number_of(job, "kept_out");
    summary.rows = number_of(job, "next_row");
}

Result<std::string> hash_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return not_found(fmt::format("cannot read {}", path));
    }
    return audience::ImportReader::file_hash(in);
}

json::array rows_json(const std::vector<audience::ImportRow>& rows) {
    json::array out;
    for (const audience::ImportRow& row : rows) {
        json::object one;
        if (row.unreadable.empty()) {
            one["address"] = row.address;
            one["source"] = std::string(to_string(row.source));
            if (row.state != audience::ImportState::Active) {
                one["state"] = std::string(to_string(row.state));
            }
            if (row.consented_at) {
                one["consented_at"] = rfc3339(*row.consented_at);
            }
            if (row.left_at) {
                one["left_at"] = rfc3339(*row.left_at);
            }
        } else {
            one["unreadable"] = row.unreadable;
        }
        out.push_back(std::move(one));
    }
    return out;
}

void report_refused(const json::value& answer, const audience::ImportChunk& chunk,
                    const OnRefused& refused) {
    const json::value* list = answer.as_object().if_contains("refused_rows");
    if (list == nullptr || !list->is_array()) {
        return;
    }
    for (const json::value& one : list->as_array()) {
        const auto at = static_cast<std::size_t>(number_of(one, "row") - chunk.first_row);
        const json::value* reason = one.as_object().if_contains("reason");
        refused(at < chunk.lines.size() ? chunk.lines[at] : 0,
                reason != nullptr && reason->is_string() ? std::string(reason->as_string())
                                                         : "refused");
    }
}

}  // namespace

Result<ImportSummary> import_file(ControlClient& service, const ImportOrder& order,
                                  const OnRefused& refused) {
    TRY_AS(const std::string file_hash, hash_of(order.file));
    const json::object start = {{"list", order.list},
                                {"consent_source", order.consent_source},
                                {"file_hash", hex_encode(file_hash)}};
    TRY_AS(const json::value job, service.post("/api/v1/imports", start));
    const std::int64_t id = number_of(job, "id");
    ImportSummary summary;
    summary.resumed_at = number_of(job, "next_row");

    std::ifstream in(order.file, std::ios::binary);
    audience::ImportReader reader(in);
    reader.skip_to(summary.resumed_at);
    for (;;) {
        TRY_AS(const std::optional<audience::ImportChunk> chunk, reader.next());
        if (!chunk) {
            break;
        }
        const json::object body = {{"first_row", chunk->first_row},
                                   {"rows", rows_json(chunk->rows)}};
        TRY_AS(const json::value answer,
               service.post(fmt::format("/api/v1/imports/{}/rows", id), body));
        report_refused(answer, *chunk, refused);
    }
    TRY_AS(const json::value done,
           service.post(fmt::format("/api/v1/imports/{}/finish", id), json::object{}));
    note_progress(summary, done);
    summary.source = audience::to_string(reader.source());
    return summary;
}

}  // namespace tocsin::app
