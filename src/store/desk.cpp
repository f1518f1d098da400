#include "store/desk.h"

#include "base/bytes.h"

namespace tocsin::store {

namespace {

constexpr std::size_t kNameBytesMax = 64;

constexpr std::string_view kUserColumns =
    "u.id, u.name, u.password_hash, u.role, u.disabled, u.created_at";

DeskUser read_user(const Row& row, std::size_t first = 0) {
    DeskUser user;
    user.id = UserId(row.integer(first));
    user.name = row.text(first + 1);
    user.password_hash = row.maybe_text(first + 2);
    const auto role = model::parse_role(row.text(first + 3));
    if (!role) {
        throw DatabaseFailure(DatabaseFailure::Scope::Statement,
                              fmt::format("desk user {} has an unknown role", user.id.value()));
    }
    user.role = *role;
    user.disabled = row.boolean(first + 4);
    user.created_at = row.time(first + 5);
    return user;
}

std::optional<DeskUser> first_user(Database& db, std::string_view where, const Param& param) {
    const auto row =
        db.first(fmt::format("SELECT {} FROM desk_user u WHERE {}", kUserColumns, where), {param});
    if (!row) {
        return std::nullopt;
    }
    return read_user(*row);
}

bool is_name(std::string_view name) {
    if (name.empty() || name.size() > kNameBytesMax || !is_utf8(name) || trim(name) != name) {
        return false;
    }
    for (const char c : name) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            return false;
        }
    }
    return true;
}

ApiToken read_token(const Row& row) {
    ApiToken token;
    token.id = row.integer(0);
    token.name = row.text(1);
    token.scopes = row.text(2);
    token.expires_at = row.maybe_time(3);
    token.created_at = row.time(4);
    return token;
}

}  // namespace

Result<UserId> create_desk_user(Database& db, std::string_view name, model::Role role, Time now) {
    if (!is_name(name)) {
        return invalid("A person's name is 1 to 64 printable characters.");
    }
    if (find_desk_user(db, name)) {
        return conflict("There is already a person with this name.");
    }
    const auto row = db.first(
        "INSERT INTO desk_user (name, role, disabled, created_at) VALUES ($1, $2, 0, $3) "
        "RETURNING id",
        {name, model::to_string(role), now});
    return UserId(row->integer(0));
}

std::optional<DeskUser> find_desk_user(Database& db, UserId id) {
    return first_user(db, "u.id = $1", id);
}

std::optional<DeskUser> find_desk_user(Database& db, std::string_view name) {
    return first_user(db, "u.name = $1", name);
}

std::vector<DeskUser> list_desk_users(Database& db) {
    std::vector<DeskUser> users;
    const std::string sql = fmt::format(
        "SELECT {} FROM desk_user u ORDER BY u.disabled, u.name LIMIT 1000", kUserColumns);
    for (const Row& row : db.query(sql)) {
        users.push_back(read_user(row));
    }
    return users;
}

void set_desk_password(Database& db, UserId id, const std::string& argon2id) {
    db.execute("UPDATE desk_user SET password_hash = $2 WHERE id = $1", {id, argon2id});
}

void set_desk_role(Database& db, UserId id, model::Role role) {
    db.execute("UPDATE desk_user SET role = $2 WHERE id = $1", {id, model::to_string(role)});
}

void set_desk_disabled(Database& db, UserId id, bool disabled) {
    db.execute("UPDATE desk_user SET disabled = $2 WHERE id = $1", {id, disabled});
    if (disabled) {
        delete_desk_sessions_of(db, id);
        db.execute("DELETE FROM desk_link WHERE user_id = $1", {id});
    }
}

void insert_desk_link(Database& db, const std::string& token_hash, UserId user, Time expires) {
    db.execute("INSERT INTO desk_link (token_hash, user_id, expires_at) VALUES ($1, $2, $3)",
               {Blob{token_hash}, user, expires});
}

Result<DeskUser> peek_desk_link(Database& db, const std::string& token_hash, Time now) {
    const std::string sql = fmt::format(
        "SELECT {}, l.expires_at FROM desk_link l JOIN desk_user u ON u.id = l.user_id "
        "WHERE l.token_hash = $1 AND l.used_at IS NULL AND u.disabled = 0",
        kUserColumns);
    const auto row = db.first(sql, {Blob{token_hash}});
    if (!row) {
        return not_found("This link was used before or never existed. Ask for a new one.");
    }
    if (row->time(6) <= now) {
        return Error(ErrorKind::Expired, "This link is too old. Ask for a new one.");
    }
    return read_user(*row);
}

Result<DeskUser> use_desk_link(Database& db, const std::string& token_hash, Time now) {
    TRY_AS(DeskUser user, peek_desk_link(db, token_hash, now));
    db.execute("UPDATE desk_link SET used_at = $2 WHERE token_hash = $1", {Blob{token_hash}, now});
    return user;
}

void insert_desk_session(Database& db, const std::string& token_hash, UserId user, Time now,
                         Time expires) {
    db.execute(
        "INSERT INTO desk_session (token_hash, user_id, created_at, last_seen_at, expires_at) "
        "VALUES ($1, $2, $3, $3, $4)",
        {Blob{token_hash}, user, now, expires});
}

std::optional<DeskSession> find_desk_session(Database& db, const std::string& token_hash,
                                             Time now) {
    const std::string sql = fmt::format(
        "SELECT {}, s.created_at, s.last_seen_at, s.expires_at FROM desk_session s "
        "JOIN desk_user u ON u.id = s.user_id "
        "WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.disabled = 0",
        kUserColumns);
    const auto row = db.first(sql, {Blob{token_hash}, now});
    if (!row) {
        return std::nullopt;
    }
    DeskSession session;
    session.token_hash = token_hash;
    session.user = read_user(*row);
    session.created_at = row->time(6);
    session.last_seen_at = row->time(7);
    session.expires_at = row->time(8);
    return session;
}

void touch_desk_session(Database& db, const std::string& token_hash, Time now) {
    db.execute("UPDATE desk_session SET last_seen_at = $2 WHERE token_hash = $1",
               {Blob{token_hash}, now});
}

void delete_desk_session(Database& db, const std::string& token_hash) {
    db.execute("DELETE FROM desk_session WHERE token_hash = $1", {Blob{token_hash}});
}

void delete_desk_sessions_of(Database& db, UserId user) {
    db.execute("DELETE FROM desk_session WHERE user_id = $1", {user});
}

void prune_desk_sessions(Database& db, Time now) {
    db.execute("DELETE FROM desk_session WHERE expires_at <= $1", {now});
    db.execute("DELETE FROM desk_link WHERE expires_at <= $1", {now});
}

std::int64_t insert_api_token(Database& db, const ApiToken& token, const std::string& token_hash) {
    const auto row = db.first(
        "INSERT INTO api_token (name, token_hash, scopes, expires_at, created_at) "
        "VALUES ($1, $2, $3, $4, $5) RETURNING id",
        {token.name, Blob{token_hash}, token.scopes, token.expires_at, token.created_at});
    return row->integer(0);
}

std::optional<ApiToken> find_api_token(Database& db, const std::string& token_hash) {
    const auto row = db.first(
        "SELECT id, name, scopes, expires_at, created_at FROM api_token WHERE token_hash = $1",
        {Blob{token_hash}});
    if (!row) {
        return std::nullopt;
    }
    return read_token(*row);
}

std::vector<ApiToken> list_api_tokens(Database& db) {
    std::vector<ApiToken> tokens;
    for (const Row& row : db.query("SELECT id, name, scopes, expires_at, created_at "
                                   "FROM api_token ORDER BY id LIMIT 1000")) {
        tokens.push_back(read_token(row));
    }
    return tokens;
}

bool delete_api_token(Database& db, std::int64_t id) {
    return db.execute("DELETE FROM api_token WHERE id = $1", {id}) == 1;
}

void insert_audit(Database& db, const AuditRow& row) {
    db.execute("INSERT INTO audit (at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5)",
               {row.at, row.actor, row.action, row.subject, row.detail});
}

std::vector<AuditRow> list_audit(Database& db, std::int64_t before, std::size_t limit) {
    const std::string where = before > 0 ? "WHERE id < $2" : "WHERE $2 = 0";
    std::vector<AuditRow> rows;
    for (const Row& row :
         db.query(fmt::format("SELECT id, at, actor, action, subject, detail FROM audit {} "
                              "ORDER BY id DESC LIMIT $1",
                              where),
                  {static_cast<std::uint64_t>(limit), before})) {
        rows.push_back(AuditRow{row.integer(0), row.time(1), row.text(2), row.text(3), row.text(4),
                                row.text(5)});
    }
    return rows;
}

}  // namespace tocsin::store
