// The invented newspaper of `tocsin dev`: a front page and articles that carry the sign-up box, to
// see and test the product where it will live. Never served by `tocsin serve`.
#pragma once

#include <string>

#include "web/router.h"

namespace tocsin::mail {
class Templates;
}

namespace tocsin::web {

struct NewspaperServices {
    const mail::Templates& templates;
    std::string list = "breaking";  // slug of the list that the box signs up to
    // Where the sign-up box posts to; empty: the same address. Another origin in tests.
    std::string alerts_url;
    // Shows the slim bar with links to /desk and /inbox.
    bool dev_bar = true;
};

// The front page / and the articles /news/{slug}. `services` must outlive the router.
void add_newspaper_routes(Router& router, const NewspaperServices& services);

}  // namespace tocsin::web
