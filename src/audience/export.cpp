// A list's readers as CSV, page by page: memory and the time that others wait for the store thread
// do not grow with the list. Readers who join or leave meanwhile are in it or not, never twice.
#include "audience/audience.h"
#include "base/csv.h"
#include "store/subscribers.h"

namespace tocsin::audience {

namespace {

constexpr int kExportRows = 1'000;  // one read

std::string moment(const std::optional<Time>& time) {
    return time ? rfc3339(*time) : std::string();
}

void write_member(std::string& out, const store::ListMember& member) {
    write_csv_row(
        out,
        {member.address, member.state, rfc3339(member.requested_at), moment(member.confirmed_at),
         moment(member.left_at), member.marketing ? "yes" : "no"},
        CsvMode::SpreadsheetSafe);
}

}  // namespace

Task<Status> Audience::export_list(std::string slug, ExportSink sink) {
    auto find = [slug](store::Database& db) -> Result<store::ListRow> {
        return store::require_list(db, slug);
    };
    CO_TRY_AS(const store::ListRow list, co_await store_.read(std::move(find)));
    std::string part;
    write_csv_row(part,
                  {"address", "state", "requested_at", "confirmed_at", "left_at", "marketing"});
    SubscriberId after;
    for (bool more = true; more;) {
        auto page = [id = list.id,
                     after](store::Database& db) -> Result<std::vector<store::ListMember>> {
            return store::list_members(db, id, after, kExportRows);
        };
        CO_TRY_AS(const std::vector<store::ListMember> members,
                  co_await store_.read(std::move(page)));
        for (const store::ListMember& member : members) {
            write_member(part, member);
            after = member.id;
        }
        more = !members.empty();
        if (!part.empty()) {
            CO_TRY(co_await sink(std::move(part)));
            part.clear();
        }
    }
    co_return Status();
}

}  // namespace tocsin::audience
