// Verbs of desk people, one-time links, sessions, API tokens and the audit log. Store thread only.
//
// Secrets are never stored: links, sessions and tokens are kept as sha256 of 32 random bytes,
// passwords as Argon2id. The secrets themselves are made by the callers (web/auth.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "model/actor.h"
#include "store/database.h"

namespace tocsin::store {

struct DeskUser {
    UserId id;
    std::string name;
    std::optional<std::string> password_hash;  // nullopt until the first one-time link is used
    model::Role role = model::Role::Writer;
    bool disabled = false;
    Time created_at{};
};

// Conflict if the name is taken, Invalid if it is not 1 to 64 printable characters.
Result<UserId> create_desk_user(Database& db, std::string_view name, model::Role role, Time now);
std::optional<DeskUser> find_desk_user(Database& db, UserId id);
std::optional<DeskUser> find_desk_user(Database& db, std::string_view name);
std::vector<DeskUser> list_desk_users(Database& db);
void set_desk_password(Database& db, UserId id, const std::string& argon2id);
void set_desk_role(Database& db, UserId id, model::Role role);
// Disabling ends the person's sessions and links in the same transaction.
void set_desk_disabled(Database& db, UserId id, bool disabled);

// One-time links: `token_hash` is sha256 of the secret in /desk/link/{secret}.
void insert_desk_link(Database& db, const std::string& token_hash, UserId user, Time expires);
// Looks without using. NotFound (unknown or used), Expired.
Result<DeskUser> peek_desk_link(Database& db, const std::string& token_hash, Time now);
// Uses it up: a second use is NotFound.
Result<DeskUser> use_desk_link(Database& db, const std::string& token_hash, Time now);

struct DeskSession {
    std::string token_hash;
    DeskUser user;
    Time created_at{}, last_seen_at{}, expires_at{};
};
void insert_desk_session(Database& db, const std::string& token_hash, UserId user, Time now,
                         Time expires);
// Nullopt if there is none, it is over, or the person is disabled.
std::optional<DeskSession> find_desk_session(Database& db, const std::string& token_hash, Time now);
void touch_desk_session(Database& db, const std::string& token_hash, Time now);
void delete_desk_session(Database& db, const std::string& token_hash);
void delete_desk_sessions_of(Database& db, UserId user);
void prune_desk_sessions(Database& db, Time now);

struct ApiToken {
    std::int64_t id = 0;
    std::string name;
    std::string scopes;  // space separated words of model::kTokenScopes
    std::optional<Time> expires_at;
    Time created_at{};
};
std::int64_t insert_api_token(Database& db, const ApiToken& token, const std::string& token_hash);
std::optional<ApiToken> find_api_token(Database& db, const std::string& token_hash);
std::vector<ApiToken> list_api_tokens(Database& db);
bool delete_api_token(Database& db, std::int64_t id);

struct AuditRow {
    std::int64_t id = 0;
    Time at{};
    std::string actor, action, subject, detail;
};
void insert_audit(Database& db, const AuditRow& row);
// Newest first, ids below `before` only (0: from the top).
std::vector<AuditRow> list_audit(Database& db, std::int64_t before, std::size_t limit);

}  // namespace tocsin::store
