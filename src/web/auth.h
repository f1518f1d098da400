// Auth: who is asking, for the desk and the API; signing in and out.
//
// Three ways in: a person's session cookie (desk), a bearer token (API), the Unix control socket
// (the operator, by file permission). Unsafe methods with a cookie must come from our own pages:
// Sec-Fetch-Site, else Origin, is checked before anything else. Passwords are Argon2id, hashed on a
// thread of their own (auth_hasher.h); guessing is slowed (auth_throttle.h).
//
// Owner: app. Thread: one io thread (the web's). Failure: Unauthorized
// (one message for every reason), Forbidden, Limited, Expired and NotFound (links), Invalid (a
// password that is too short).
// Not here: passkeys, step-up before sensitive acts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "model/actor.h"
#include "net/http.h"
#include "store/desk.h"
#include "store/store.h"
#include "web/auth_hasher.h"
#include "web/auth_throttle.h"

namespace tocsin::web {

struct AuthSettings {
    std::string desk_url;  // "https://desk.example.org"; what people type
    int people_required = 1;
    // Argon2id cost (ASVS 5.0 appendix C). Tests lower it.
    std::uint64_t argon_passes = 2;
    std::size_t argon_memory_bytes = 64U * 1024U * 1024U;
    std::chrono::hours session_life{12};
    std::chrono::hours session_idle{4};
    std::chrono::hours link_life{24};
    // Of the installation, the same on all its machines: keys device cookies and the counts of
    // wrong passwords. Empty: one of this process's own.
    std::string secret;
};

struct Caller {
    enum class Via { Session, Token, ControlSocket };
    Via via = Via::Session;
    model::Actor actor;
    std::string display_name;
    UserId user;                // of a session
    std::int64_t token_id = 0;  // of a token
};

// The Set-Cookie values to send.
struct SignedIn {
    std::vector<std::string> cookies;
};

class Auth {
  public:
    Auth(store::Store& store, const Clock& clock, Random& random, AuthSettings settings);
    Auth(const Auth&) = delete;
    Auth& operator=(const Auth&) = delete;

    // The person behind the session cookie; Unauthorized if there is none.
    Task<Result<Caller>> desk_caller(const net::HttpRequest& request);
    // A bearer token, the control socket, or (same-origin only) the desk's session.
    Task<Result<Caller>> api_caller(const net::HttpRequest& request);
    // Forbidden if an unsafe request came from another site.
    static Status check_same_origin(const net::HttpRequest& request);

    Task<Result<SignedIn>> sign_in(net::HttpRequest request, std::string name,
                                   std::string password);
    // Whose one-time link it is, without using it.
    Task<Result<std::string>> link_name(std::string secret);
    // Uses up the one-time link, sets the password, ends the person's other sessions, signs in.
    Task<Result<SignedIn>> redeem_link(net::HttpRequest request, std::string secret,
                                       std::string password);
    // The Set-Cookie values that end the session.
    Task<SignedIn> sign_out(net::HttpRequest request);

    // For a new person, or one who forgot the password: the address to open once.
    Task<Result<std::string>> make_link(model::Actor by, UserId user);
    // The secret, shown once.
    Task<Result<std::string>> make_token(model::Actor by, std::string name, std::string scopes,
                                         std::optional<Time> expires);

    const AuthSettings& settings() const { return settings_; }

  private:
    struct CookieNames {
        std::string session, device;
        bool secure = false;
    };
    Task<Result<SignedIn>> open_session(const net::HttpRequest& request, store::DeskUser user,
                                        std::string action);
    Task<Result<Caller>> token_caller(std::string secret);
    std::string cookie(const std::string& name, const std::string& value,
                       std::chrono::seconds life) const;
    std::string device_of(const std::string& user_name) const;
    // Of the counts of wrong passwords of that name from there (auth_throttle.h).
    std::string tries_key(const net::HttpRequest& request, const std::string& name) const;

    store::Store& store_;
    const Clock& clock_;
    Random& random_;
    AuthSettings settings_;
    CookieNames names_;
    PasswordHasher hasher_;
};

// The secret of a one-time link and the hash that is stored: for `tocsin init`, which has no Auth.
struct FreshSecret {
    std::string secret;  // base64url
    std::string hash;    // raw sha256
};
// The value of a cookie of the request; empty if there is none.
std::string cookie_value(const net::HttpRequest& request, std::string_view name);
FreshSecret make_secret(Random& random);
std::string secret_hash(std::string_view secret);

}  // namespace tocsin::web
