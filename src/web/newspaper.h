// The invented newspaper of `tocsin dev`: a front page and articles that carry the sign-up box, to
// see and test the product where it will live. Never served by `tocsin serve`.
#pragma once

#include <string>

#include "base/clock.h"
#include "web/router.h"

namespace tocsin::mail {
class Templates;
}

namespace tocsin::web {

struct NewspaperServices {
    const mail::Templates& templates;
    std::string list = "breaking";  // slug of the list that the box signs up to
    // Where the sign-up box posts to, without a slash at the end; empty: the same address. Tests
    // put the newspaper on another origin than the alerts.
    std::string alerts_url;
    // Shows the slim bar with links to the desk and the inbox.
    bool dev_bar = true;
    const Clock* clock = nullptr;  // for the date under the name; none if not set
};

// The front page / and the articles /news/{slug}. `services` must outlive the router.
void add_newspaper_routes(Router& router, const NewspaperServices& services);

}  // namespace tocsin::web
