// Tokens and people of the API, and the document that describes it.
#include "base/assets.h"
#include "base/check.h"
#include "store/desk.h"
#include "web/api_routes.h"
#include "web/api_support.h"
#include "web/page.h"

namespace tocsin::web {

namespace json = boost::json;

namespace {

using model::Permission;

json::object token_json(const store::ApiToken& token) {
    json::object out;
    out["id"] = token.id;
    out["name"] = json_text(token.name);
    out["scopes"] = json_text(token.scopes);
    out["created_at"] = json_time(token.created_at);
    out["expires_at"] = json_time(token.expires_at);
    return out;
}

json::object person_json(const store::DeskUser& user) {
    json::object out;
    out["id"] = user.id.value();
    out["name"] = json_text(user.name);
    out["role"] = json_text(model::to_string(user.role));
    out["disabled"] = user.disabled;
    out["has_password"] = user.password_hash.has_value();
    out["created_at"] = json_time(user.created_at);
    return out;
}

Task<net::HttpResponse> get_tokens(ApiCall call) {
    auto look = [](store::Database& db) -> Result<json::object> {
        json::array items;
        for (const store::ApiToken& token : store::list_api_tokens(db)) {
            items.push_back(token_json(token));
        }
        json::object out;
        out["tokens"] = std::move(items);
        return out;
    };
    const Result<json::object> tokens = co_await call.services.store.read(std::move(look));
    co_return tokens ? api_json(200, *tokens) : api_problem(tokens.error());
}

Task<Result<json::object>> make_token(const ApiCall& call) {
    CO_TRY_AS(JsonBody body, JsonBody::parse(call.request()));
    const std::string name = body.text("name");
    std::string scopes;
    for (const std::string& scope : body.texts("scopes")) {
        scopes += (scopes.empty() ? "" : " ") + scope;
    }
    const std::optional<Seconds> life = body.duration("expires_in");
    CO_TRY(body.done());
    std::optional<Time> expires;
    if (life) {
        expires = call.services.clock.now() + *life;
    }
    CO_TRY_AS(std::string secret,
              co_await call.services.auth.make_token(call.caller.actor, name, scopes, expires));
    json::object out;
    out["token"] = json_text(secret);
    out["name"] = json_text(name);
    out["scopes"] = json_text(scopes);
    out["expires_at"] = json_time(expires);
    co_return out;
}

Task<net::HttpResponse> post_token(ApiCall call) {
    const Result<json::object> token = co_await make_token(call);
    co_return token ? api_json(201, *token) : api_problem(token.error());
}

Task<Status> revoke_token(const ApiCall& call) {
    CO_TRY_AS(std::int64_t id, path_id(call.context, "id"));
    auto revoke = [id, by = call.caller.actor.name,
                   now = call.services.clock.now()](store::Database& db) -> Status {
        if (!store::delete_api_token(db, id)) {
            return not_found("There is no such token.");
        }
        store::AuditRow row;
        row.at = now;
        row.actor = by;
        row.action = "token.revoke";
        row.subject = fmt::format("token:{}", id);
        store::insert_audit(db, row);
        return {};
    };
    co_return co_await call.services.store.write(std::move(revoke));
}

Task<net::HttpResponse> delete_token(ApiCall call) {
    const Status revoked = co_await revoke_token(call);
    if (!revoked) {
        co_return api_problem(revoked.error());
    }
    net::HttpResponse response;
    response.status = 204;
    co_return response;
}

Task<net::HttpResponse> get_people(ApiCall call) {
    auto look = [](store::Database& db) -> Result<json::object> {
        json::array items;
        for (const store::DeskUser& user : store::list_desk_users(db)) {
            items.push_back(person_json(user));
        }
        json::object out;
        out["people"] = std::move(items);
        return out;
    };
    const Result<json::object> people = co_await call.services.store.read(std::move(look));
    co_return people ? api_json(200, *people) : api_problem(people.error());
}

// Creates a person and the one-time link with which they choose a password.
Task<Result<json::object>> make_person(const ApiCall& call) {
    CO_TRY_AS(JsonBody body, JsonBody::parse(call.request()));
    const std::string name = body.text("name");
    const std::string role_text = body.text("role", "editor");
    CO_TRY(body.done());
    const auto role = model::parse_role(role_text);
    if (!role) {
        co_return invalid("\"role\" must be writer, editor, audience, administrator or auditor.");
    }
    auto create = [name, role = *role, now = call.services.clock.now()](store::Database& db) {
        return store::create_desk_user(db, name, role, now);
    };
    CO_TRY_AS(UserId user, co_await call.services.store.write(std::move(create)));
    CO_TRY_AS(std::string link, co_await call.services.auth.make_link(call.caller.actor, user));
    json::object out;
    out["id"] = user.value();
    out["name"] = json_text(name);
    out["role"] = json_text(role_text);
    out["link"] = json_text(link);
    co_return out;
}

Task<net::HttpResponse> post_person(ApiCall call) {
    const Result<json::object> person = co_await make_person(call);
    co_return person ? api_json(201, *person) : api_problem(person.error());
}

Task<net::HttpResponse> post_person_link(ApiCall call) {
    const Result<std::int64_t> id = path_id(call.context, "id");
    if (!id) {
        co_return api_problem(id.error());
    }
    const Result<std::string> link =
        co_await call.services.auth.make_link(call.caller.actor, UserId(*id));
    if (!link) {
        co_return api_problem(link.error());
    }
    json::object out;
    out["link"] = json_text(*link);
    co_return api_json(201, out);
}

// Public: it says what can be asked, not what is here.
Task<net::HttpResponse> get_openapi(Context) {
    const auto document = asset("api/openapi.json");
    CHECK(document.has_value());
    co_return json_response(200, std::string(*document));
}

}  // namespace

void add_api_desk_routes(Router& router, const NewsroomServices& services) {
    const auto add = [&router, &services](std::string_view method, std::string_view pattern,
                                          ApiHandler handler) {
        add_api(router, services, method, pattern, Permission::Configure, handler);
    };
    add("GET", "/api/v1/tokens", get_tokens);
    add("POST", "/api/v1/tokens", post_token);
    add("DELETE", "/api/v1/tokens/{id}", delete_token);
    add("GET", "/api/v1/people", get_people);
    add("POST", "/api/v1/people", post_person);
    add("POST", "/api/v1/people/{id}/link", post_person_link);
    router.add("GET", "/api/v1/openapi.json", get_openapi);
}

void add_api_routes(Router& router, const NewsroomServices& services) {
    add_api_alert_routes(router, services);
    add_api_ledger_routes(router, services);
    add_api_audience_routes(router, services);
    add_api_consent_routes(router, services);
    add_api_import_routes(router, services);
    add_api_mail_routes(router, services);
    add_api_node_routes(router, services);
    add_api_desk_routes(router, services);
}

}  // namespace tocsin::web
