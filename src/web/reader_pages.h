// Everything readers see: sign-up, confirmation, unsubscribe, preferences, the alerts on the web,
// feeds, the sign-up box for other sites. No cookies, nothing from a third party; every page works
// with scripts off. GET never changes anything.
//
// Owner: app; the services must outlive the router. Thread: the web's io thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "model/signup_limits.h"
#include "net/http.h"
#include "web/router.h"

namespace tocsin::mail {
class KeyRing;
class Templates;
class TemplateValues;
}  // namespace tocsin::mail
namespace tocsin::audience {
class Audience;
}
namespace tocsin::store {
class Store;
}

namespace tocsin::web {

// What guards the sign-up box (signup_gate.h).
struct SignupSettings {
    model::SignupLimits limits;
    Milliseconds answer_time{0};  // answers leave at whole multiples of it; 0: at once
    Random* random = nullptr;     // for challenges; null: no proof of work is asked for
    // Whether the DNS lets mail to this domain be delivered; may take a moment. Null: not asked.
    std::function<Task<bool>(std::string domain)> takes_mail = nullptr;
    // Addresses there are thrown away: the reader is tagged, nothing else. Null: none are.
    std::function<bool(std::string_view domain)> is_disposable = nullptr;
};

struct ReaderServices {
    store::Store& store;
    const Clock& clock;
    const mail::KeyRing& ring;
    const mail::Templates& templates;
    audience::Audience& audience;
    std::string site_name;                     // "The Harbour Post"
    std::string public_url;                    // no slash at the end
    std::string contact;                       // an address readers can write to
    std::string postal_address;                // may be empty
    std::string privacy_url;                   // empty: our own page /privacy
    std::vector<std::string> languages{"en"};  // that pages may speak; the first is the newsroom's
    SignupSettings signup = {};
};

// All of the routes below and /static; also sets the router's error page.
void add_reader_routes(Router& router, const ReaderServices& services);
// The public site's front page, /: what has been sent lately. In development the newspaper
// (web/newspaper.h) is there instead.
void add_reader_home(Router& router, const ReaderServices& services);

// Parts, for add_reader_routes and tests.
void add_signup_routes(Router& router, const ReaderServices& services);       // /lists, /embed
void add_confirm_routes(Router& router, const ReaderServices& services);      // /c, /n
void add_unsubscribe_routes(Router& router, const ReaderServices& services);  // /u
void add_preference_routes(Router& router, const ReaderServices& services);   // /p, /preferences
void add_mute_routes(Router& router, const ReaderServices& services);         // /p/{token}/mute
void add_alert_routes(Router& router, const ReaderServices& services);        // /alerts, /feed.*

}  // namespace tocsin::web
