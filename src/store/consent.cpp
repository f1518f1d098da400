#include "store/consent.h"

#include <algorithm>

#include "base/crypto.h"

namespace tocsin::store {

namespace {

Blob blob(std::string_view bytes) {
    return Blob{std::string(bytes)};
}

model::ConsentEntry read_entry(const Row& row) {
    model::ConsentEntry entry;
    entry.seq = row.integer(0);
    entry.type = row.text(1);
    entry.subject = row.blob(2);
    if (const auto list = row.maybe_integer(3)) {
        entry.list = ListId(*list);
    }
    entry.purpose = row.text(4);
    entry.wording_hash = row.is_null(5) ? std::string() : row.blob(5);
    entry.page_url = row.text(6);
    entry.method = row.text(7);
    entry.actor = row.text(8);
    entry.at = row.time(9);
    entry.pii_commit = row.blob(10);
    entry.prev_hash = row.blob(11);
    entry.hash = row.blob(12);
    return entry;
}

model::ConsentEntry entry_of(const NewConsent& event, const ConsentHead& head) {
    model::ConsentEntry entry;
    entry.seq = head.seq + 1;
    entry.type = to_string(event.type);
    entry.subject = event.subject;
    entry.list = event.list;
    entry.purpose = to_string(event.purpose);
    entry.page_url = event.page_url;
    entry.method = to_string(event.method);
    entry.actor = event.actor;
    entry.at = event.at;
    entry.pii_commit = event.pii_commit;
    entry.prev_hash = head.hash;
    return entry;
}

void insert_entry(Database& db, const model::ConsentEntry& entry) {
    const std::optional<Blob> wording_hash =
        entry.wording_hash.empty() ? std::nullopt : std::optional(blob(entry.wording_hash));
    db.execute(
        "INSERT INTO consent_event (seq, type, subject, list_id, purpose, wording_hash, "
        "page_url, method, actor, at, pii_commit, prev_hash, hash) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        {entry.seq, entry.type, blob(entry.subject), entry.list, entry.purpose, wording_hash,
         entry.page_url, entry.method, entry.actor, entry.at, blob(entry.pii_commit),
         blob(entry.prev_hash), blob(entry.hash)});
}

}  // namespace

void append_consent(Database& db, const std::vector<NewConsent>& events) {
    if (events.empty()) {
        return;
    }
    ConsentHead head = consent_head(db);
    const std::string* wording = nullptr;  // the last one stored; an import's are all alike
    std::string wording_hash;
    for (const NewConsent& event : events) {
        model::ConsentEntry entry = entry_of(event, head);
        if (!event.wording.empty()) {
            if (wording == nullptr || *wording != event.wording) {
                wording = &event.wording;
                wording_hash = sha256(event.wording);
                db.execute(
                    "INSERT INTO consent_wording (hash, text) VALUES ($1, $2) "
                    "ON CONFLICT (hash) DO NOTHING",
                    {blob(wording_hash), event.wording});
            }
            entry.wording_hash = wording_hash;
        }
        entry.hash = model::consent_hash(entry);
        insert_entry(db, entry);
        head = {entry.seq, entry.hash};
    }
    db.execute(
        "INSERT INTO consent_head (id, seq, hash) VALUES (1, $1, $2) "
        "ON CONFLICT (id) DO UPDATE SET seq = $1, hash = $2",
        {head.seq, blob(head.hash)});
}

ConsentHead consent_head(Database& db) {
    const auto row = db.first("SELECT seq, hash FROM consent_head WHERE id = 1");
    return row ? ConsentHead{row->integer(0), row->blob(1)}
               : ConsentHead{0, model::consent_genesis()};
}

std::vector<model::ConsentEntry> consent_after(Database& db, std::int64_t seq, int limit) {
    std::vector<model::ConsentEntry> out;
    db.for_each(
        "SELECT seq, type, subject, list_id, purpose, wording_hash, page_url, method, "
        "actor, at, pii_commit, prev_hash, hash FROM consent_event WHERE seq > $1 "
        "ORDER BY seq LIMIT $2",
        {seq, limit}, [&](const Row& row) { out.push_back(read_entry(row)); });
    return out;
}

std::vector<model::ConsentEntry> consent_of(Database& db, std::string_view subject, int limit) {
    std::vector<model::ConsentEntry> out;
    db.for_each(
        "SELECT seq, type, subject, list_id, purpose, wording_hash, page_url, method, "
        "actor, at, pii_commit, prev_hash, hash FROM consent_event WHERE subject = $1 "
        "ORDER BY seq DESC LIMIT $2",
        {blob(subject), limit}, [&](const Row& row) { out.push_back(read_entry(row)); });
    std::ranges::reverse(out);
    return out;
}

std::string consent_wording(Database& db, std::string_view hash) {
    const auto row = db.first("SELECT text FROM consent_wording WHERE hash = $1", {blob(hash)});
    return row ? row->text(0) : std::string();
}

}  // namespace tocsin::store
