// GET /api/v1/routes.
#include "web/api_routes.h"
#include "web/api_support.h"
#include "web/mail_routes.h"

namespace tocsin::web {

namespace {

Task<net::HttpResponse> get_routes(ApiCall call) {
    const Result<MailRoutes> mail = co_await read_mail_routes(call.services);
    co_return mail ? api_json(200, mail_routes_json(*mail)) : api_problem(mail.error());
}

}  // namespace

void add_api_mail_routes(Router& router, const NewsroomServices& services) {
    add_api(router, services, "GET", "/api/v1/routes", model::Permission::ReadAlerts, get_routes);
}

}  // namespace tocsin::web
