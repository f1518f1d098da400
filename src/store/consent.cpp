#include "store/consent.h"

#include <algorithm>
#include <map>

#include "base/crypto.h"
#include "store/consent_tree.h"

namespace tocsin::store {

namespace {

Blob blob(std::string_view bytes) {
    return Blob{std::string(bytes)};
}

std::optional<Blob> blob_or_null(std::string_view bytes) {
    return bytes.empty() ? std::nullopt : std::optional(blob(bytes));
}

std::string bytes_or_none(const Row& row, std::size_t column) {
    return row.is_null(column) ? std::string() : row.blob(column);
}

constexpr std::string_view kEntry =
    "e.seq, e.type, e.subject, e.list_id, e.purpose, e.wording_hash, e.page_url, e.method, "
    "e.actor, e.at, e.pii_commit, e.prev_hash, e.hash, e.format, e.list_name, e.controller_hash, "
    "e.detail_commit, e.origin_commit";
constexpr std::size_t kEntryColumns = 18;

model::ConsentEntry read_entry(const Row& row) {
    model::ConsentEntry entry;
    entry.seq = row.integer(0);
    entry.type = row.text(1);
    entry.subject = row.blob(2);
    if (const auto list = row.maybe_integer(3)) {
        entry.list = ListId(*list);
    }
    entry.purpose = row.text(4);
    entry.wording_hash = bytes_or_none(row, 5);
    entry.page_url = row.text(6);
    entry.method = row.text(7);
    entry.actor = row.text(8);
    entry.at = row.time(9);
    entry.pii_commit = row.blob(10);
    entry.prev_hash = row.blob(11);
    entry.hash = row.blob(12);
    entry.format = row.integer(13);
    entry.list_name = row.text(14);
    entry.controller_hash = bytes_or_none(row, 15);
    entry.detail_commit = bytes_or_none(row, 16);
    entry.origin_commit = bytes_or_none(row, 17);
    return entry;
}

constexpr std::string_view kBeside =
    "d.form_id, d.page_url, d.embed_origin, d.locale, d.message_id, d.token_hash, "
    "o.salt, o.ip, o.user_agent, s.salt, s.address_key";
constexpr std::string_view kFromAll =
    " FROM consent_event e LEFT JOIN consent_detail d ON d.seq = e.seq "
    "LEFT JOIN consent_origin o ON o.seq = e.seq LEFT JOIN subscriber s ON s.subject = e.subject ";

ConsentRow read_row(const Row& row) {
    ConsentRow out;
    out.entry = read_entry(row);
    std::size_t at = kEntryColumns;
    if (!row.is_null(at)) {
        out.detail =
            model::ConsentDetail{row.text(at),     row.text(at + 1), row.text(at + 2),
                                 row.text(at + 3), row.text(at + 4), bytes_or_none(row, at + 5)};
    }
    at += 6;
    if (!row.is_null(at)) {
        out.origin = model::ConsentOrigin{row.blob(at), row.text(at + 1), row.text(at + 2)};
    }
    at += 3;
    out.salt = bytes_or_none(row, at);
    out.address_key = row.maybe_text(at + 1).value_or("");
    return out;
}

void insert_entry(Database& db, const model::ConsentEntry& entry) {
    db.execute(
        "INSERT INTO consent_event (seq, type, subject, list_id, purpose, wording_hash, "
        "page_url, method, actor, at, pii_commit, prev_hash, hash, format, list_name, "
        "controller_hash, detail_commit, origin_commit) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
        "$9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        {entry.seq, entry.type, blob(entry.subject), entry.list, entry.purpose,
         blob_or_null(entry.wording_hash), entry.page_url, entry.method, entry.actor, entry.at,
         blob(entry.pii_commit), blob(entry.prev_hash), blob(entry.hash), entry.format,
         entry.list_name, blob_or_null(entry.controller_hash), blob_or_null(entry.detail_commit),
         blob_or_null(entry.origin_commit)});
}

void insert_beside(Database& db, std::int64_t seq, const NewConsent& event) {
    if (const model::ConsentDetail& detail = event.detail; !detail.empty()) {
        db.execute(
            "INSERT INTO consent_detail (seq, form_id, page_url, embed_origin, locale, "
            "message_id, token_hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            {seq, detail.form_id, detail.page_url, detail.embed_origin, detail.locale,
             detail.message_id, blob_or_null(detail.token_hash)});
    }
    if (const model::ConsentOrigin& origin = event.origin; !origin.empty()) {
        db.execute(
            "INSERT INTO consent_origin (seq, at, salt, ip, user_agent) "
            "VALUES ($1, $2, $3, $4, $5)",
            {seq, event.at, blob(origin.salt), origin.ip, origin.user_agent});
    }
}

void keep_text(Database& db, std::string_view hash, std::string_view text) {
    db.execute(
        "INSERT INTO consent_wording (hash, text) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
        {blob(hash), text});
}

// One call's appending: what its events have in common is looked up once.
class Appending {
  public:
    explicit Appending(Database& db) : db_(db), head_(consent_head(db)), tree_(db, head_) {}

    void append(const NewConsent& event) {
        model::ConsentEntry entry;
        entry.seq = head_.seq + 1;
        entry.type = to_string(event.type);
        entry.subject = event.subject;
        entry.list = event.list;
        entry.list_name = event.list ? list_name(*event.list) : std::string();
        entry.purpose = to_string(event.purpose);
        entry.wording_hash = wording_hash(event.wording);
        entry.controller_hash = head_.controller_hash;
        entry.method = to_string(event.method);
        entry.actor = event.actor;
        entry.at = event.at;
        entry.pii_commit = event.pii_commit;
        entry.detail_commit = model::consent_detail_commit(event.salt, entry.seq, event.detail);
        entry.origin_commit = model::consent_origin_commit(entry.seq, event.origin);
        entry.prev_hash = head_.hash;
        entry.hash = model::consent_hash(entry);
        insert_entry(db_, entry);
        insert_beside(db_, entry.seq, event);
        tree_.append(entry);
        head_.seq = entry.seq;
        head_.hash = entry.hash;
    }

    void finish() { tree_.save(head_); }

  private:
    const std::string& list_name(ListId list) {
        const auto known = names_.find(list);
        if (known != names_.end()) {
            return known->second;
        }
        const auto row = db_.first("SELECT name FROM list WHERE id = $1", {list});
        return names_.emplace(list, row ? row->text(0) : std::string()).first->second;
    }

    // An import's are all alike.
    const std::string& wording_hash(const std::string& wording) {
        if (wording != wording_) {
            wording_ = wording;
            wording_hash_ = wording.empty() ? std::string() : sha256(wording);
            if (!wording.empty()) {
                keep_text(db_, wording_hash_, wording);
            }
        }
        return wording_hash_;
    }

    Database& db_;
    ConsentHead head_;
    GrowingConsentTree tree_;
    std::map<ListId, std::string> names_;
    std::string wording_;
    std::string wording_hash_;
};

}  // namespace

void append_consent(Database& db, const std::vector<NewConsent>& events) {
    if (events.empty()) {
        return;
    }
    Appending appending(db);
    for (const NewConsent& event : events) {
        appending.append(event);
    }
    appending.finish();
}

ConsentHead consent_head(Database& db) {
    const auto row = db.first(
        "SELECT seq, hash, tree_size, frontier, controller_hash FROM consent_head WHERE id = 1");
    ConsentHead head;
    head.hash = row ? row->blob(1) : model::consent_genesis();
    if (row) {
        head.seq = row->integer(0);
        head.tree_size = row->integer(2);
        head.frontier = bytes_or_none(*row, 3);
        head.controller_hash = bytes_or_none(*row, 4);
    }
    return head;
}

void set_consent_controller(Database& db, std::string_view text) {
    const std::string hash = text.empty() ? std::string() : sha256(text);
    const ConsentHead head = consent_head(db);
    if (head.controller_hash == hash) {
        return;
    }
    if (!text.empty()) {
        keep_text(db, hash, text);
    }
    db.execute(
        "INSERT INTO consent_head (id, seq, hash, controller_hash) VALUES (1, $1, $2, $3) "
        "ON CONFLICT (id) DO UPDATE SET controller_hash = $3",
        {head.seq, blob(head.hash), blob_or_null(hash)});
}

std::vector<model::ConsentEntry> consent_after(Database& db, std::int64_t seq, int limit) {
    std::vector<model::ConsentEntry> out;
    db.for_each(
        fmt::format("SELECT {} FROM consent_event e WHERE e.seq > $1 ORDER BY e.seq LIMIT $2",
                    kEntry),
        {seq, limit}, [&](const Row& row) { out.push_back(read_entry(row)); });
    return out;
}

std::vector<ConsentRow> consent_rows_after(Database& db, std::int64_t seq, int limit) {
    std::vector<ConsentRow> out;
    db.for_each(fmt::format("SELECT {}, {}{}WHERE e.seq > $1 ORDER BY e.seq LIMIT $2", kEntry,
                            kBeside, kFromAll),
                {seq, limit}, [&](const Row& row) { out.push_back(read_row(row)); });
    return out;
}

std::vector<ConsentRow> consent_of(Database& db, std::string_view subject, int limit) {
    std::vector<ConsentRow> out;
    db.for_each(fmt::format("SELECT {}, {}{}WHERE e.subject = $1 ORDER BY e.seq DESC LIMIT $2",
                            kEntry, kBeside, kFromAll),
                {blob(subject), limit}, [&](const Row& row) {
                    out.push_back(read_row(row));
                    if (out.back().detail && out.back().entry.page_url.empty()) {
                        out.back().entry.page_url = out.back().detail->page_url;
                    }
                });
    std::ranges::reverse(out);
    return out;
}

std::string consent_wording(Database& db, std::string_view hash) {
    const auto row = db.first("SELECT text FROM consent_wording WHERE hash = $1", {blob(hash)});
    return row ? row->text(0) : std::string();
}

void erase_consent_details(Database& db, std::string_view subject) {
    for (const std::string_view table : {"consent_detail", "consent_origin"}) {
        db.execute(fmt::format("DELETE FROM {} WHERE seq IN "
                               "(SELECT seq FROM consent_event WHERE subject = $1)",
                               table),
                   {blob(subject)});
    }
}

std::int64_t forget_consent_origins(Database& db, Time before, int limit) {
    return db.execute(
        "DELETE FROM consent_origin WHERE seq IN "
        "(SELECT seq FROM consent_origin WHERE at < $1 ORDER BY at LIMIT $2)",
        {before, limit});
}

}  // namespace tocsin::store
