#include "store/lists.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace tocsin::store {

namespace {

ListRow read_list(const Row& row) {
    ListRow list;
    list.id = ListId(row.integer(0));
    list.slug = row.text(1);
    list.name = row.text(2);
    list.description = row.text(3);
    list.created_at = row.time(4);
    list.language = row.text(5);
    return list;
}

std::optional<ListRow> read_first(const std::optional<Row>& row) {
    return row ? std::optional(read_list(*row)) : std::nullopt;
}

}  // namespace

Result<ListRow> insert_list(Database& db, std::string_view slug, std::string_view name,
                            std::string_view description, Time now, std::string_view language) {
    if (db.first("SELECT COUNT(*) FROM list")->integer(0) >=
        static_cast<std::int64_t>(limits::kListsMax)) {
        return Error(ErrorKind::Limited, fmt::format("there are {} lists already, the most that "
                                                     "there may be",
                                                     limits::kListsMax));
    }
    const auto row = db.first(
        "INSERT INTO list (slug, name, description, created_at, language) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (slug) DO NOTHING "
        "RETURNING id, slug, name, description, created_at, language",
        {slug, name, description, now, language});
    if (!row) {
        return conflict(fmt::format("there is a list \"{}\" already", slug));
    }
    return read_list(*row);
}

Status set_list_language(Database& db, std::string_view slug, std::string_view language) {
    const auto row =
        db.first("UPDATE list SET language = $2 WHERE slug = $1 RETURNING id", {slug, language});
    return row ? Status()
               : Status(not_found(fmt::format("there is no list \"{}\"", slug.substr(0, 64))));
}

std::optional<ListRow> find_list(Database& db, std::string_view slug) {
    return read_first(db.first(
        "SELECT id, slug, name, description, created_at, language FROM list WHERE slug = $1",
        {slug}));
}

std::optional<ListRow> find_list(Database& db, ListId id) {
    return read_first(db.first(
        "SELECT id, slug, name, description, created_at, language FROM list WHERE id = $1", {id}));
}

Result<ListRow> require_list(Database& db, std::string_view slug) {
    auto list = find_list(db, slug);
    if (!list) {
        return not_found(fmt::format("there is no list \"{}\"", slug.substr(0, 64)));
    }
    return std::move(*list);
}

std::vector<ListRow> all_lists(Database& db) {
    std::vector<ListRow> out;
    for (const Row& row : db.query(
             "SELECT id, slug, name, description, created_at, language FROM list ORDER BY id")) {
        out.push_back(read_list(row));
    }
    return out;
}

ListCounts count_list(Database& db, ListId id) {
    ListCounts counts;
    db.for_each("SELECT state, COUNT(*) FROM subscription WHERE list_id = $1 GROUP BY state", {id},
                [&](const Row& row) {
                    const std::string& state = row.text(0);
                    auto& count = state == "active"    ? counts.active
                                  : state == "pending" ? counts.pending
                                                       : counts.left;
                    count = row.integer(1);
                });
    return counts;
}

}  // namespace tocsin::store
