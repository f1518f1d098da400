#include "web/auth.h"

#include "base/bytes.h"
#include "base/crypto.h"

namespace tocsin::web {

namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kPasswordBytesMin = 12;
constexpr std::size_t kPasswordBytesMax = 256;
constexpr std::chrono::hours kDeviceLife{24 * 90};
constexpr std::chrono::minutes kTouchEvery{1};
constexpr std::string_view kTokenPrefix = "tcs_";  // lets secret scanners recognize a leaked token

Error unauthorized() {
    return Error(ErrorKind::Unauthorized, "The name or the password is wrong.");
}

Error not_signed_in() {
    return Error(ErrorKind::Unauthorized, "Sign in first.");
}

Status check_password(const std::string& password, const std::string& name) {
    if (password.size() < kPasswordBytesMin) {
        return invalid(
            fmt::format("Choose a password of at least {} characters.", kPasswordBytesMin));
    }
    if (password.size() > kPasswordBytesMax) {
        return invalid(
            fmt::format("Choose a password of at most {} characters.", kPasswordBytesMax));
    }
    if (!name.empty() && ascii_lower(password).find(ascii_lower(name)) != std::string::npos &&
        password.size() < name.size() + kPasswordBytesMin) {
        return invalid("Choose a password that is not made from your name.");
    }
    return {};
}

// "https://desk.example.org/x" -> "desk.example.org"; with the port, as Host and Origin have it.
std::string_view host_of_url(std::string_view url) {
    const std::size_t scheme = url.find("://");
    url.remove_prefix(scheme == std::string_view::npos ? 0 : scheme + 3);
    return url.substr(0, url.find('/'));
}

// Browsers keep Secure cookies from these, although they speak plain HTTP.
bool is_loopback_url(std::string_view url) {
    const std::string_view host = host_of_url(url);
    return host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]");
}

bool is_safe_method(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

store::AuditRow audit_row(Time now, std::string actor, std::string action, std::string subject) {
    store::AuditRow row;
    row.at = now;
    row.actor = std::move(actor);
    row.action = std::move(action);
    row.subject = std::move(subject);
    return row;
}

}  // namespace

std::string cookie_value(const net::HttpRequest& request, std::string_view name) {
    std::string_view rest = request.headers.get("Cookie");
    while (!rest.empty()) {
        const std::size_t end = rest.find(';');
        const std::string_view pair = trim(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
            return std::string(pair.substr(equals + 1));
        }
    }
    return {};
}

FreshSecret make_secret(Random& random) {
    FreshSecret fresh;
    fresh.secret = base64url_encode(random.bytes(kSecretBytes));
    fresh.hash = secret_hash(fresh.secret);
    return fresh;
}

std::string secret_hash(std::string_view secret) {
    return sha256(secret);
}

Auth::Auth(store::Store& store, const Clock& clock, Random& random, AuthSettings settings)
    : store_(store),
      clock_(clock),
      random_(random),
      settings_(std::move(settings)),
      hasher_(settings_.argon_passes, settings_.argon_memory_bytes) {
    if (settings_.secret.empty()) {
        settings_.secret = random.bytes(kSecretBytes);
    }
    names_.secure =
        settings_.desk_url.starts_with("https://") || is_loopback_url(settings_.desk_url);
    const std::string prefix = names_.secure ? "__Host-" : "";
    names_.session = prefix + "tocsin-desk";
    names_.device = prefix + "tocsin-device";
}

Status Auth::check_same_origin(const net::HttpRequest& request) {
    if (is_safe_method(request.method)) {
        return {};
    }
    const Error refused(ErrorKind::Forbidden,
                        "This request did not come from the desk's own pages. Reload and try "
                        "again.");
    const std::string_view site = request.headers.get("Sec-Fetch-Site");
    if (!site.empty()) {
        if (site == "same-origin" || site == "none") {
            return {};
        }
        return refused;
    }
    const std::string_view origin = request.headers.get("Origin");
    const std::string_view host = request.headers.get("Host");
    const bool http = origin.starts_with("https://") || origin.starts_with("http://");
    if (http && !host.empty() && ascii_iequals(host_of_url(origin), host)) {
        return {};
    }
    return refused;  // also without both headers: no browser, so a token is needed
}

Task<Result<Caller>> Auth::desk_caller(const net::HttpRequest& request) {
    const std::string secret = cookie_value(request, names_.session);
    if (secret.empty()) {
        co_return not_signed_in();
    }
    CO_TRY(check_same_origin(request));
    const std::string hash = secret_hash(secret);
    const Time now = clock_.now();
    auto look = [hash, now](store::Database& db) -> Result<std::optional<store::DeskSession>> {
        return store::find_desk_session(db, hash, now);
    };
    CO_TRY_AS(std::optional<store::DeskSession> session, co_await store_.read(std::move(look)));
    if (!session || session->last_seen_at + settings_.session_idle <= now) {
        co_return not_signed_in();
    }
    if (session->last_seen_at + kTouchEvery <= now) {
        auto touch = [hash, now](store::Database& db) -> Status {
            store::touch_desk_session(db, hash, now);
            return {};
        };
        CO_TRY(co_await store_.write(std::move(touch)));
    }
    Caller caller;
    caller.via = Caller::Via::Session;
    caller.user = session->user.id;
    caller.display_name = session->user.name;
    caller.actor.name = "staff:" + session->user.name;
    caller.actor.permissions =
        model::role_permissions(session->user.role, settings_.people_required);
    co_return caller;
}

Task<Result<Caller>> Auth::api_caller(const net::HttpRequest& request) {
    if (request.unix_socket) {
        Caller caller;
        caller.via = Caller::Via::ControlSocket;
        caller.actor = model::operator_actor();
        caller.display_name = caller.actor.name;
        co_return caller;
    }
    const std::string_view header = request.headers.get("Authorization");
    if (ascii_iequals(header.substr(0, 7), "Bearer ")) {
        co_return co_await token_caller(std::string(trim(header.substr(7))));
    }
    if (!header.empty()) {
        co_return Error(ErrorKind::Unauthorized, "Only bearer tokens are accepted.");
    }
    co_return co_await desk_caller(request);
}

Task<Result<Caller>> Auth::token_caller(std::string secret) {
    const Error refused(ErrorKind::Unauthorized, "The token is unknown or has expired.");
    const std::string hash = secret_hash(secret);
    auto look = [hash](store::Database& db) -> Result<std::optional<store::ApiToken>> {
        return store::find_api_token(db, hash);
    };
    CO_TRY_AS(std::optional<store::ApiToken> token, co_await store_.read(std::move(look)));
    if (!token || (token->expires_at && *token->expires_at <= clock_.now())) {
        co_return refused;
    }
    CO_TRY_AS(model::Permissions permissions, model::scope_permissions(token->scopes));
    Caller caller;
    caller.via = Caller::Via::Token;
    caller.token_id = token->id;
    caller.display_name = token->name;
    caller.actor.name = "token:" + token->name;
    caller.actor.permissions = permissions;
    co_return caller;
}

Task<Result<SignedIn>> Auth::sign_in(net::HttpRequest request, std::string name,
                                     std::string password) {
    const std::string key = tries_key(request, name);
    auto look = [name, key, now = clock_.now()](
                    store::Database& db) -> Result<std::optional<store::DeskUser>> {
        TRY(may_try(store::find_tries(db, key, now), now));
        return store::find_desk_user(db, name);
    };
    CO_TRY_AS(std::optional<store::DeskUser> user, co_await store_.read(std::move(look)));
    const bool usable = user && !user->disabled && user->password_hash;
    const std::string hash = usable ? *user->password_hash : std::string();
    password.resize(std::min(password.size(), kPasswordBytesMax + 1));
    CO_TRY_AS(bool right, co_await hasher_.verify(hash, std::move(password)));
    if (!right) {
        // The name as typed may be a password in the wrong field: it is not recorded.
        auto note = [key, row = audit_row(clock_.now(), "nobody", "desk.sign_in_failed",
                                          usable ? "staff:" + user->name : "unknown name")](
                        store::Database& db) -> Status {
            record_failure(db, key, row.at);
            store::insert_audit(db, row);
            return {};
        };
        CO_TRY(co_await store_.write(std::move(note)));
        co_return unauthorized();
    }
    co_return co_await open_session(request, *user, "desk.sign_in");
}

Task<Result<std::string>> Auth::link_name(std::string secret) {
    auto look = [hash = secret_hash(secret),
                 now = clock_.now()](store::Database& db) -> Result<std::string> {
        TRY_AS(store::DeskUser user, store::peek_desk_link(db, hash, now));
        return user.name;
    };
    co_return co_await store_.read(std::move(look));
}

Task<Result<SignedIn>> Auth::redeem_link(net::HttpRequest request, std::string secret,
                                         std::string password) {
    CO_TRY_AS(std::string name, co_await link_name(secret));
    CO_TRY(check_password(password, name));
    CO_TRY_AS(std::string argon2id, co_await hasher_.hash(std::move(password)));
    auto use = [hash = secret_hash(secret), now = clock_.now(),
                argon2id](store::Database& db) -> Result<store::DeskUser> {
        TRY_AS(store::DeskUser user, store::use_desk_link(db, hash, now));
        store::set_desk_password(db, user.id, argon2id);
        store::delete_desk_sessions_of(db, user.id);
        return user;
    };
    CO_TRY_AS(store::DeskUser user, co_await store_.write(std::move(use)));
    co_return co_await open_session(request, user, "desk.redeem_link");
}

Task<Result<SignedIn>> Auth::open_session(const net::HttpRequest& request, store::DeskUser user,
                                          std::string action) {
    const FreshSecret fresh = make_secret(random_);
    const Time now = clock_.now();
    const std::string old_hash = secret_hash(cookie_value(request, names_.session));
    auto open = [this, fresh, now, old_hash, user, action,
                 key = tries_key(request, user.name)](store::Database& db) -> Status {
        store::prune_desk_sessions(db, now);
        store::forget_tries(db, key);
        store::delete_desk_session(db, old_hash);
        store::insert_desk_session(db, fresh.hash, user.id, now, now + settings_.session_life);
        store::insert_audit(db, audit_row(now, "staff:" + user.name, action, "desk"));
        return {};
    };
    CO_TRY(co_await store_.write(std::move(open)));
    SignedIn signed_in;
    signed_in.cookies.push_back(cookie(names_.session, fresh.secret, settings_.session_life));
    signed_in.cookies.push_back(cookie(names_.device, device_of(user.name), kDeviceLife));
    co_return signed_in;
}

Task<SignedIn> Auth::sign_out(net::HttpRequest request) {
    const std::string hash = secret_hash(cookie_value(request, names_.session));
    auto end = [hash](store::Database& db) -> Status {
        store::delete_desk_session(db, hash);
        return {};
    };
    // Whatever becomes of the row, the browser forgets its cookie.
    (void)co_await store_.write(std::move(end));
    SignedIn signed_out;
    signed_out.cookies.push_back(cookie(names_.session, "", std::chrono::seconds(0)));
    co_return signed_out;
}

Task<Result<std::string>> Auth::make_link(model::Actor by, UserId user) {
    const FreshSecret fresh = make_secret(random_);
    const Time now = clock_.now();
    auto make = [this, fresh, now, user, by](store::Database& db) -> Status {
        const auto person = store::find_desk_user(db, user);
        if (!person || person->disabled) {
            return not_found("There is no such person.");
        }
        store::insert_desk_link(db, fresh.hash, user, now + settings_.link_life);
        store::insert_audit(db, audit_row(now, by.name, "desk.make_link", "staff:" + person->name));
        return {};
    };
    CO_TRY(co_await store_.write(std::move(make)));
    co_return settings_.desk_url + "/desk/link/" + fresh.secret;
}

Task<Result<std::string>> Auth::make_token(model::Actor by, std::string name, std::string scopes,
                                           std::optional<Time> expires) {
    CO_TRY_AS(model::Permissions permissions, model::scope_permissions(scopes));
    if (permissions == model::Permissions()) {
        co_return invalid("Choose what the token may do.");
    }
    if (trim(name).empty() || name.size() > 64 || !is_utf8(name)) {
        co_return invalid("Give the token a name of 1 to 64 characters: where it is used.");
    }
    const std::string secret = std::string(kTokenPrefix) + make_secret(random_).secret;
    store::ApiToken token;
    token.name = std::string(trim(name));
    token.scopes = std::move(scopes);
    token.expires_at = expires;
    token.created_at = clock_.now();
    auto make = [token, hash = secret_hash(secret), by](store::Database& db) -> Status {
        store::insert_api_token(db, token, hash);
        store::insert_audit(
            db, audit_row(token.created_at, by.name, "token.create", "token:" + token.name));
        return {};
    };
    CO_TRY(co_await store_.write(std::move(make)));
    co_return secret;
}

std::string Auth::cookie(const std::string& name, const std::string& value,
                         std::chrono::seconds life) const {
    return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", name, value,
                       life.count(), names_.secure ? "; Secure" : "");
}

std::string Auth::device_of(const std::string& user_name) const {
    return base64url_encode(hmac_sha256(settings_.secret, "device of " + user_name));
}

std::string Auth::tries_key(const net::HttpRequest& request, const std::string& name) const {
    const bool known = constant_time_equal(cookie_value(request, names_.device), device_of(name));
    const std::string source = known ? "device" : network_of(request.peer);
    return hmac_sha256(settings_.secret, "tries from " + source + " as " + name);
}

}  // namespace tocsin::web
