// The parts of the JSON API; add_api_routes() of desk.h adds them all.
#pragma once

#include "web/desk.h"
#include "web/router.h"

namespace tocsin::web {

// /api/v1/alerts: create (and send), read, edit, approve, release, stop.
void add_api_alert_routes(Router& router, const NewsroomServices& services);
// /api/v1/alerts/{id}/ledger and /verify.
void add_api_ledger_routes(Router& router, const NewsroomServices& services);
// /api/v1/lists, /subscribers, /imports.
void add_api_audience_routes(Router& router, const NewsroomServices& services);
// /api/v1/consent, and the proof of one reader.
void add_api_consent_routes(Router& router, const NewsroomServices& services);
void add_api_import_routes(Router& router, const NewsroomServices& services);
// /api/v1/routes: how mail leaves.
void add_api_mail_routes(Router& router, const NewsroomServices& services);
// /api/v1/nodes: the machines of this database.
void add_api_node_routes(Router& router, const NewsroomServices& services);
// /api/v1/tokens, /people.
void add_api_desk_routes(Router& router, const NewsroomServices& services);

}  // namespace tocsin::web
