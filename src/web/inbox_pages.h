// The inbox at /inbox: a list that fills itself, and each message as HTML in a sandboxed frame, as
// text, with its headers, its source and what its DKIM signatures are worth.
//
//   GET    /inbox[?to=ADDRESS][&before=ID]          the list
//   GET    /inbox/{id}[?view=text|headers|source]   one message
//   GET    /inbox/{id}/html                         its HTML, alone, under a policy of its own
//   GET    /inbox/{id}/raw                          its bytes
//   POST   /inbox/clear                             forgets all
//   GET    /inbox/events                            server-sent events: "inbox" {newest, count}
//   GET    /inbox/api/messages[?to=&after=&before=&limit=]    JSON, newest first
//   GET    /inbox/api/messages/{id}                 JSON: headers, text, html, raw, links, dkim
//   DELETE /inbox/api/messages                      forgets all
//
// A mail's HTML is hostile: it is shown only in a frame without scripts, forms or same-origin
// rights. Anybody who reaches these pages reads all mail: app serves them on development set-ups
// only. Thread: the web's io thread. `services` must outlive the router.
#pragma once

#include <string>

#include "mail/template.h"
#include "web/inbox_store.h"
#include "web/router.h"

namespace tocsin::web {

struct InboxServices {
    InboxStore& store;
    const mail::Templates& templates;
    std::string site_name;
    std::string desk_url = "/desk";  // for the bar; empty: no link
    std::string front_url = "/";     // the newspaper; empty: no link
};

void add_inbox_routes(Router& router, const InboxServices& services);

}  // namespace tocsin::web
