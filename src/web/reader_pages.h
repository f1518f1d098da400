// Everything readers see: sign-up, confirmation, unsubscribe, preferences, the alerts on the web,
// feeds, the sign-up box for other sites. No cookies, nothing from a third party; every page works
// with scripts off. GET never changes anything.
//
// Owner: app; the services must outlive the router. Thread: the web's io thread.
#pragma once

#include <string>

#include "base/clock.h"
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

struct ReaderServices {
    store::Store& store;
    const Clock& clock;
    const mail::KeyRing& ring;
    const mail::Templates& templates;
    audience::Audience& audience;
    std::string site_name;       // "The Harbour Post"
    std::string public_url;      // no slash at the end
    std::string contact;         // an address readers can write to
    std::string postal_address;  // may be empty
    std::string privacy_url;     // empty: our own page /privacy
    std::string language = "en";
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
void add_alert_routes(Router& router, const ReaderServices& services);        // /alerts, /feed.*

}  // namespace tocsin::web
