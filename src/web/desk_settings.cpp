// How the service is set up (read-only), people, API tokens, who did what.
#include <charconv>

#include "base/bytes.h"
#include "store/desk.h"
#include "web/api_support.h"
#include "web/desk_routes.h"
#include "web/desk_support.h"
#include "web/page.h"

namespace tocsin::web {

namespace {

using model::Permission;

constexpr std::size_t kAuditShown = 60;

struct SettingsData {
    std::vector<store::DeskUser> people;
    std::vector<store::ApiToken> tokens;
    std::vector<store::AuditRow> audit;
};

// A secret that is shown this once, and what to say above it.
struct Fresh {
    std::string title, secret;
};

void fill_people(mail::TemplateValues& values, const SettingsData& data, const Caller& caller) {
    for (const store::DeskUser& user : data.people) {
        mail::TemplateValues& row = values.add("PERSON");
        row.set("PERSON_ID", user.id.value()).set("PERSON_NAME", user.name);
        row.set("PERSON_ROLE", model::to_string(user.role));
        row.set("PERSON_STATE", user.disabled        ? "disabled"
                                : user.password_hash ? "active"
                                                     : "has not signed in yet");
        mail::TemplateValues& actions = row.add(user.disabled ? "DISABLED" : "ENABLED");
        actions.show_if(user.id != caller.user, "NOT_SELF");
    }
}

void fill_tokens(mail::TemplateValues& values, const SettingsData& data, Time now) {
    for (const store::ApiToken& token : data.tokens) {
        mail::TemplateValues& row = values.add("TOKEN");
        row.set("TOKEN_ID", token.id).set("TOKEN_NAME", token.name);
        row.set("TOKEN_SCOPES", token.scopes);
        const bool over = token.expires_at && *token.expires_at <= now;
        row.set("TOKEN_EXPIRES", !token.expires_at ? "never"
                                 : over            ? "expired"
                                                   : time_text(*token.expires_at));
    }
    values.show_if(!data.tokens.empty(), "HAS_TOKENS");
}

void fill_audit(mail::TemplateValues& values, const SettingsData& data) {
    constexpr std::size_t kDetailChars = 28;
    for (const store::AuditRow& audit : data.audit) {
        mail::TemplateValues& row = values.add("AUDIT");
        set_time(row, "AT", audit.at);
        row.set("ACTOR", person_text(audit.actor)).set("ACTION", audit.action);
        row.set("WHICH", audit.subject).set("DETAIL", audit.detail.substr(0, kDetailChars));
    }
}

Task<Result<net::HttpResponse>> settings_page(const DeskCall& call, Fresh fresh,
                                              std::string problem, int status) {
    const NewsroomServices& services = call.services;
    DeskPage page(services, &call.caller, DeskTab::Settings, "Settings");
    mail::TemplateValues& values = page.values();
    for (const SettingLine& line : services.settings) {
        values.add("SETTING").set("NAME", line.name).set("VALUE", line.value);
    }
    if (call.may(Permission::Configure)) {
        auto look = [](store::Database& db) -> Result<SettingsData> {
            SettingsData data;
            data.people = store::list_desk_users(db);
            data.tokens = store::list_api_tokens(db);
            data.audit = store::list_audit(db, 0, kAuditShown);
            return data;
        };
        CO_TRY_AS(SettingsData data, co_await services.store.read(std::move(look)));
        fill_people(values, data, call.caller);
        fill_tokens(values, data, services.clock.now());
        fill_audit(values, data);
    }
    if (!fresh.secret.empty()) {
        values.set("FRESH_TITLE", fresh.title).set_if_any("FRESH", fresh.secret);
    }
    page.problem(problem);
    co_return page.render("desk_settings.html.tpl", status);
}

Task<Result<net::HttpResponse>> refuse(DeskCall call, Error error) {
    const int status = status_of(error.kind());
    co_return co_await settings_page(call, Fresh(), error.message(), status);
}

Task<Result<net::HttpResponse>> get_settings(DeskCall call) {
    co_return co_await settings_page(call, Fresh(), "", 200);
}

Task<Result<net::HttpResponse>> post_token(DeskCall call) {
    std::string scopes;
    for (const std::string& scope : call.form.all("scopes")) {
        scopes += (scopes.empty() ? "" : " ") + scope;
    }
    std::optional<Time> expires;
    if (const auto life = parse_short_duration(call.form.get("expires"))) {
        expires = call.services.clock.now() + *life;
    }
    const std::string name(call.form.get("name"));
    const Result<std::string> secret =
        co_await call.services.auth.make_token(call.caller.actor, name, scopes, expires);
    if (!secret) {
        co_return co_await refuse(std::move(call), secret.error());
    }
    const Fresh fresh{"The new token.", *secret};
    co_return co_await settings_page(call, fresh, "", 200);
}

Result<std::int64_t> path_number(const DeskCall& call) {
    return path_id(call.context, "id");
}

void audit(store::Database& db, Time now, const std::string& by, std::string action,
           std::string subject) {
    store::AuditRow row;
    row.at = now;
    row.actor = by;
    row.action = std::move(action);
    row.subject = std::move(subject);
    store::insert_audit(db, row);
}

Task<Result<net::HttpResponse>> post_revoke(DeskCall call) {
    CO_TRY_AS(std::int64_t id, path_number(call));
    auto revoke = [id, by = call.caller.actor.name,
                   now = call.services.clock.now()](store::Database& db) -> Status {
        if (!store::delete_api_token(db, id)) {
            return not_found("There is no such token.");
        }
        audit(db, now, by, "token.revoke", fmt::format("token:{}", id));
        return {};
    };
    CO_TRY(co_await call.services.store.write(std::move(revoke)));
    co_return see_other("/desk/settings#tokens");
}

Task<Result<std::string>> add_person(const DeskCall& call) {
    const std::string name(trim(call.form.get("name")));
    const auto role = model::parse_role(call.form.get("role"));
    if (!role) {
        co_return invalid("There is no such role.");
    }
    auto create = [name, role = *role, by = call.caller.actor.name,
                   now = call.services.clock.now()](store::Database& db) -> Result<UserId> {
        TRY_AS(UserId user, store::create_desk_user(db, name, role, now));
        audit(db, now, by, "person.create", "staff:" + name);
        return user;
    };
    CO_TRY_AS(UserId user, co_await call.services.store.write(std::move(create)));
    co_return co_await call.services.auth.make_link(call.caller.actor, user);
}

Task<Result<net::HttpResponse>> answer_link(DeskCall call, Result<std::string> link) {
    if (!link) {
        co_return co_await refuse(std::move(call), link.error());
    }
    const Fresh fresh{"A one-time link, good for a day.", *link};
    co_return co_await settings_page(call, fresh, "", 200);
}

Task<Result<net::HttpResponse>> post_person(DeskCall call) {
    Result<std::string> link = co_await add_person(call);
    co_return co_await answer_link(std::move(call), std::move(link));
}

Task<Result<net::HttpResponse>> post_person_link(DeskCall call) {
    CO_TRY_AS(std::int64_t id, path_number(call));
    Result<std::string> link = co_await call.services.auth.make_link(call.caller.actor, UserId(id));
    co_return co_await answer_link(std::move(call), std::move(link));
}

enum class Access { Disable, Enable };

Task<Result<net::HttpResponse>> set_access(DeskCall call, Access access) {
    CO_TRY_AS(std::int64_t id, path_number(call));
    if (access == Access::Disable && UserId(id) == call.caller.user) {
        co_return conflict("You cannot disable yourself.");
    }
    auto change = [id, access, by = call.caller.actor.name,
                   now = call.services.clock.now()](store::Database& db) -> Status {
        const auto user = store::find_desk_user(db, UserId(id));
        if (!user) {
            return not_found("There is no such person.");
        }
        const bool disable = access == Access::Disable;
        store::set_desk_disabled(db, user->id, disable);
        audit(db, now, by, disable ? "person.disable" : "person.enable", "staff:" + user->name);
        return {};
    };
    CO_TRY(co_await call.services.store.write(std::move(change)));
    co_return see_other("/desk/settings#people");
}

Task<Result<net::HttpResponse>> post_disable(DeskCall call) {
    co_return co_await set_access(std::move(call), Access::Disable);
}

Task<Result<net::HttpResponse>> post_enable(DeskCall call) {
    co_return co_await set_access(std::move(call), Access::Enable);
}

}  // namespace

void add_desk_settings_routes(Router& router, const NewsroomServices& services) {
    add_desk(router, services, "GET", "/desk/settings", Permission::ReadAlerts, get_settings);
    const auto add = [&router, &services](std::string_view pattern, DeskHandler handler) {
        add_desk(router, services, "POST", pattern, Permission::Configure, handler);
    };
    add("/desk/settings/tokens", post_token);
    add("/desk/settings/tokens/{id}/revoke", post_revoke);
    add("/desk/settings/people", post_person);
    add("/desk/settings/people/{id}/link", post_person_link);
    add("/desk/settings/people/{id}/disable", post_disable);
    add("/desk/settings/people/{id}/enable", post_enable);
}

}  // namespace tocsin::web
