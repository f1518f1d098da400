// The desk: the newsroom's pages under /desk. Everything works with scripts off; with them on,
// counts, previews and the running alert are live (server-sent events).
//
// Owner: app; holds references. Thread: the web's io thread. Pages call alerts/ and audience/ for
// everything that changes something, and the store for what they show.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "store/store.h"
#include "web/delivery_view.h"

namespace tocsin::mail {
class Templates;
}
namespace tocsin::alerts {
class Alerts;
}
namespace tocsin::audience {
class Audience;
}

namespace tocsin::web {

class Auth;
class Router;

// One line of the settings page that is read-only there: ("Mail leaves through", "smtp.example").
struct SettingLine {
    std::string name, value;
};

struct NewsroomServices {
    store::Store& store;
    const Clock& clock;
    Random& random;
    const mail::Templates& templates;
    Auth& auth;
    alerts::Alerts& alerts;
    audience::Audience& audience;
    DeliveryView delivery;
    std::string site_name;
    std::string public_url, desk_url;  // no slash at the end
    std::vector<SettingLine> settings;
    // What is wrong with the shaping file, in one line; empty, or no function: nothing.
    std::function<std::string()> rules_problem = nullptr;
    std::string node = {};  // this process in the register of nodes
};

// Both must outlive the router, and `services` what they refer to.
void add_desk_routes(Router& router, const NewsroomServices& services);
// The JSON API under /api/v1, for bearer tokens, the control socket and the desk's own scripts.
void add_api_routes(Router& router, const NewsroomServices& services);

}  // namespace tocsin::web
