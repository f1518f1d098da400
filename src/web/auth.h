// Auth: who is asking, for the desk and the API; signing in and out.
//
// Three ways in: a person's session cookie (desk), a bearer token (API), the Unix control socket
// (the operator, by file permission). Unsafe methods with a cookie must come from our own pages:
// Sec-Fetch-Site, else Origin, is checked before anything else. Argon2id runs on a thread of its
// own, a few at a time; more wait a little, then are refused, so that signing in is no way to fill
// the memory. Wrong passwords slow down that name and that network; a session or a one-time link is
// never slowed, so nobody can lock the newsroom out.
//
// Owner: app. Thread: one io thread (the web's); keeps its counters there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "model/actor.h"
#include "net/http.h"
#include "store/desk.h"
#include "store/store.h"

namespace tocsin::web {

struct AuthSettings {
    std::string desk_url;  // "https://desk.example.org"; what people type
    int people_required = 1;
    // Argon2id cost (ASVS 5.0 appendix C). Tests lower it.
    std::uint64_t argon_passes = 2;
    std::size_t argon_memory_bytes = 64U * 1024U * 1024U;
    std::chrono::hours session_life{12};
    std::chrono::hours session_idle{4};
};

struct Caller {
    enum class Via { Session, Token, ControlSocket };
    Via via = Via::Session;
    model::Actor actor;
    std::string display_name;
    UserId user;                // of a session
    std::int64_t token_id = 0;  // of a token
};

class Auth {
  public:
    Auth(store::Store& store, const Clock& clock, Random& random, AuthSettings settings);
    ~Auth();
    Auth(const Auth&) = delete;
    Auth& operator=(const Auth&) = delete;

    // The person behind the session cookie; Unauthorized if there is none.
    Task<Result<Caller>> desk_caller(const net::HttpRequest& request);
    // A bearer token, the control socket, or (same-origin only) the desk's session.
    Task<Result<Caller>> api_caller(const net::HttpRequest& request);
    // Forbidden if an unsafe request came from another site.
    static Status check_same_origin(const net::HttpRequest& request);

    // Answers with the Set-Cookie value. Unauthorized: one message for every reason. Limited: too
    // many tries, or too many hashes at once.
    Task<Result<std::string>> sign_in(std::string name, std::string password, std::string peer);
    // Uses up the one-time link, sets the password, signs in.
    Task<Result<std::string>> redeem_link(std::string secret, std::string password);
    Task<Result<std::string>> link_name(std::string secret);  // whose link it is, without using it
    Task<void> sign_out(const net::HttpRequest& request);
    std::string clear_cookie() const;

    // A new person (or an existing one who forgot the password): the address to open once.
    Task<Result<std::string>> make_link(UserId user);
    // The secret is shown once.
    Task<Result<std::string>> make_token(std::string name, std::string scopes,
                                         std::optional<Time> expires);

    const AuthSettings& settings() const { return settings_; }

  private:
    class Hasher;
    class Throttle;
    Task<Result<std::string>> open_session(UserId user);

    store::Store& store_;
    const Clock& clock_;
    Random& random_;
    AuthSettings settings_;
    std::unique_ptr<Hasher> hasher_;
    std::unique_ptr<Throttle> throttle_;
};

// The secret of a one-time link and the hash that is stored: for `tocsin init`, which has no Auth.
struct FreshSecret {
    std::string secret;  // base64url
    std::string hash;    // raw sha256
};
FreshSecret make_secret(Random& random);
std::string secret_hash(std::string_view secret);

}  // namespace tocsin::web
